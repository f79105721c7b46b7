/** One request to a receiver: HTTPS verified, no redirects, through the proxy where there is one. */

import { type Socket, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { parseAddress } from '../../checks/net/address.ts';
import { createDialer } from '../../checks/net/dial.ts';
import {
  type ExchangeEnd,
  type ResponseHead,
  type Stop,
  exchange,
} from '../../checks/net/exchange.ts';
import type { ProxySettings } from '../../checks/net/proxy.ts';
import { createWays } from '../../checks/net/way.ts';
import type { Platform } from '../../checks/types.ts';
import { systemCode } from '../errors.ts';
import { redacted } from './redact.ts';

export interface AlertRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body: string;
  /** What must not be shown should the answer repeat it. */
  readonly secrets?: readonly string[];
}

export type Delivery =
  | {
      readonly status: number;
      readonly retryAfter?: string;
      /** The first line of the answer, without secrets. */
      readonly line: string;
      readonly failed?: undefined;
    }
  /** Why there was no answer, in words. */
  | { readonly failed: string };

export interface DeliveryOptions {
  readonly platform: Platform;
  readonly hostName: string;
  readonly proxy: ProxySettings;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** PEM of the roots that HTTPS is verified with. */
  readonly roots: () => Promise<readonly string[]>;
  readonly elapsed: () => number;
  readonly now: () => Date;
  readonly userAgent: string;
}

/** Never throws; an abort of `signal` is a failure like any other. */
export type Deliver = (request: AlertRequest, signal: AbortSignal) => Promise<Delivery>;

/** Receivers answer in a line; whoever sends more is not listened to. */
const maxAnswerBytes = 16 * 1024;

/** @returns the encrypted socket, or why there is none */
const verified = async (
  socket: Socket,
  { host, ca, signal }: { host: string; ca: readonly string[]; signal: AbortSignal },
): Promise<Socket | string> =>
  new Promise((resolve) => {
    const secure = connectTls({
      socket,
      host,
      ...(isIP(host) === 0 && { servername: host }),
      ca: [...ca],
      minVersion: 'TLSv1.2',
      ALPNProtocols: ['http/1.1'],
    });
    const end = (outcome: Socket | string): void => {
      signal.removeEventListener('abort', onAbort);
      if (typeof outcome === 'string') socket.destroy();
      resolve(outcome);
    };
    const onAbort = (): void => end('TLS handshake: no answer in time');
    secure.once('secureConnect', () => end(secure));
    secure.on('error', (error: Error) => end(`TLS: ${systemCode(error) || error.message}`));
    secure.once('close', () => end('TLS: the connection was closed'));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });

/** What it means that an exchange ended before an answer came. */
const failureOf = (end: ExchangeEnd): string => {
  switch (end.kind) {
    case 'aborted':
      return 'no answer in time';
    case 'closed':
    case 'reset':
    case 'lost':
      return `the connection was lost (${end.error})`;
    case 'garbled':
      return `the answer is no HTTP (${end.error})`;
    case 'complete':
    case 'stopped':
      return 'no answer';
  }
};

const authorizationOf = ({ username, password }: URL): Readonly<Record<string, string>> => {
  if (username === '' && password === '') return {};
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
};

interface Sending {
  readonly socket: Socket;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

const send = async (
  { socket, path, headers }: Sending,
  request: AlertRequest,
  signal: AbortSignal,
): Promise<Delivery> => {
  let head: ResponseHead | undefined;
  let stop: Stop = () => undefined;
  let answer = '';
  const end = await exchange(
    socket,
    { method: 'POST', path, headers, body: Buffer.from(request.body) },
    {
      signal,
      head(received, stopIt) {
        head = received;
        stop = stopIt;
      },
      data(chunk) {
        answer += Buffer.from(chunk).toString('latin1');
        if (answer.length >= maxAnswerBytes) stop();
      },
    },
  );
  // Its status is its answer, even if the rest never comes.
  if (!head) return { failed: failureOf(end) };
  const [line = ''] = Buffer.from(answer, 'latin1').toString('utf8').trimStart().split('\n', 1);
  const retryAfter = head.header('retry-after');
  return {
    status: head.status,
    ...(retryAfter !== undefined && { retryAfter }),
    line: redacted(line, request),
  };
};

export const createDelivery = (options: DeliveryOptions): Deliver => {
  const network = { ...options, resolve: [], connectTo: [] };
  const ways = createWays(network, createDialer(network));

  const attempt = async (request: AlertRequest, signal: AbortSignal): Promise<Delivery> => {
    const url = new URL(request.url);
    const opened = await ways.openTcp(url, {
      elapsed: options.elapsed,
      budgetMs: options.requestTimeoutMs,
      signal,
      connected: () => undefined,
    });
    if (!opened.way) return { failed: opened.finding.code };
    const { socket, proxy } = opened.way;
    const host = parseAddress(url.hostname)?.address ?? url.hostname;
    const isSecure = url.protocol === 'https:';
    const used = isSecure
      ? await verified(socket, { host, ca: await options.roots(), signal })
      : socket;
    if (typeof used === 'string') return { failed: used };
    const headers = {
      host: url.host,
      'user-agent': options.userAgent,
      'content-type': 'application/json',
      accept: 'application/json, text/plain, */*',
      ...authorizationOf(url),
      ...(proxy?.authorization && { 'proxy-authorization': proxy.authorization() }),
      ...request.headers,
    };
    const path = `${url.pathname}${url.search}`;
    const target = proxy ? `${url.protocol}//${url.host}${path}` : path;
    const delivery = await send({ socket: used, path: target, headers }, request, signal);
    // The proxy's word is not the receiver's.
    return proxy && delivery.failed === undefined && delivery.status === 407
      ? { failed: 'proxy-auth-required' }
      : delivery;
  };

  return async (request, signal) => {
    const timeout = AbortSignal.timeout(options.requestTimeoutMs);
    try {
      return await attempt(request, AbortSignal.any([signal, timeout]));
    } catch (error) {
      if (signal.aborted) return { failed: 'stopped' };
      if (timeout.aborted) return { failed: 'no answer in time' };
      return { failed: redacted(error instanceof Error ? error.message : String(error), request) };
    }
  };
};
