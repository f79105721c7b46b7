/** Words for connections that a firewall or a route keeps from coming about. */

import type { Finding } from '../types.ts';
import { hostLost } from './consequences.ts';
import {
  addressesOf,
  afterTime,
  destinationOf,
  hostPortText,
  inBrackets,
  said,
  shown,
  textOf,
} from './evidence.ts';
import type { GapWords } from './gap-info.ts';
import { onPlatforms } from './on-platforms.ts';
import * as posix from './posix/commands.ts';
import * as powershell from './powershell/commands.ts';

type ConnectionWords = Pick<
  GapWords<'firewall'>,
  | 'connect-timeout'
  | 'connect-refused'
  | 'connect-unreachable'
  | 'connection-reset'
  | 'ipv6-unreachable'
>;

const at = (finding: Finding): string =>
  `${shown(hostPortText(destinationOf(finding)))}${inBrackets(addressesOf(finding, 2))}`;

/** The system's error, after a colon. */
const systemError = (finding: Finding): string => {
  const error = textOf(finding, 'error');
  return error === undefined ? '' : `: ${shown(error, 40)}`;
};

const partlySeverity = 'a warning where other addresses of the host answer';

/** One dead address among living ones is another fault than a dead host. */
const partly = (finding: Finding): string =>
  finding.severity === 'warning'
    ? ' Other addresses of the host answer, so some connections work and some do not: compare the rules for each address.'
    : '';

const allow = (finding: Finding): string => {
  const { host, port } = destinationOf(finding);
  const addresses = addressesOf(finding);
  const now =
    addresses.length === 0 ? '' : `, now ${addresses.map((a) => shown(a, 45)).join(', ')}`;
  return `Allow outbound TCP port ${port} from this host to ${shown(host)}${now}. Allow it by name where the firewall can: addresses of content delivery networks change.`;
};

/** The same finding about its IPv6 addresses alone. */
const overIpv6 = (finding: Finding): Finding => ({
  ...finding,
  evidence: {
    ...finding.evidence,
    address: addressesOf(finding, 8).find((address) => address.includes(':')) ?? null,
    addresses: addressesOf(finding, 8).filter((address) => address.includes(':')),
  },
});

const tryConnection = onPlatforms({
  posix: (finding, platform) => [...posix.connect(finding), posix.firewallRules(platform)],
  powershell: (finding) => [...powershell.connect(finding), powershell.firewallRules()],
});

const tryRoute = onPlatforms({
  posix: (finding, platform) => [
    ...posix.connect(finding),
    ...posix.route(finding, platform),
    posix.firewallRules(platform),
  ],
  powershell: (finding) => [
    ...powershell.connect(finding),
    ...powershell.route(finding),
    powershell.firewallRules(),
  ],
});

const tcp = 'RFC 9293 (TCP)';
const example = { target: 'crl.globalsign.com:80' };

export const connectionWords: ConnectionWords = {
  'connect-timeout': {
    title: 'Connection attempts vanish',
    owner: 'network',
    severity: 'critical',
    severityNote: partlySeverity,
    meaning:
      'Packets to the host are dropped without an answer, as a firewall does whose rule says drop, or a route that leads nowhere.',
    consequence: hostLost,
    summary: (finding) => `No answer from ${at(finding)}${afterTime(finding)}`,
    remedy: (finding) =>
      `${allow(finding)} Look in the firewall's log for dropped packets from this host; check also that answers find their way back (NAT, routes).${partly(finding)}`,
    commands: tryConnection,
    example: {
      ...example,
      evidence: { host: 'crl.globalsign.com', port: 80, address: '198.51.100.7', timeoutMs: 5000 },
    },
    seeAlso: ['connect-refused', 'connect-unreachable', 'response-timeout'],
    sources: [tcp, 'Microsoft: Test-NetConnection'],
  },
  'connect-refused': {
    title: 'Connection refused',
    owner: 'network',
    severity: 'critical',
    severityNote: partlySeverity,
    meaning:
      'Something answered the connection attempt with a TCP reset or ICMP port unreachable: a firewall whose rule says reject, or a host on which nothing listens.',
    consequence: hostLost,
    summary: (finding) => `${at(finding)} refuses the connection`,
    remedy: (finding) =>
      `${allow(finding)} A refusal within a few milliseconds comes from a firewall nearby, often this host's own; one that takes as long as the way to the Internet comes from the far end. Then ask the host's operator whether the service runs.${partly(finding)}`,
    commands: tryConnection,
    example: {
      ...example,
      evidence: {
        host: 'crl.globalsign.com',
        port: 80,
        address: '198.51.100.7',
        error: 'ECONNREFUSED',
        ms: 2,
      },
    },
    seeAlso: ['connect-timeout', 'connection-reset', 'proxy-unreachable'],
    sources: [tcp, 'RFC 792 (ICMP)'],
  },
  'connect-unreachable': {
    title: 'Host or network unreachable',
    owner: 'network',
    severity: 'critical',
    severityNote: partlySeverity,
    meaning:
      "A router, a firewall or this host's own routing table says that there is no way to the address, or that the way is prohibited.",
    consequence: hostLost,
    summary: (finding) => `No way to ${at(finding)}${systemError(finding)}`,
    remedy: (finding) =>
      `Check this host's route to the address with the commands below: without a default route nothing outside is reached. If the route is there, a router or firewall prohibits the connection. ${allow(finding)}${partly(finding)}`,
    commands: tryRoute,
    example: {
      ...example,
      evidence: {
        host: 'crl.globalsign.com',
        port: 80,
        address: '198.51.100.7',
        error: 'EHOSTUNREACH',
      },
    },
    seeAlso: ['connect-timeout', 'ipv6-unreachable'],
    sources: ['RFC 792 (ICMP)', 'RFC 4443 (ICMPv6)', 'RFC 1812 (router requirements)'],
  },
  'connection-reset': {
    title: 'Connection cut off',
    owner: 'network',
    severity: 'critical',
    severityNote: partlySeverity,
    meaning:
      'The connection came about and was then reset or closed before the answer was complete, as deep inspection does when it dislikes the name, the URL or STARTTLS.',
    consequence: hostLost,
    summary: (finding) =>
      `Connection to ${at(finding)} was cut off${inBrackets([said(finding, 'closed', 'stage')])}`,
    remedy: (finding) =>
      `The port is open, so a plain port rule is not the cause. Look in the logs of the intrusion prevention, the web filter and the SMTP inspection for ${shown(destinationOf(finding).host)}, and exempt the host from inspection. If nothing is found there, ask the host's operator.${partly(finding)}`,
    commands: onPlatforms({
      posix: (finding) => posix.repeat(finding),
      powershell: (finding) => powershell.repeat(finding),
    }),
    example: {
      ...example,
      evidence: {
        host: 'crl.globalsign.com',
        port: 80,
        address: '198.51.100.7',
        error: 'ECONNRESET',
        stage: 'response',
      },
    },
    seeAlso: ['connect-refused', 'response-truncated', 'tls-handshake-failed'],
    sources: [tcp],
  },
  'ipv6-unreachable': {
    title: 'IPv6 does not work while IPv4 does',
    owner: 'network',
    severity: 'warning',
    meaning:
      'This host has a global IPv6 address and a route, the remote host has an IPv6 address, and no connection comes about over it; IPv4 works.',
    consequence:
      'Programs that try IPv6 first lose some seconds on every download, and those that do not fall back to IPv4 fail: Windows gives a whole revocation check 20 seconds. Mail is late rather than lost.',
    summary: (finding) =>
      `${at(overIpv6(finding))} cannot be reached over IPv6${systemError(finding)}`,
    remedy: (finding) =>
      `${allow(overIpv6(finding))} Give IPv6 the same rules as IPv4, or take the IPv6 address or route away from this host if it is not meant to have one.`,
    commands: onPlatforms({
      posix: (finding, platform) => [
        ...posix.connect(overIpv6(finding)),
        platform === 'linux' ? 'ip -6 route show default' : 'netstat -rn -f inet6',
      ],
      powershell: (finding) => [
        ...powershell.connect(overIpv6(finding)),
        'Get-NetRoute -DestinationPrefix ::/0',
      ],
    }),
    example: {
      ...example,
      evidence: {
        host: 'crl.globalsign.com',
        port: 80,
        address: '2001:db8::7',
        addresses: ['2001:db8::7', '198.51.100.7'],
        error: 'ENETUNREACH',
      },
    },
    seeAlso: ['connect-unreachable', 'connect-timeout'],
    sources: ['RFC 8305 (Happy Eyeballs)', 'RFC 4443 (ICMPv6)'],
  },
};
