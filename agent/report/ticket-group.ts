/** The gaps on the path by destination: one entry of the ticket each, however many gaps lie on the way. */

import { mailPorts } from '../../checks/net/proxy.ts';
import { hostPortText } from '../../checks/words/evidence.ts';
import type { HostPort } from '../../checks/types.ts';
import { harmless, visible } from './harmless.ts';
import type { CheckResult, Report } from './report.ts';
import {
  type Destination,
  destinationOfGap,
  namesAsked,
  triedAddresses,
} from './ticket-evidence.ts';
import { repeatQuery, repeatRequest } from './ticket-repeat.ts';
import { type PathGap, isPathGap, pathWords, pathWordsAt } from './ticket-words.ts';

export type SomeGaps = readonly [PathGap, ...PathGap[]];

export interface DestinationGaps {
  readonly destination: Destination;
  readonly gaps: SomeGaps;
  /** The checks that they fail or block. */
  readonly checks: readonly CheckResult[];
  /** The check of the destination's addresses, also where it passed. */
  readonly endpoint?: CheckResult;
  /** SMTP is spoken there. */
  readonly mail: boolean;
}

/** Gaps with equal keys together, in the order of their first ones. */
export const gapsBy = (
  gaps: readonly PathGap[],
  keyOf: (gap: PathGap) => string,
): readonly SomeGaps[] => {
  const byKey = new Map<string, [PathGap, ...PathGap[]]>();
  for (const gap of gaps) {
    const known = byKey.get(keyOf(gap));
    if (known) known.push(gap);
    else byKey.set(keyOf(gap), [gap]);
  }
  return [...byKey.values()];
};

export const gapsByDestination = (report: Report): readonly DestinationGaps[] => {
  const keyOf = (gap: PathGap): string => {
    const { place, proxy } = destinationOfGap(gap);
    return JSON.stringify([pathWords(gap.code).conversation === 'name', place, proxy ?? null]);
  };
  return gapsBy(report.gaps.filter(isPathGap), keyOf).map((gaps) => {
    const destination = destinationOfGap(gaps[0]);
    const ids = new Set(gaps.flatMap(({ checks }) => checks));
    const checks = report.checks.filter(({ id }) => ids.has(id));
    const mail =
      checks.some(({ kind }) => kind === 'smtp') ||
      destination.hostPorts.some(({ port }) => mailPorts.has(port));
    const endpoint = report.checks.find(
      ({ kind, target }) => kind === 'endpoint' && harmless(target) === destination.place,
    );
    return { destination, gaps, checks, mail, ...(endpoint && { endpoint }) };
  });
};

/** Destinations that the same faults lie before: one entry of the ticket. */
export type TicketEntry = readonly [DestinationGaps, ...DestinationGaps[]];

const protocolOf = ({ port }: HostPort, { gaps, destination, mail }: DestinationGaps): string => {
  if (gaps[0].category === 'proxy' && destination.proxy === undefined) return 'HTTP proxy';
  if (mail) return 'SMTP';
  return port === 443 ? 'HTTPS' : 'HTTP';
};

const isNameFault = ({ gaps: [{ code }] }: DestinationGaps): boolean =>
  pathWords(code).conversation === 'name';

/** Destinations with the same faults at the same port together; a resolver is one by itself. */
export const ticketEntries = (report: Report): readonly TicketEntry[] => {
  const byKey = new Map<string, [DestinationGaps, ...DestinationGaps[]]>();
  for (const part of gapsByDestination(report)) {
    const { destination, gaps } = part;
    const [first] = destination.hostPorts;
    const codes = [...new Set(gaps.map(({ code }) => code))].sort();
    const place = isNameFault(part) || !first ? destination.place : protocolOf(first, part);
    const key = JSON.stringify([codes, place, first?.port ?? null, destination.proxy ?? null]);
    const known = byKey.get(key);
    if (known) known.push(part);
    else byKey.set(key, [part]);
  }
  return [...byKey.values()];
};

/** The host, or the resolvers, by name. */
export const hostsOf = ({ destination }: DestinationGaps): readonly string[] =>
  destination.hostPorts.map(({ host }) => harmless(host));

/** E.g. `crl.globalsign.com, TCP port 80 (HTTP)`. */
export const destinationText = (entry: TicketEntry): string => {
  const [part] = entry;
  const [first] = part.destination.hostPorts;
  const hosts = entry.flatMap(hostsOf).join(', ');
  if (isNameFault(part))
    return first === undefined
      ? 'DNS, at the resolver of this host'
      : `DNS resolver ${hosts}, UDP and TCP port ${first.port} (DNS)`;
  if (first === undefined) return part.destination.place;
  return `${hosts}, TCP port ${first.port} (${protocolOf(first, part)})`;
};

const isUrl = (text: string): boolean => /^https?:\/\//.test(text);

/** What the checks ask for there; of a resolver or a proxy, everything that it keeps from being asked. */
export const requestsAt = (part: DestinationGaps): readonly string[] => {
  const { checks, destination, gaps } = part;
  const isBetween = isNameFault(part) || pathWords(gaps[0].code).conversation === 'proxy';
  const hosts = destination.hostPorts.map(({ host }) => host);
  const isThere = (url: string): boolean =>
    URL.canParse(url) && hosts.includes(new URL(url).hostname.replace(/^\[|\]$/g, ''));
  const lines = checks
    .filter(({ target }) => isUrl(target) && (isBetween || isThere(target)))
    .map(({ kind, target, evidence: { method } }) => {
      const usual = kind === 'ocsp' ? 'POST' : 'GET';
      const verb = method === 'GET' || method === 'POST' ? method : usual;
      return `${verb} ${harmless(target)}`;
    });
  return [...new Set(lines)];
};

/** Repeats what one gap showed. */
const commandsFor = (gap: PathGap, part: DestinationGaps, report: Report): readonly string[] => {
  const { platform } = report.host;
  const { destination, checks, mail } = part;
  const [hostPort] = destination.hostPorts;
  const { conversation } = pathWordsAt(gap.code, mail);
  if (conversation === 'name') {
    const resolvers = destination.hostPorts.map(({ host }) => host);
    return namesAsked(gap).flatMap((name) => repeatQuery(name, { platform, resolvers }));
  }
  if (hostPort === undefined) return [];
  const proxy =
    destination.proxy ?? (conversation === 'proxy' ? hostPortText(hostPort) : undefined);
  const url = [gap.target, ...checks.map(({ target }) => target)].find(isUrl);
  return repeatRequest({
    platform,
    conversation,
    hostPort,
    mail,
    addresses: triedAddresses([gap], checks).map(({ address }) => address),
    ...((gap.code === 'block-page' || gap.code === 'redirected-elsewhere') && { page: true }),
    ...(url !== undefined && { url }),
    ...(proxy !== undefined && { proxy }),
  });
};

/** Commands that repeat it, one line each, harmless. */
export const commandsAt = (part: DestinationGaps, report: Report): readonly string[] => [
  ...new Set(part.gaps.flatMap((gap) => commandsFor(gap, part, report)).map(visible)),
];
