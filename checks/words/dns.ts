/** Words for what goes wrong before there is an address. */

import type { Finding, HostPort } from '../types.ts';
import { hostLost } from './consequences.ts';
import {
  addressesOf,
  afterTime,
  inBrackets,
  parseHostPort,
  shown,
  targetOf,
  textOf,
  textsOf,
} from './evidence.ts';
import type { GapWords } from './gap-info.ts';
import { onPlatforms } from './on-platforms.ts';
import * as posix from './posix/commands.ts';
import * as powershell from './powershell/commands.ts';

const noResolver = ({ target }: Finding): boolean => target === 'none';

/** The resolvers that a finding is about, where all names fail; none where it is about one name. */
const targetResolvers = ({ target }: Finding): readonly HostPort[] => {
  const parsed = target.split(',').map((part) => parseHostPort(part.trim()));
  return parsed.every((resolver) => resolver !== undefined) ? parsed : [];
};

const resolversOf = (finding: Finding): readonly HostPort[] => {
  const stated = targetResolvers(finding);
  if (stated.length > 0) return stated.slice(0, 3);
  return textsOf(finding, 'resolvers')
    .filter((text) => text !== 'none')
    .map((text) => parseHostPort(text) ?? { host: text, port: 53 })
    .slice(0, 3);
};

/** A name to try: the target, or where the target is the resolver, one of the names that failed. */
const nameOf = (finding: Finding): string => {
  if (!noResolver(finding) && targetResolvers(finding).length === 0) return targetOf(finding);
  return textsOf(finding, 'names')[0] ?? textOf(finding, 'host') ?? 'crl.globalsign.com';
};

const askAll = onPlatforms({
  posix: (finding, platform) => [
    platform === 'darwin' ? 'scutil --dns' : 'cat /etc/resolv.conf',
    ...resolversOf(finding).map((resolver) => posix.askResolver(resolver, nameOf(finding))),
    ...posix.lookUp(nameOf(finding), platform),
  ],
  powershell: (finding) => [
    'Get-DnsClientServerAddress',
    ...resolversOf(finding).map((resolver) => powershell.askResolver(resolver, nameOf(finding))),
    ...powershell.lookUp(nameOf(finding)),
  ],
});

const lookUpOnly = onPlatforms({
  posix: (finding, platform) => posix.lookUp(nameOf(finding), platform),
  powershell: (finding) => [...powershell.lookUp(nameOf(finding)), 'Clear-DnsClientCache'],
});

const subject = (finding: Finding): string =>
  targetResolvers(finding).length > 0
    ? `The resolver ${shown(finding.target)}`
    : `DNS for ${shown(finding.target)}`;

const noResolverRemedy =
  "This host has no DNS resolver in its network settings. Enter the addresses of the organisation's resolvers (Linux: /etc/resolv.conf or the network manager's DNS setting; Windows: the network adapter's DNS servers).";

const sources = ['RFC 1034 and RFC 1035 (domain names)', 'RFC 2308 (negative answers)'];

export const dnsWords: GapWords<'dns'> = {
  'dns-not-found': {
    title: 'Host name not found',
    owner: 'network',
    severity: 'critical',
    meaning:
      'The resolver answered that the name does not exist, or that it has no address (NXDOMAIN or NODATA).',
    consequence: hostLost,
    summary: (finding) =>
      `${shown(finding.target)} has no address in DNS${inBrackets([textOf(finding, 'error')])}`,
    remedy: (finding) =>
      `Look up ${shown(finding.target)} at a resolver outside this network. If it is found there, this network's resolver hides it: a filter, a local zone of the same name or a wrong forwarder; make the resolver answer as the Internet does. If it is found nowhere, its owner has retired the name: run certready profile list and use the profile that follows.`,
    commands: lookUpOnly,
    example: { target: 'crl.globalsign.com', evidence: { error: 'ENOTFOUND', stage: 'dns' } },
    seeAlso: ['dns-failure', 'dns-sinkhole', 'proxy-error'],
    sources,
  },
  'dns-failure': {
    title: 'DNS resolver fails',
    owner: 'network',
    severity: 'critical',
    meaning:
      'The resolver answers with an error (SERVFAIL or REFUSED), rejects the question, or none is configured. The target is the resolver when every name fails.',
    consequence: hostLost,
    summary: (finding) =>
      noResolver(finding)
        ? 'No DNS resolver is configured on this host'
        : `${subject(finding)} fails${inBrackets([textOf(finding, 'error')])}`,
    remedy: (finding) =>
      noResolver(finding)
        ? noResolverRemedy
        : `Ask the resolver directly with the commands below. REFUSED: allow this host's address in the resolver's access list. SERVFAIL: look in the resolver's log; usual causes are a forwarder that cannot be reached and DNSSEC validation that fails, often because of a wrong clock. Connection refused: no DNS service listens there, or a firewall rejects port 53 over UDP and TCP.`,
    commands: askAll,
    example: {
      target: '192.0.2.53:53',
      evidence: { error: 'EREFUSED', resolvers: ['192.0.2.53:53'], names: ['crl.globalsign.com'] },
    },
    seeAlso: ['dns-timeout', 'dns-not-found'],
    sources: [...sources, 'RFC 8914 (extended DNS errors)'],
  },
  'dns-timeout': {
    title: 'DNS resolver does not answer',
    owner: 'network',
    severity: 'critical',
    meaning:
      'The question was sent and nothing came back in time. The target is the resolver when every name fails.',
    consequence: hostLost,
    summary: (finding) => `${subject(finding)} gives no answer${afterTime(finding)}`,
    remedy: (finding) =>
      targetResolvers(finding).length > 0
        ? `Allow this host to reach ${shown(finding.target)} over UDP and TCP, and check that the resolver runs there. If the resolver's address has changed, correct it in this host's network settings.`
        : `Other names are answered, so this host reaches its resolver. The resolver does not get an answer for ${shown(finding.target)}: look in its log for the forwarder or the name servers of this zone, and allow it to reach them on port 53 over UDP and TCP.`,
    commands: askAll,
    example: {
      target: '192.0.2.53:53',
      evidence: { timeoutMs: 5000, resolvers: ['192.0.2.53:53'], names: ['crl.globalsign.com'] },
    },
    seeAlso: ['dns-failure', 'connect-timeout'],
    sources: [...sources, 'RFC 7766 (DNS over TCP)'],
  },
  'dns-sinkhole': {
    title: 'Host name led astray by a DNS filter',
    owner: 'network',
    severity: 'critical',
    meaning:
      "The name resolves to an address that no public server can have, such as 0.0.0.0, 127.0.0.1 or one of the filter's own.",
    consequence: hostLost,
    summary: (finding) =>
      `${shown(finding.target)} resolves to an address that is not public${inBrackets(addressesOf(finding))}`,
    remedy: (finding) =>
      `A DNS filter or a hosts file answers for ${shown(finding.target)} with a dead end. Exempt the name in the DNS filter, and look for it in this host's hosts file (/etc/hosts, or System32\\drivers\\etc\\hosts on Windows). Then clear the DNS cache.`,
    commands: onPlatforms({
      posix: (finding, platform) => ['cat /etc/hosts', ...posix.lookUp(nameOf(finding), platform)],
      powershell: (finding) => [
        'Get-Content $env:SystemRoot\\System32\\drivers\\etc\\hosts',
        ...powershell.lookUp(nameOf(finding)),
        'Clear-DnsClientCache',
      ],
    }),
    example: { target: 'crl.globalsign.com', evidence: { addresses: ['0.0.0.0'] } },
    seeAlso: ['dns-not-found', 'block-page'],
    sources: [...sources, 'RFC 6890 (special-purpose addresses)'],
  },
};
