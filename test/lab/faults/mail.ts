/** Faults on the way to a mail host that speaks SMTP with STARTTLS. */

import { type Fault, behaveAsMail, towards } from './fault.ts';

const mx = 'mx.lab.test:25';
const single = ['ipv4', 'ipv6'] as const;

const ways: readonly Fault[] = [
  { name: 'mail host: healthy', gaps: [] },
  {
    name: 'mail host: port 25 dropped',
    make: towards('mail', 'tcp dport 25 drop'),
    gaps: [`connect-timeout:${mx}`],
  },
  {
    name: 'mail host: port 25 reset',
    make: towards('mail', 'tcp dport 25 reject with tcp reset'),
    gaps: [`connect-refused:${mx}`],
  },
];

const dialogues: readonly Fault[] = (
  [
    ['reset after connect', 'mail-reset', 'connection-reset'],
    ['no greeting', 'mail-silent', 'response-timeout'],
    ['turned away', 'mail-rejects', 'smtp-rejected'],
    ['STARTTLS overwritten', 'mail-stripped', 'starttls-stripped'],
    ['no STARTTLS', 'mail-no-starttls', 'starttls-missing'],
    ['TLS inspected', 'mail-inspected', 'tls-intercepted'],
    ['reset after STARTTLS', 'mail-reset-after-starttls', 'connection-reset'],
    ['no TLS after STARTTLS', 'mail-no-tls', 'tls-handshake-failed'],
    ['silence after STARTTLS', 'mail-tls-silent', 'response-timeout'],
    ['TLS 1.1 at most', 'mail-old-tls', 'tls-version-too-low'],
  ] as const
).map(([name, behaviour, code]): Fault => ({
  name: `mail host: ${name}`,
  make: behaveAsMail(behaviour),
  families: single,
  gaps: [`${code}:${mx}`],
}));

export const mailFaults: readonly Fault[] = [...ways, ...dialogues].map((fault) => ({
  ...fault,
  mail: true,
}));
