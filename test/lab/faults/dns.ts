/** Faults of names and resolvers. The family is the one that the resolver is asked by. */

import { type InternetHost, ipv4, ipv6 } from '../addresses.ts';
import { type Fault, type Family, addressIn, forward, socketIn, towards } from './fault.ts';

const single = ['ipv4', 'ipv6'] as const;
const at =
  (...hosts: InternetHost[]) =>
  (family: Family): string[] =>
    hosts.map((host) => addressIn(host, family));

/** Every name fails at these resolvers: one gap. */
const allNames = (code: string, ...hosts: InternetHost[]): Fault['gaps'] =>
  Object.fromEntries(
    single.map((family) => [
      family,
      [`${code}:${hosts.map((host) => socketIn(host, family, 53)).join(',')}`],
    ]),
  );

const resolverFaults: readonly Fault[] = [
  {
    name: 'resolver silent',
    make: towards('dns', 'drop'),
    resolvers: at('dns'),
    families: single,
    gaps: allNames('dns-timeout', 'dns'),
  },
  {
    name: 'both resolvers silent',
    make: (lab) => forward('udp dport 53 drop', 'tcp dport 53 drop')(lab),
    resolvers: at('dns', 'dns2'),
    families: single,
    gaps: allNames('dns-timeout', 'dns', 'dns2'),
  },
  {
    name: 'port 53 rejected (port unreachable)',
    make: towards('dns', 'udp dport 53 reject'),
    resolvers: at('dns'),
    families: single,
    gaps: allNames('dns-failure', 'dns'),
  },
  {
    name: 'port 53 rejected (admin-prohibited)',
    make: towards(
      'dns',
      'reject with icmpv6 type admin-prohibited',
      'reject with icmp type admin-prohibited',
    ),
    resolvers: at('dns'),
    families: single,
    gaps: allNames('dns-failure', 'dns'),
  },
  {
    name: 'resolver refuses every name',
    resolvers: at('dnsRefusing'),
    families: single,
    gaps: allNames('dns-failure', 'dnsRefusing'),
  },
  {
    name: 'resolver fails for every name (SERVFAIL)',
    resolvers: at('dnsBroken'),
    families: single,
    gaps: allNames('dns-failure', 'dnsBroken'),
  },
  {
    name: 'no resolver configured',
    resolvers: () => [],
    families: ['both'],
    gaps: ['dns-failure:none'],
  },
  {
    name: 'no route to anything',
    make: (lab) => lab.ip('mx', 'route del default', `route del default via 2001:db8:1::1`),
    resolvers: at('dns'),
    families: single,
    gaps: allNames('dns-failure', 'dns'),
  },
];

/** One of two resolvers fails, in either place: no gap. */
const oneOfTwo: readonly Fault[] = (
  [
    ['silent', 'dead', towards('dead', 'drop')],
    ['refusing', 'dnsRefusing', undefined],
    ['failing', 'dnsBroken', undefined],
  ] as const
).flatMap(([how, host, make]): Fault[] => [
  {
    name: `first of two resolvers ${how}`,
    ...(make && { make }),
    resolvers: at(host, 'dns'),
    families: single,
    gaps: [],
  },
  {
    name: `second of two resolvers ${how}`,
    ...(make && { make }),
    resolvers: at('dns', host),
    families: ['ipv4'],
    gaps: [],
  },
]);

/** One name fails, at a resolver that knows the others. */
const nameFaults: readonly Fault[] = (
  [
    ['NXDOMAIN', 'nx.lab.test', 'dns-not-found'],
    ['NODATA', 'nodata.lab.test', 'dns-not-found'],
    ['SERVFAIL', 'a.servfail.lab.test', 'dns-failure'],
    ['REFUSED', 'a.refused.lab.test', 'dns-failure'],
    ['no answer', 'a.silent.lab.test', 'dns-timeout'],
  ] as const
).map(([name, host, code]): Fault => ({
  name: `${name} for one name`,
  resolvers: at('dns2'),
  families: single,
  endpoints: [host],
  gaps: [`${code}:${host}`],
}));

const addressFaults: readonly Fault[] = [
  {
    name: 'sinkhole: unspecified address',
    endpoints: ['sink.lab.test'],
    gaps: ['dns-sinkhole:sink.lab.test'],
  },
  {
    name: 'sinkhole: loopback address',
    endpoints: ['loop.lab.test'],
    gaps: ['dns-sinkhole:loop.lab.test'],
  },
  { name: 'only AAAA', endpoints: ['six.lab.test'], families: ['both', 'ipv6'], gaps: [] },
  {
    name: 'only AAAA, on a host without IPv6',
    make: (lab) =>
      lab.ip('mx', 'addr del 2001:db8:1::10/64 dev out', 'addr del 2001:db8:3::10/64 dev slow'),
    endpoints: ['six.lab.test'],
    families: ['both'],
    gaps: ['connect-unreachable:six.lab.test:80'],
  },
  {
    name: 'both protocols offered, on a host without IPv6',
    make: (lab) =>
      lab.ip('mx', 'addr del 2001:db8:1::10/64 dev out', 'addr del 2001:db8:3::10/64 dev slow'),
    families: ['both'],
    gaps: [],
  },
  { name: 'long chain of aliases', endpoints: ['chain0.lab.test'], gaps: [] },
  { name: 'several addresses in turn', endpoints: ['robin.lab.test'], gaps: [] },
];

/** Two names fail, each in its way: neither is the resolver's fault. */
const twoNames: Fault = {
  name: 'two names fail, each in its way',
  resolvers: () => [ipv4('dns2'), ipv6('dns2')],
  families: ['both'],
  endpoints: ['nx.lab.test', 'a.servfail.lab.test'],
  gaps: ['dns-not-found:nx.lab.test', 'dns-failure:a.servfail.lab.test'],
};

export const dnsFaults: readonly Fault[] = [
  ...resolverFaults,
  ...oneOfTwo,
  ...nameFaults,
  ...addressFaults,
  twoNames,
];
