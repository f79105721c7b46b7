/** Asks an OCSP responder by POST and by GET: proxies break one of them and let the other pass. */

import { setTimeout as delay } from 'node:timers/promises';
import { tags, unlessMalformed } from './pki/der.ts';
import { type CertIdHash, ocspGetUrl } from './pki/ocsp-request.ts';
import { type OcspResponse, parseOcspResponse } from './pki/ocsp-response.ts';
import type {
  BodySink,
  FetchRequest,
  FetchResult,
  Finding,
  Host,
  ServerTime,
  Stage,
} from './types.ts';

/** The most bytes of a response that are taken. */
const limit = 64 * 1024;

export type OcspMethod = 'POST' | 'GET';

/** What came of one method. */
export interface OcspExchange {
  readonly method: OcspMethod;
  /** The hash that the CertID was made by. */
  readonly hash: CertIdHash;
  readonly stages: readonly Stage[];
  readonly serverTimes: readonly ServerTime[];
  /** What the responder sent; absent where a finding says why there is nothing. */
  readonly body?: Uint8Array;
  /** The body, parsed; absent where it cannot be. */
  readonly response?: OcspResponse;
  /** Why there is no body, or why it is not a response's. */
  readonly finding?: Finding;
  /** HTTP status of the last response. */
  readonly status?: number;
  readonly address?: string;
}

export interface AskOptions {
  readonly host: Host;
  readonly signal: AbortSignal;
  /** DER of the request by this hash. */
  readonly request: (hash: CertIdHash) => Uint8Array;
}

/** Takes a whole body. */
class Body implements BodySink {
  private readonly chunks: Uint8Array[] = [];

  write(chunk: Uint8Array): void {
    this.chunks.push(chunk);
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.chunks);
  }
}

const headers = { accept: 'application/ocsp-response' };

const fetchRequest = (
  url: string,
  method: OcspMethod,
  der: Uint8Array,
): FetchRequest<Body> | undefined => {
  const common = { limit, open: () => new Body() };
  if (method === 'POST') {
    const type = { 'content-type': 'application/ocsp-request' };
    return { ...common, url, method, headers: { ...headers, ...type }, body: der };
  }
  const getUrl = ocspGetUrl(url, der);
  return getUrl === undefined ? undefined : { ...common, url: getUrl, method, headers };
};

const sameUrl = (a: string, b: string): boolean =>
  a === b || (URL.canParse(a) && URL.canParse(b) && new URL(a).href === new URL(b).href);

/** A gap is the responder's, not that of the one request that a GET's URL carries. */
const aboutResponder = (finding: Finding, asked: string, url: string): Finding =>
  sameUrl(finding.target, asked) ? { ...finding, target: url } : finding;

const startOf = (body: Uint8Array): string =>
  body.length === 0
    ? 'an empty body'
    : Buffer.from(body.subarray(0, 24))
        .toString('latin1')
        .replace(/[^\x20-\x7e]/g, '?');

const parsed = (body: Uint8Array): OcspResponse | undefined =>
  unlessMalformed(() => parseOcspResponse(body));

/** Reads what a method brought. What does not even begin as DER is no response; the rest is the judge's. */
const readBody = (
  { sink, contentType, status }: FetchResult<Body>,
  url: string,
  host: Host,
): Pick<OcspExchange, 'body' | 'response' | 'finding'> & { readonly parse?: Stage } => {
  if (!sink) return {};
  const started = host.elapsed();
  const body = sink.bytes();
  const response = parsed(body);
  const parse: Stage = { name: 'parse', ms: Math.round(host.elapsed() - started) };
  if (response) return { body, response, parse };
  if (body[0] === tags.sequence) return { body, parse };
  const evidence = {
    url,
    bytes: body.length,
    found: startOf(body),
    ...(status !== undefined && { status }),
    ...(contentType !== undefined && { contentType }),
  };
  return { parse, finding: { code: 'unexpected-content', target: url, evidence } };
};

const exchange = async (
  url: string,
  { method, hash }: { method: OcspMethod; hash: CertIdHash },
  { host, signal, request }: AskOptions,
): Promise<OcspExchange | undefined> => {
  const asked = fetchRequest(url, method, request(hash));
  if (!asked) return undefined;
  const result = await host.network.fetch(asked, signal);
  const { parse, ...read } = readBody(result, url, host);
  const { stages, serverTimes, status, address } = result;
  const finding = result.finding && aboutResponder(result.finding, asked.url, url);
  return {
    method,
    hash,
    stages: parse ? [...stages, parse] : stages,
    serverTimes,
    ...(finding && { finding }),
    ...(status !== undefined && { status }),
    ...(address !== undefined && { address }),
    ...read,
  };
};

/**
 * Whether a responder that knows SHA-256 only may have answered so. RFC 6960 has malformedRequest for
 * that; lightweight responders, which look the request up, say unauthorized (RFC 9919 3.2.3).
 */
const mayNotKnowSha1 = ({ response }: OcspExchange): boolean =>
  response?.status === 'malformedRequest' || response?.status === 'unauthorized';

const askBy = async (
  url: string,
  method: OcspMethod,
  options: AskOptions,
): Promise<OcspExchange | undefined> => {
  const first = await exchange(url, { method, hash: 'sha1' }, options);
  if (!first || !mayNotKnowSha1(first)) return first;
  const second = await exchange(url, { method, hash: 'sha256' }, options);
  return second?.response?.status === 'successful' ? second : first;
};

/** How long POST may take before GET is asked beside it, milliseconds. */
const headStartMs = 500;

/**
 * By POST, then by GET, so that a responder that takes one request at a time is not crowded; GET does
 * not wait for a POST that hangs, and is left out where its URL would be longer than 255 bytes. By SHA-1
 * first, which every responder knows, and by SHA-256 where it says that it does not.
 */
export const askOcsp = async (
  url: string,
  options: AskOptions,
): Promise<readonly OcspExchange[]> => {
  const post = askBy(url, 'POST', options);
  const started = new AbortController();
  const headStart = delay(headStartMs, undefined, { signal: started.signal });
  await Promise.race([post, headStart]).finally(() => started.abort());
  const asked = await Promise.all([post, askBy(url, 'GET', options)]);
  return asked.filter((one) => one !== undefined);
};
