/** One request for one URL, redirects not followed: asked twice before a fault of the path is believed. */

import type {
  BodySink,
  FetchRequest,
  Finding,
  GapCode,
  ServerTime,
  Stage,
  Validators,
} from '../types.ts';
import { type Asked, shownUrl } from './answer.ts';
import { type ExchangeRequest, type ResponseHead, exchange } from './exchange.ts';
import { printable } from './html-page.ts';
import { serverTime } from './http-date.ts';
import type { NetworkOptions } from './options.ts';
import { judgeProxyAnswer } from './proxy-answer.ts';
import { createReception } from './reception.ts';
import { type Attempt, type Outcome, twice } from './retry.ts';
import { type Ends, type Way, type WayOutcome, type Ways, urlTarget } from './way.ts';

/** What one request brought. */
export interface Hop<S extends BodySink> {
  readonly stages: readonly Stage[];
  readonly finding?: Finding;
  readonly sink?: S;
  /** The Location of a redirect. */
  readonly redirect?: string;
  readonly status?: number;
  readonly contentType?: string;
  readonly validators?: Validators;
  readonly bytes: number;
  readonly address?: string;
  readonly serverTime?: ServerTime;
}

export interface HopOptions<S extends BodySink> {
  readonly options: NetworkOptions;
  readonly ways: Ways;
  readonly asked: Asked;
  readonly method: 'GET' | 'POST';
  readonly request: FetchRequest<S>;
  readonly budgetMs: number;
  readonly signal: AbortSignal;
}

/** Faults of the path that another attempt may not meet. */
const passing = new Set<GapCode>([
  'connection-reset',
  'response-timeout',
  'response-stalled',
  'response-truncated',
  'tls-handshake-failed',
  'proxy-error',
]);

const lowerCaseKeys = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

const wireRequest = <S extends BodySink>(
  { asked: { url }, method, request, options }: HopOptions<S>,
  { proxy }: Way,
): ExchangeRequest => ({
  method,
  // Absolute form is how a proxy is asked for http:// URLs (RFC 9112 section 3.2.2).
  path: proxy ? shownUrl(url) : `${url.pathname}${url.search}`,
  headers: {
    host: url.host,
    'user-agent': options.userAgent ?? 'certready',
    accept: '*/*',
    ...lowerCaseKeys(request.headers ?? {}),
    ...(proxy?.authorization && { 'proxy-authorization': proxy.authorization() }),
  },
  ...(method === 'POST' && request.body && { body: request.body }),
});

export interface Place {
  readonly url: URL;
  readonly address?: string | undefined;
  readonly ends?: Ends | undefined;
  readonly stages: readonly Stage[];
}

/** Where it happened: what every finding of a conversation shows. */
export const located = (finding: Finding, { url, address, ends, stages }: Place): Finding => {
  const last = stages.at(-1);
  const throughProxy = stages.some(({ name }) => name === 'proxy');
  return {
    ...finding,
    evidence: {
      ...finding.evidence,
      ...(address !== undefined && { [throughProxy ? 'proxy' : 'address']: address }),
      port: urlTarget(url).port,
      ...ends,
      ...(last && { stage: last.name, ms: last.ms }),
    },
  };
};

/** Codes behind which another server than the one asked may have answered: its clock is nobody's. */
const foreign = new Set<GapCode>([
  'block-page',
  'redirected-elsewhere',
  'proxy-auth-required',
  'proxy-denied',
  'proxy-error',
]);

/** Longer ones are nobody's; what a server sends is sent back to it. */
const longestValidator = 512;

const validatorsOf = ({ header }: ResponseHead): Validators | undefined => {
  const read = (name: string): string | undefined => {
    const value = header(name);
    return value !== undefined && /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value)
      ? value.length <= longestValidator
        ? value
        : undefined
      : undefined;
  };
  const etag = read('etag');
  const lastModified = read('last-modified');
  if (etag === undefined && lastModified === undefined) return undefined;
  return {
    ...(etag !== undefined && { etag }),
    ...(lastModified !== undefined && { lastModified }),
  };
};

/** Sends the request on an open connection and takes what comes. @throws what the sink threw */
const converse = async <S extends BodySink>(
  hop: HopOptions<S>,
  way: Way,
  { signal, progress }: Attempt,
): Promise<Hop<S>> => {
  const { options, asked, method, request } = hop;
  const origin = urlTarget(asked.url);
  const start = options.elapsed();
  const sentAt = options.now().getTime();
  let answered: { head: ResponseHead; ms: number; receivedAt: number } | undefined;
  const reception = createReception<S>({
    asked,
    limit: request.limit,
    open: () => request.open(),
    judgeHead: (head) => way.proxy && judgeProxyAnswer(head, way.proxy, { origin, method }),
  });

  const end = await exchange(way.socket, wireRequest(hop, way), {
    signal,
    head(head, stop) {
      progress();
      answered = { head, ms: options.elapsed() - start, receivedAt: options.now().getTime() };
      reception.head(head, stop);
    },
    data(chunk) {
      progress();
      reception.data(chunk);
    },
  });
  const received = await reception.finish(end, signal);
  const total = options.elapsed() - start;
  const requestStage: Stage = {
    name: 'request',
    ms: Math.round(answered?.ms ?? total),
    detail: answered
      ? printable(`${answered.head.status} ${answered.head.statusText}`)
      : (received.finding?.code ?? end.kind),
  };
  const responseStage: readonly Stage[] = answered
    ? [{ name: 'response', ms: Math.round(total - answered.ms), detail: `${received.bytes} bytes` }]
    : [];
  const stages = [...way.stages, requestStage, ...responseStage];
  const { address, ends } = way;
  const place: Place = { url: asked.url, address, ends, stages };
  const finding = received.finding && located(received.finding, place);
  const time =
    answered && !(finding && foreign.has(finding.code))
      ? serverTime(origin.host, answered.head, { sentAt, receivedAt: answered.receivedAt })
      : undefined;
  const contentType = answered?.head.header('content-type');
  const validators = answered && validatorsOf(answered.head);
  return {
    ...received,
    ...(finding && { finding }),
    stages,
    address,
    ...(answered && { status: answered.head.status }),
    ...(contentType !== undefined && { contentType: printable(contentType) }),
    ...(validators && { validators }),
    ...(time && { serverTime: time }),
  };
};

const unopened = <S extends BodySink>(outcome: Exclude<WayOutcome, { way: Way }>): Hop<S> => ({
  stages: outcome.stages,
  finding: outcome.finding,
  bytes: 0,
  ...(outcome.address !== undefined && { address: outcome.address }),
});

/** @throws the signal's reason when the run is aborted; what the sink threw */
export const requestHop = async <S extends BodySink>(hop: HopOptions<S>): Promise<Hop<S>> => {
  const { elapsed } = hop.options;
  const deadline = elapsed() + hop.budgetMs;
  const outcome = await twice<Hop<S>, Hop<S>>(
    async (attempt): Promise<Outcome<Hop<S>, Hop<S>>> => {
      const budgetMs = deadline - elapsed();
      attempt.busy();
      const opened = await hop.ways.open(hop.asked.url, {
        elapsed,
        signal: attempt.signal,
        budgetMs,
        connected: attempt.progress,
      });
      if (!opened.way) return { fault: unopened<S>(opened) };
      const result = await converse(hop, opened.way, attempt);
      return result.finding && passing.has(result.finding.code)
        ? { fault: result }
        : { value: result };
    },
    {
      budgetMs: hop.budgetMs,
      signal: hop.signal,
      elapsed,
      // Names and addresses have been asked twice by the dialler.
      exhausted: ({ finding }) =>
        finding?.evidence['stage'] === 'connect' || !passing.has(finding?.code ?? 'http-status'),
    },
  );
  return outcome.value ?? outcome.fault;
};
