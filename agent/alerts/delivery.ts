/** One request to a receiver: HTTPS verified, no redirects, through the proxy where there is one. */

import type { Socket } from 'node:net';
import { createDialer } from '../../checks/net/dial.ts';
import { judgeProxyAnswer } from '../../checks/net/proxy-answer.ts';
import type { ProxyServer, ProxySettings } from '../../checks/net/proxy.ts';
import { createWays, urlTarget } from '../../checks/net/way.ts';
import type { HostPort, Platform } from '../../checks/types.ts';
import { post } from './post.ts';
import { type ReceiverTlsOptions, receiverTls } from './receiver-tls.ts';
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

export interface DeliveryOptions extends ReceiverTlsOptions {
  readonly platform: Platform;
  readonly hostName: string;
  readonly proxy: ProxySettings;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly now: () => Date;
  readonly userAgent: string;
}

/** Never throws; an abort of `signal` is a failure like any other. */
export type Deliver = (request: AlertRequest, signal: AbortSignal) => Promise<Delivery>;

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
  const posted = await post(socket, { path, headers, body: request.body }, signal);
  if (posted.failed !== undefined) return posted;
  const { head, text } = posted;
  // The proxy's word is not the receiver's.
  const refusal = proxy && judgeProxyAnswer(head, proxy, { origin, method: 'POST' });
  if (refusal) return { failed: refusal.code };
  const [line = ''] = text.trimStart().split('\n', 1);
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
  const secure = receiverTls(options);

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
    const used = url.protocol === 'https:' ? await secure(socket, origin.host, signal) : socket;
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
