/** Faults of the way: what firewalls and routers do to packets. */

import { ipv4, ipv6 } from '../addresses.ts';
import type { Namespaces } from '../namespaces.ts';
import { type Fault, crl, forward, together, towards } from './fault.ts';

const mailServerRule =
  (verdict: string) =>
  (lab: Namespaces): Promise<void> =>
    lab.nft(
      'mx',
      `add rule inet lab output ip daddr ${ipv4('crl')} ${verdict}
add rule inet lab output ip6 daddr ${ipv6('crl')} ${verdict}`,
    );

/** ICMP's words for no, and the ICMPv6 ones that come nearest. */
const icmpFaults: readonly Fault[] = (
  [
    ['admin-prohibited', 'admin-prohibited'],
    ['host-unreachable', 'addr-unreachable'],
    ['net-unreachable', 'no-route'],
    ['host-prohibited', 'policy-fail'],
    ['net-prohibited', 'reject-route'],
    ['prot-unreachable', 'admin-prohibited'],
  ] as const
).map(([four, six]): Fault => ({
  name: `ICMP ${four}, ICMPv6 ${six}`,
  make: towards('crl', `reject with icmpv6 type ${six}`, `reject with icmp type ${four}`),
  gaps: [`connect-unreachable:${crl}`],
}));

const routeFaults: readonly Fault[] = ['blackhole', 'unreachable', 'prohibit'].map(
  (type): Fault => ({
    name: `this host's route: ${type}`,
    make: (lab) =>
      lab.ip('mx', `route add ${type} ${ipv4('crl')}/32`, `route add ${type} ${ipv6('crl')}/128`),
    gaps: [`connect-unreachable:${crl}`],
  }),
);

const refusals: readonly Fault[] = [
  { name: 'silent drop', make: towards('crl', 'drop'), gaps: [`connect-timeout:${crl}`] },
  {
    name: 'TCP reset',
    make: towards('crl', 'tcp dport 80 reject with tcp reset'),
    gaps: [`connect-refused:${crl}`],
  },
  {
    name: 'ICMP port unreachable',
    make: towards('crl', 'reject'),
    gaps: [`connect-refused:${crl}`],
  },
  {
    name: 'firewall of this host drops',
    make: mailServerRule('drop'),
    gaps: [`connect-timeout:${crl}`],
  },
  {
    name: 'firewall of this host rejects',
    make: mailServerRule('reject'),
    gaps: [`connect-refused:${crl}`],
  },
];

/** Of two addresses of each protocol, the first is dead. */
const oneOfSeveral: readonly Fault[] = (
  [
    ['silent', 'drop', 'connect-timeout'],
    ['resetting', 'tcp dport 80 reject with tcp reset', 'connect-refused'],
  ] as const
).map(([how, verdict, code]): Fault => {
  const gaps = [`${code}:two.lab.test:80:warning`];
  return {
    name: `one of two addresses ${how}`,
    make: towards('dead', verdict),
    endpoints: ['two.lab.test'],
    gaps,
  };
});

const deadProtocols: readonly Fault[] = [
  ...(
    [
      ['dropped', 'drop'],
      ['reset', 'tcp dport 80 reject with tcp reset'],
      ['unreachable', 'reject with icmpv6 type no-route'],
    ] as const
  ).map(([how, verdict]): Fault => ({
    name: `IPv6 ${how}, IPv4 works`,
    make: forward(`ip6 daddr ${ipv6('crl')} ${verdict}`),
    families: ['both', 'ipv4'],
    gaps: { both: [`ipv6-unreachable:${crl}:warning`] },
  })),
  ...(
    [
      ['dropped', 'drop', 'connect-timeout'],
      ['reset', 'tcp dport 80 reject with tcp reset', 'connect-refused'],
      ['unreachable', 'reject with icmp type host-unreachable', 'connect-unreachable'],
    ] as const
  ).map(([how, verdict, code]): Fault => ({
    name: `IPv4 ${how}, IPv6 works`,
    make: forward(`ip daddr ${ipv4('crl')} ${verdict}`),
    families: ['both', 'ipv6'],
    gaps: { both: [`${code}:${crl}:warning`] },
  })),
  {
    name: 'IPv4 reset, IPv6 dropped',
    make: towards('crl', 'drop', 'tcp dport 80 reject with tcp reset'),
    gaps: {
      both: [`connect-refused:${crl}`],
      ipv4: [`connect-refused:${crl}`],
      ipv6: [`connect-timeout:${crl}`],
    },
  },
];

/** Connections open, and then the firewall has seen enough. */
const midway: readonly Fault[] = [
  {
    name: 'dropped once established',
    make: towards('crl', 'tcp dport 80 ct state established ct original packets gt 2 drop'),
    gaps: [`response-timeout:${crl}`],
  },
  {
    name: 'deep inspection resets the request',
    make: towards(
      'crl',
      'tcp dport 80 ct state established ct original packets gt 2 reject with tcp reset',
    ),
    gaps: [`connection-reset:${crl}`],
  },
  {
    name: 'stateful drop after 20 KiB',
    make: forward('tcp sport 80 ct reply bytes gt 20480 drop'),
    gaps: [`response-stalled:${crl}`],
  },
  {
    name: 'reset after 20 KiB',
    make: towards('crl', 'tcp dport 80 ct reply bytes gt 20480 reject with tcp reset'),
    gaps: [`connection-reset:${crl}`],
  },
  {
    name: 'path-MTU black hole',
    // The rules first, so that nobody is told in between
    make: together(
      (lab) =>
        lab.nft(
          'fw',
          'add rule inet lab output icmp type destination-unreachable drop\nadd rule inet lab output icmpv6 type packet-too-big drop',
        ),
      (lab) => lab.ip('fw', 'link set in mtu 1280'),
    ),
    gaps: [`response-timeout:${crl}`],
  },
];

const several: readonly Fault[] = [
  {
    name: 'two hosts, two faults',
    make: together(towards('crl', 'drop'), towards('secure', 'tcp dport 80 reject with tcp reset')),
    gaps: [`connect-timeout:${crl}`, 'connect-refused:secure.lab.test:80'],
  },
  {
    name: 'one rule drops every host',
    make: forward('tcp dport 80 drop'),
    gaps: ['crl', 'secure', 'ocsp'].map((host) => `connect-timeout:${host}.lab.test:80`),
  },
];

export const tcpFaults: readonly Fault[] = [
  ...refusals,
  ...icmpFaults,
  ...routeFaults,
  ...oneOfSeveral,
  ...deadProtocols,
  ...midway,
  ...several,
];
