/** A connection on which an HTTP request can be sent: direct or by a proxy, with TLS where the URL asks for it. */

import type { Socket } from 'node:net';
import type { Finding, HostPort, Stage } from '../types.ts';
import { hostPort, parseAddress } from './address.ts';
import { ownAddress } from './connect.ts';
import { type Dialer, createDialer } from './dial.ts';
import { type NetworkOptions, connectTarget } from './options.ts';
import { type ProxyServer, proxyFor } from './proxy.ts';
import { dialProxy, openTunnel } from './proxy-way.ts';
import { tlsGap, wrapTls } from './tls-client.ts';

/** Addresses of a connection that evidence shows besides the one that was meant. */
export interface Ends {
  /** This host's own. */
  readonly localAddress?: string;
  readonly proxyAddress?: string;
}

export interface Way {
  readonly socket: Socket;
  readonly stages: readonly Stage[];
  /** The IP address, or the proxy's HOST:PORT. */
  readonly address: string;
  readonly ends: Ends;
  /** The proxy that is spoken to on this connection, in absolute form; absent within a tunnel. */
  readonly proxy?: ProxyServer;
}

export type WayOutcome =
  | { readonly way: Way; readonly finding?: undefined }
  | {
      readonly way?: undefined;
      readonly finding: Finding;
      readonly stages: readonly Stage[];
      /** What the last connection went to. */
      readonly address?: string;
    };

export interface WayOptions {
  readonly elapsed: () => number;
  readonly signal: AbortSignal;
  /** The most that all of it may take, milliseconds. */
  readonly budgetMs: number;
  /** Told once the TCP connection stands. */
  readonly connected: () => void;
}

export interface Ways {
  /** @throws the signal's reason when the run is aborted */
  open(url: URL, options: WayOptions): Promise<WayOutcome>;
  /** The same without TLS: a tunnel that stands is enough to know that the host is there. */
  openTcp(url: URL, options: WayOptions): Promise<WayOutcome>;
  /** The proxy for a URL, where one is set. */
  proxyFor(url: URL): ProxyServer | undefined;
  /** Leads to proxies. As in curl, --connect-to leads origins elsewhere, not them. */
  readonly proxyDialer: Dialer;
}

/** Host and port of a URL, without the brackets of an IPv6 address. */
export const urlTarget = (url: URL): HostPort => ({
  host: parseAddress(url.hostname)?.address ?? url.hostname,
  port: url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port),
});

const schemeOf = (url: URL): 'http' | 'https' => (url.protocol === 'https:' ? 'https' : 'http');

const secure = async (
  way: Way,
  target: HostPort,
  { elapsed, signal }: WayOptions,
): Promise<WayOutcome> => {
  const start = elapsed();
  const outcome = await wrapTls(way.socket, target.host, signal);
  const ms = Math.round(elapsed() - start);
  if ('socket' in outcome)
    return {
      way: { ...way, socket: outcome.socket, stages: [...way.stages, { name: 'tls', ms }] },
    };
  const gap = tlsGap(outcome.error);
  const { address, ends } = way;
  const evidence = {
    address,
    port: target.port,
    stage: 'tls',
    ms,
    error: outcome.error,
    ...ends,
  };
  return {
    stages: [...way.stages, { name: 'tls', ms, detail: gap.code }],
    address,
    finding: { ...gap, target: hostPort(target), evidence },
  };
};

export const createWays = (options: NetworkOptions, dialer: Dialer): Ways => {
  const proxyDialer = createDialer({ ...options, connectTo: [] });
  const proxyOf = (url: URL): ProxyServer | undefined =>
    proxyFor(options.proxy, schemeOf(url), urlTarget(url));

  const openTcp = async (url: URL, wayOptions: WayOptions): Promise<WayOutcome> => {
    const origin = urlTarget(url);
    const proxy = proxyOf(url);
    if (!proxy) {
      const dialled = await dialer.dial(origin, wayOptions);
      if (!dialled.socket) return dialled;
      wayOptions.connected();
      const { socket, stages, address } = dialled;
      return { way: { socket, stages, address, ends: ownAddress(socket) } };
    }
    const opened = await dialProxy(proxyDialer, proxy, wayOptions);
    if (opened.way) wayOptions.connected();
    // As in curl, a place that --connect-to names is reached through a tunnel.
    const place = connectTarget(origin, options.connectTo);
    if (!opened.way || (schemeOf(url) === 'http' && !place)) return opened;
    return openTunnel(opened.way, { ...wayOptions, proxy, origin, place: place ?? origin });
  };

  return {
    proxyFor: proxyOf,
    proxyDialer,
    openTcp,
    async open(url, wayOptions) {
      const opened = await openTcp(url, wayOptions);
      return opened.way && schemeOf(url) === 'https'
        ? secure(opened.way, urlTarget(url), wayOptions)
        : opened;
    },
  };
};
