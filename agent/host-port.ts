/** `HOST[:PORT]`, as profiles, the configuration and the command line write it. */

import { isIPv4, isIPv6 } from 'node:net';
import type { HostPort } from '../checks/types.ts';

export const hostPortText = 'HOST or HOST:PORT, IPv6 addresses in brackets';

const label = /^(?!-)[\p{L}\p{N}_-]{1,63}(?<!-)$/u;

const isName = (host: string): boolean => {
  const name = host.replace(/\.$/, '');
  return name.length <= 253 && name.split('.').every((part) => label.test(part));
};

/** Names are kept as they are written. @returns undefined for anything that is not one. */
export const parseHostPort = (text: string, defaultPort: number): HostPort | undefined => {
  const match = /^(?:\[(?<ipv6>[^[\]]*)\]|(?<host>[^[\]:]+))(?::(?<port>\d{1,5}))?$/.exec(text);
  const { ipv6, host, port: digits } = match?.groups ?? {};
  const port = digits === undefined ? defaultPort : Number(digits);
  if (port < 1 || port > 65_535) return undefined;
  if (ipv6 !== undefined) return isIPv6(ipv6) ? { host: ipv6, port } : undefined;
  if (host === undefined) return undefined;
  const numeric = /^[\d.]+$/.test(host);
  return (numeric ? isIPv4(host) : isName(host)) ? { host, port } : undefined;
};
