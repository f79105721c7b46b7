/**
 * What an output must say so that it counts as naming the cause: its class, in whatever words. Written down before
 * any output was looked at, from how the cause is called; case does not matter.
 */

import type { GapCode } from '../../checks/types.ts';

const timedOut = 'tim(?:ed|e) ?-?out|deadline exceeded';

const words = {
  'dns-not-found':
    'could ?n.t resolve|could not resolve|no such host|not known|NXDOMAIN|no address|unknown host|host not found',
  'dns-failure':
    'SERVFAIL|REFUSED by|server (?:failure|misbehaving)|query refused|no (?:name ?server|resolver)|temporary failure in name resolution|could ?n.t contact',
  'dns-timeout': `(?:resol|lookup|dns|name server).{0,80}(?:${timedOut}|no answer)`,
  'dns-sinkhole': 'sinkhole|block ?list|loopback|unspecified',
  'connect-timeout': `(?:connect|dial|handshake).{0,80}(?:${timedOut}|no answer)|(?:${timedOut}).{0,40}connect`,
  'connect-refused': 'connection refused|ECONNREFUSED|refuses the connection',
  'connect-unreachable':
    'unreachable|no route|prohibited|permission denied|not permitted|protocol not available',
  'ipv6-unreachable': 'IPv6|2001:db8',
  'connection-reset': 'reset by peer|connection (?:was )?reset|ECONNRESET',
  'response-timeout': `(?:response|header|reply|answer|read|greeting|banner|handshake).{0,80}(?:${timedOut})|(?:${timedOut}).{0,80}(?:response|header|reply|answer|read| 0 bytes|with 0 out)`,
  'response-stalled': `(?:body|stall|incomplete|partial).{0,80}(?:${timedOut})|(?:${timedOut}).{0,80}(?:body|[1-9]\\d* (?:out of \\d+ )?bytes)|stall`,
  'response-truncated':
    'bytes? remaining|unexpected EOF|premature|truncat|cut short|transfer closed|empty reply|\\bEOF\\b',
  'block-page': 'block ?page|text/html|<html|web page|\\bHTML\\b',
  'redirected-elsewhere': 'redirect|location: ',
  'http-status': '\\b(?:404|503)\\b',
  'unexpected-content':
    'HTTP/0\\.9|malformed|unexpected|not a (?:CRL|valid)|wrong tag|asn1|unable to load|could not (?:read|load)|invalid|empty',
  'crl-signature-invalid': 'signature|verify failure|verification fail',
  'crl-wrong-issuer': 'issuer|verify failure',
  'proxy-unreachable': 'proxy',
  'proxy-auth-required': '\\b407\\b|proxy.{0,40}(?:auth|password|credential)',
  'proxy-denied': 'ERR_ACCESS_DENIED|access.{0,10}denied|proxy.{0,80}(?:403|forbidden|denied)',
  'proxy-error':
    'ERR_[A-Z]*(?:CONNECT|DNS|READ|ZERO|FORWARD)|proxy.{0,80}(?:50\\d|bad gateway|unavailable)|gateway time',
  'smtp-rejected': '\\b554\\b|reject|on a list',
  'starttls-stripped': 'strip|XXXX',
  'starttls-missing': 'STARTTLS',
  'tls-intercepted':
    'self.?signed|unknown (?:authority|ca|root)|local issuer|untrusted|not trusted|intercept',
  'tls-handshake-failed': 'wrong version number|handshake|not.{0,20}TLS|first record',
  'tls-version-too-low': 'protocol version|unsupported protocol|version|TLS ?v?1\\.[01]',
} as const satisfies Partial<Record<GapCode, string>>;

/** Whether a text names the class of a gap code. @throws Error for a code that has no words yet */
export const namesCause = (text: string, code: string): boolean => {
  const pattern = new Map(Object.entries(words)).get(code);
  if (pattern === undefined) throw new Error(`bench/diagnosis/words.ts has no words for ${code}`);
  // The lab's names say what happens to them
  return new RegExp(pattern, 'i').test(text.replace(/[\w.-]+\.lab\.test/g, 'HOST'));
};
