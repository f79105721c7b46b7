/** What the network team needs to be told of each gap on the path: what was sent, and what came back. */

import type { gapCodesByCategory } from '../../checks/types.ts';
import type { Gap } from './report.ts';

export type PathCode = (typeof gapCodesByCategory)['dns' | 'firewall' | 'proxy'][number];
export type PathGap = Gap & { readonly code: PathCode };

export const isPathGap = (gap: Gap): gap is PathGap =>
  gap.category === 'dns' || gap.category === 'firewall' || gap.category === 'proxy';

/** The conversation that a fault shows up in; it decides how to repeat it. */
export type Conversation = 'name' | 'tcp' | 'tcp6' | 'web' | 'mail' | 'proxy';

export interface PathWords {
  readonly conversation: Conversation;
  readonly sent: string;
  readonly cameBack: string;
  /** What this host meets there, after its name: the subject of the ticket. */
  readonly headline: (where: string) => string;
}

const query = { conversation: 'name', sent: 'DNS query, types A and AAAA' } as const;
const attempt = { conversation: 'tcp', sent: 'TCP connection attempt (SYN)' } as const;
const request = { conversation: 'web', sent: 'TCP connection, then the request' } as const;
const mailed = { conversation: 'mail', sent: 'SMTP: EHLO, STARTTLS, TLS handshake' } as const;
const proxied = { conversation: 'proxy', sent: 'the request, by way of the proxy' } as const;

const conversations: Readonly<Record<PathCode, Omit<PathWords, 'headline'>>> = {
  'dns-not-found': {
    ...query,
    cameBack: 'the answer that the name does not exist or has no address (NXDOMAIN, NODATA)',
  },
  'dns-failure': {
    ...query,
    cameBack: 'a failure instead of an answer (SERVFAIL, REFUSED, port 53 rejected, no resolver)',
  },
  'dns-timeout': { ...query, cameBack: 'no answer from the resolver' },
  'dns-sinkhole': {
    ...query,
    cameBack: 'an address that cannot be the right one (unspecified, loopback, or a block list)',
  },
  'connect-timeout': {
    ...attempt,
    cameBack: 'nothing: the packets, or the answers to them, are dropped',
  },
  'connect-refused': {
    ...attempt,
    cameBack: 'a rejection: TCP reset (RST) or ICMP port unreachable',
  },
  'connect-unreachable': {
    ...attempt,
    cameBack: 'ICMP unreachable or administratively prohibited, or there is no route',
  },
  'ipv6-unreachable': {
    conversation: 'tcp6',
    sent: 'TCP connection attempt (SYN) over IPv6',
    cameBack: 'no connection, while IPv4 works and this host has an IPv6 address and route',
  },
  'connection-reset': { ...request, cameBack: 'a TCP reset (RST) on the open connection' },
  'response-timeout': {
    ...request,
    cameBack: 'the connection opened, then no complete answer in time',
  },
  'response-stalled': {
    ...request,
    cameBack: 'the beginning of an answer whose rest did not come in time',
  },
  'response-truncated': {
    ...request,
    cameBack: 'an answer that ended before its announced length',
  },
  'block-page': { ...request, cameBack: 'a web page (HTML) in place of the file' },
  'redirected-elsewhere': { ...request, cameBack: 'a redirect to a page on another host' },
  'starttls-stripped': {
    conversation: 'mail',
    sent: 'SMTP: EHLO',
    cameBack: 'an answer whose STARTTLS keyword was removed or overwritten on the way',
  },
  'tls-intercepted': {
    ...mailed,
    cameBack: 'a certificate of an unknown root: something on the way intercepts TLS',
  },
  'proxy-unreachable': {
    conversation: 'proxy',
    sent: 'TCP connection attempt to the proxy',
    cameBack: 'no connection, or the name of the proxy does not resolve',
  },
  'proxy-auth-required': { ...proxied, cameBack: 'status 407: the proxy asks for credentials' },
  'proxy-denied': { ...proxied, cameBack: 'a refusal by the rules of the proxy' },
  'proxy-error': { ...proxied, cameBack: 'that the proxy cannot resolve or reach the destination' },
};

const headlines: Readonly<Record<PathCode, PathWords['headline']>> = {
  'dns-not-found': (where) => `cannot resolve ${where}: not found in DNS`,
  'dns-failure': (where) => `gets no usable answer from DNS for ${where}`,
  'dns-timeout': (where) => `gets no answer from DNS for ${where}`,
  'dns-sinkhole': (where) => `is given a false address by DNS for ${where}`,
  'connect-timeout': (where) => `cannot reach ${where}: no answer`,
  'connect-refused': (where) => `cannot reach ${where}: refused`,
  'connect-unreachable': (where) => `cannot reach ${where}: unreachable`,
  'ipv6-unreachable': (where) => `cannot reach ${where} over IPv6`,
  'connection-reset': (where) => `cannot use ${where}: connections are reset`,
  'response-timeout': (where) => `gets no answer from ${where}`,
  'response-stalled': (where) => `gets answers from ${where} only in part: they stall`,
  'response-truncated': (where) => `gets answers from ${where} only in part: they end early`,
  'block-page': (where) => `gets a web page in place of the files of ${where}`,
  'redirected-elsewhere': (where) => `is led away from ${where} to another page`,
  'starttls-stripped': (where) => `is kept from STARTTLS at ${where}`,
  'tls-intercepted': (where) => `has its TLS connections to ${where} intercepted`,
  'proxy-unreachable': (where) => `cannot reach the proxy ${where}`,
  'proxy-auth-required': (where) => `is asked for a password by the proxy ${where}`,
  'proxy-denied': (where) => `is denied ${where} by the proxy`,
  'proxy-error': (where) => `does not get through the proxy to ${where}`,
};

export const pathWords = (code: PathCode): PathWords => ({
  ...conversations[code],
  headline: headlines[code],
});

/** The words for a gap where mail is spoken, and where it is not: a fault of an open connection differs. */
export const pathWordsAt = (code: PathCode, mail: boolean): PathWords => {
  const words = pathWords(code);
  if (words.conversation === 'web' && mail) return { ...words, ...mailed };
  if (words.conversation === 'mail' && !mail)
    return { ...words, conversation: 'web', sent: 'TCP connection, TLS handshake' };
  return words;
};
