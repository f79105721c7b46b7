/** The way through a proxy: the connection to it, and a tunnel where absolute form will not do. */

import type { Finding, GapCode, HostPort } from '../types.ts';
import { hostPort } from './address.ts';
import { ownAddress } from './connect.ts';
import type { Dialer } from './dial.ts';
import { type ExchangeEnd, exchange } from './exchange.ts';
import type { ProxyServer } from './proxy.ts';
import { judgeProxyAnswer } from './proxy-answer.ts';
import type { Way, WayOptions, WayOutcome } from './way.ts';

/** Connects to the proxy; whatever keeps us from it is the proxy's being out of reach. */
export const dialProxy = async (
  dialer: Dialer,
  proxy: ProxyServer,
  wayOptions: WayOptions,
): Promise<WayOutcome> => {
  const start = wayOptions.elapsed();
  const dialled = await dialer.dial(proxy, wayOptions);
  const address = hostPort(proxy);
  const ms = Math.round(wayOptions.elapsed() - start);
  if (dialled.socket)
    return {
      way: {
        socket: dialled.socket,
        stages: [{ name: 'proxy', ms, detail: address }],
        address,
        proxy,
        ends: { ...ownAddress(dialled.socket), proxyAddress: dialled.address },
      },
    };
  const { code, evidence } = dialled.finding;
  return {
    stages: [{ name: 'proxy', ms, detail: 'proxy-unreachable' }],
    finding: {
      code: 'proxy-unreachable',
      target: address,
      evidence: { ...evidence, proxy: address, cause: code, stage: 'proxy' },
    },
    address,
  };
};

/** What it means that a proxy gave no answer to CONNECT. */
const tunnelGap = ({ kind }: ExchangeEnd): GapCode => {
  switch (kind) {
    case 'aborted':
      return 'response-timeout';
    case 'closed':
      return 'response-truncated';
    case 'reset':
    case 'lost':
      return 'connection-reset';
    case 'complete':
    case 'stopped':
    case 'garbled':
      return 'proxy-error';
  }
};

export interface TunnelOptions extends WayOptions {
  readonly proxy: ProxyServer;
  /** The origin, as findings name it. */
  readonly origin: HostPort;
  /** Where the tunnel is to end. */
  readonly place: HostPort;
}

/** Asks the proxy for a tunnel by CONNECT (RFC 9110 section 9.3.6). */
export const openTunnel = async (
  { socket, address, stages, ends }: Way,
  { proxy, origin, place, signal, elapsed }: TunnelOptions,
): Promise<WayOutcome> => {
  const start = elapsed();
  const authority = hostPort(place);
  let refusal: Finding | undefined;
  const end = await exchange(
    socket,
    {
      method: 'CONNECT',
      path: authority,
      headers: {
        host: authority,
        ...(proxy.authorization && { 'proxy-authorization': proxy.authorization() }),
      },
    },
    {
      signal,
      head: (head) => {
        refusal = judgeProxyAnswer(head, proxy, { origin, method: 'CONNECT' });
      },
      data: () => undefined,
    },
  );
  const ms = Math.round(elapsed() - start) + (stages.at(-1)?.ms ?? 0);
  if (end.kind === 'complete' && !refusal)
    return {
      way: { socket, address, stages: [{ name: 'proxy', ms, detail: address }], ends },
    };
  socket.destroy();
  const where = { proxy: address, stage: 'proxy', ms, ...ends };
  const finding: Finding = refusal
    ? { ...refusal, evidence: { ...refusal.evidence, ...where } }
    : {
        code: tunnelGap(end),
        target: hostPort(origin),
        evidence: { ...where, ...('error' in end && { error: end.error }) },
      };
  return { finding, stages: [{ name: 'proxy', ms, detail: finding.code }], address };
};
