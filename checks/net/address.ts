/** IP addresses and `HOST:PORT` as texts. */

import { BlockList, isIP, isIPv6 } from 'node:net';
import type { HostPort } from '../types.ts';

export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

/** `HOST:PORT` as gap targets carry it; an IPv6 address stands in brackets. */
export const hostPort = ({ host, port }: HostPort): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

/** An address without its brackets; undefined where the text is a name. */
export const parseAddress = (text: string): Address | undefined => {
  const address = text.replace(/^\[(.*)\]$/, '$1');
  const family = isIP(address);
  return family === 4 || family === 6 ? { address, family } : undefined;
};

/** A port from 1 to 65535, or undefined. */
export const parsePort = (text: string): number | undefined => {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65535 ? port : undefined;
};

const unroutable = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['224.0.0.0', 3], // multicast, reserved and broadcast
] as const)
  unroutable.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of [
  ['::', 127], // unspecified and loopback
  ['100::', 64], // discard-only, RFC 6666
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  unroutable.addSubnet(network, prefix, 'ipv6');

/**
 * Whether an address can never be that of a public host (RFC 6890). Documentation addresses do not
 * count, because laboratories use them, nor do private ones: a split-horizon resolver may mean them.
 */
export const isUnroutable = ({ address, family }: Address): boolean =>
  unroutable.check(address, family === 4 ? 'ipv4' : 'ipv6');

/** Whether an IPv6 address belongs to a host that takes part in the Internet: global unicast, 2000::/3. */
export const isGlobalIpv6 = (address: string): boolean => {
  if (!isIPv6(address)) return false;
  const first = parseInt(address.split(':')[0] ?? '', 16);
  return first >= 0x2000 && first <= 0x3fff;
};
