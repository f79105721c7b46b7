/** How the network team can repeat what certready saw, on the platform of the host that saw it. */

import { isIP } from 'node:net';
import { curlOptions } from '../../checks/words/curl.ts';
import { hostPortText } from '../../checks/words/evidence.ts';
import { sh } from '../../checks/words/posix/quote.ts';
import { ps } from '../../checks/words/powershell/quote.ts';
import type { HostPort, Platform } from '../../checks/types.ts';
import type { Conversation } from './ticket-words.ts';

export interface Repeat {
  readonly platform: Platform;
  readonly conversation: Conversation;
  readonly hostPort: HostPort;
  /** SMTP is spoken there. */
  readonly mail: boolean;
  readonly addresses: readonly string[];
  /** What came is to be read: a page says whose it is. */
  readonly page?: true;
  /** What was asked for there; absent: only a connection. */
  readonly url?: string;
  /** HOST:PORT */
  readonly proxy?: string;
}

const mostAddresses = 6;

const urlAt = ({ url, hostPort, mail }: Repeat): string => {
  if (url !== undefined) return url;
  if (mail) return `smtp://${hostPortText(hostPort)}/`;
  const origin = `${hostPort.port === 443 ? 'https' : 'http'}://${hostPortText(hostPort)}/`;
  return URL.canParse(origin) ? new URL(origin).href : origin; // without a port that goes without saying
};

/** The addresses to try one by one: those that a connection was attempted to. */
const attempted = ({ conversation, addresses }: Repeat): readonly string[] => {
  const tried = conversation === 'tcp' || conversation === 'tcp6' ? addresses : [];
  return tried
    .filter((address) => conversation === 'tcp' || isIP(address) === 6)
    .slice(0, mostAddresses);
};

const bracketed = (address: string): string => (isIP(address) === 6 ? `[${address}]` : address);

const withCurl = (repeat: Repeat): string[] => {
  const { conversation, hostPort, page, proxy } = repeat;
  const url = urlAt(repeat);
  const words = [
    `curl ${curlOptions} ${page ? '-L' : '-o /dev/null'}`,
    ...(conversation === 'tcp6' ? ['-6'] : []),
    ...(url.startsWith('smtp:') ? ['--ssl-reqd'] : []),
    ...(proxy === undefined ? [] : [sh`-x ${`http://${proxy}`}`]),
  ];
  const line = (...more: string[]): string => [...words, ...more, sh`--url ${url}`].join(' ');
  const each = attempted(repeat);
  if (proxy !== undefined || isIP(hostPort.host) !== 0 || each.length < 2) return [line()];
  const pin = (address: string): string =>
    `${hostPort.host}:${hostPort.port}:${bracketed(address)}`;
  return each.map((address) => line(sh`--resolve ${pin(address)}`));
};

const testConnection = (place: string, port: number): string =>
  ps`Test-NetConnection -ComputerName ${place} -Port ${port} -InformationLevel Detailed`;

const withPowerShell = (repeat: Repeat): string[] => {
  const { conversation, hostPort, page, proxy } = repeat;
  const fetch = [
    `curl.exe ${curlOptions} ${page ? '-L' : '-o NUL'}`,
    ...(proxy === undefined ? [] : [ps`-x ${`http://${proxy}`}`]),
    ps`--url ${urlAt(repeat)}`,
  ].join(' ');
  if (proxy !== undefined && proxy !== hostPortText(hostPort)) return [fetch];
  const places = new Set([hostPort.host, ...attempted(repeat)]);
  const connections = [...places].map((place) => testConnection(place, hostPort.port));
  return conversation === 'web' || proxy !== undefined ? [...connections, fetch] : connections;
};

/** A command a line. */
export const repeatRequest = (repeat: Repeat): readonly string[] =>
  repeat.platform === 'win32' ? withPowerShell(repeat) : withCurl(repeat);

/** Asks for a name as certready did, at the resolver that it asked where one is known. */
export const repeatQuery = (
  name: string,
  { platform, resolvers }: { platform: Platform; resolvers: readonly string[] },
): readonly string[] => {
  const servers = resolvers.filter((resolver) => isIP(resolver) !== 0);
  if (platform === 'win32')
    return servers.length === 0
      ? [ps`Resolve-DnsName -Name ${name} -DnsOnly -NoHostsFile`]
      : servers.map((server) => ps`Resolve-DnsName -Name ${name} -Server ${server} -DnsOnly`);
  return servers.length === 0
    ? [sh`dig +tries=1 +time=5 -q ${name}`]
    : servers.map((server) => sh`dig +tries=1 +time=5 ${`@${server}`} -q ${name}`);
};
