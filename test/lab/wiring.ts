/** How the lab's hosts are wired, and what they are set to. */

import { firewall, hosts, internetGateway, mailServer, slowLine } from './addresses.ts';

export const hostNames = ['mx', 'fw', 'inet', 'cable'] as const;
export type HostName = (typeof hostNames)[number];

/** The chains that faults add rules to. */
export const firewallRules = `
flush ruleset
table inet lab {
  chain prerouting { type nat hook prerouting priority dstnat; policy accept; }
  chain forward { type filter hook forward priority filter; policy accept; }
  chain input { type filter hook input priority filter; policy accept; }
  chain output { type filter hook output priority filter; policy accept; }
}
`;
export const mailServerRules = `
flush ruleset
table inet lab {
  chain output { type filter hook output priority filter; policy accept; }
}
`;

const addresses = (device: string, ...pairs: { ipv4: string; ipv6: string }[]): string[] => [
  ...pairs.flatMap((pair) => [
    `addr replace ${pair.ipv4}/24 dev ${device}`,
    `addr replace ${pair.ipv6}/64 dev ${device} nodad`,
  ]),
  `link set ${device} up`,
];

/** A lost frame is one segment, as on a real line. */
const singleSegments = (device: string): string[] => [`link set ${device} gso_max_segs 1`];

const living = Object.values(hosts)
  .filter((number) => number !== hosts.dead)
  .map((number) => ({ ipv4: `10.77.2.${number}`, ipv6: `2001:db8:2::${number}` }));

/** Interfaces and addresses, as lines for `ip -batch`. */
export const wiring: Readonly<Record<HostName, readonly string[]>> = {
  mx: [
    ...addresses('out', mailServer),
    ...addresses('slow', slowLine.mailServer),
    ...singleSegments('slow'),
  ],
  fw: [
    ...addresses('in', firewall),
    ...addresses('net', internetGateway),
    ...addresses('slow', slowLine.firewall),
    ...singleSegments('slow'),
  ],
  inet: addresses('out', ...living),
  cable: ['link set near arp off', 'link set near up', 'link set far arp off', 'link set far up'],
};

/** Addresses are usable at once, and no ICMP error waits for its turn. */
const usualSettings = [
  'net.ipv6.conf.all.accept_dad=0',
  'net.ipv6.conf.default.accept_dad=0',
  'net.ipv4.icmp_ratelimit=0',
  'net.ipv6.icmp.ratelimit=0',
];
export const settings: Readonly<Record<HostName, readonly string[]>> = {
  mx: usualSettings,
  inet: usualSettings,
  fw: [
    ...usualSettings,
    'net.ipv4.ip_forward=1',
    'net.ipv6.conf.all.forwarding=1',
    'net.netfilter.nf_conntrack_acct=1',
  ],
  cable: ['net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1'],
};

export const defaultRoutes = (gateway: { ipv4: string; ipv6: string }): string[] => [
  `route replace default via ${gateway.ipv4}`,
  `route replace default via ${gateway.ipv6}`,
];

/** Ends what faults add besides. */
export const oddRoutes = ['blackhole', 'unreachable', 'prohibit'].map(
  (type) => `route flush type ${type}`,
);
