/** One request to a receiver: HTTPS verified, no redirects, through the proxy where there is one. */

import { type Socket, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { createDialer } from '../../checks/net/dial.ts';
import {
  type ExchangeEnd,
  type ResponseHead,
  type Stop,
  exchange,
} from '../../checks/net/exchange.ts';
import { judgeProxyAnswer } from '../../checks/net/proxy-answer.ts';
import type { ProxyServer, ProxySettings } from '../../checks/net/proxy.ts';
import { createWays, urlTarget } from '../../checks/net/way.ts';
import type { HostPort, Platform } from '../../checks/types.ts';
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
      rejectUnauthorized: true, // whatever NODE_TLS_REJECT_UNAUTHORIZED says
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
  /** The proxy that is spoken to on it, and what it is asked for. */
  readonly proxy?: ProxyServer;
  readonly origin: HostPort;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

const send = async (
  { socket, proxy, origin, path, headers }: Sending,
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
  // The proxy's word is not the receiver's.
  const refusal = proxy && judgeProxyAnswer(head, proxy, { origin, method: 'POST' });
  if (refusal) return { failed: refusal.code };
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
    const origin = urlTarget(url);
    const used =
      url.protocol === 'https:'
        ? await verified(socket, { host: origin.host, ca: await options.roots(), signal })
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
    const sending = proxy ? { proxy, path: `${url.protocol}//${url.host}${path}` } : { path };
    return send({ socket: used, origin, headers, ...sending }, request, signal);
  };

  return async (request, signal) => {
    // A signal for each, let go of at its end: the one that is given lives for years.
    const controller = new AbortController();
    const abort = (): void => controller.abort();
    const timer = setTimeout(abort, options.requestTimeoutMs);
    signal.addEventListener('abort', abort, { once: true });
    try {
      if (signal.aborted) return { failed: 'stopped' };
      return await attempt(request, controller.signal);
    } catch (error) {
      if (signal.aborted) return { failed: 'stopped' };
      if (controller.signal.aborted) return { failed: 'no answer in time' };
      return { failed: redacted(error instanceof Error ? error.message : String(error), request) };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    }
  };
};
