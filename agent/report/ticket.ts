/** The ticket for the network team: what its members need to find the rule, the box or the record. */

import { harmless } from './harmless.ts';
import type { Report } from './report.ts';
import { listing, sayOnce } from './say-once.ts';
import {
  namesAsked,
  otherFacts,
  proxyAddresses,
  sourceAddresses,
  triedAddresses,
} from './ticket-evidence.ts';
import {
  type DestinationGaps,
  type SomeGaps,
  type TicketEntry,
  commandsAt,
  destinationText,
  gapsBy,
  hostsOf,
  requestsAt,
  ticketEntries,
} from './ticket-group.ts';
import { pathWordsAt } from './ticket-words.ts';
import { change, plural, utc } from './words.ts';
import { wrap } from './wrap.ts';

type Row = readonly [label: string, lines: readonly string[]];

const unique = (lines: readonly string[]): readonly string[] => [
  ...new Set(lines.filter((line) => line !== '')),
];

const isUrl = (text: string): boolean => /^https?:/.test(text);

const addressesOf = (...sources: Parameters<typeof triedAddresses>): readonly string[] =>
  triedAddresses(...sources).map(({ address, outcome }) =>
    outcome === undefined ? address : `${address} (${outcome})`,
  );

/** What gaps of one code tell of their destinations. */
const faultRows = (gaps: SomeGaps, mail: boolean): readonly Row[] => {
  const [{ code }] = gaps;
  const { conversation, sent, cameBack } = pathWordsAt(code, mail);
  const details = gaps.map((gap) => {
    const facts = otherFacts(gap);
    return facts !== '' && isUrl(gap.target) ? `${harmless(gap.target)} ${facts}` : facts;
  });
  const isQuery = conversation === 'name';
  return [
    ['Names', isQuery ? unique(gaps.flatMap(namesAsked)) : []],
    ['Sent', [sent]],
    ['Came back', [`${cameBack} (${code})`]],
    ['Addresses', isQuery ? addressesOf(gaps, []) : []],
    ['Details', unique(details)],
    ['Please', sayOnce(gaps.map(({ remedy }) => harmless(remedy)))],
  ];
};

/** Each address with its host, where there are several. */
const addressRow = (entry: TicketEntry): Row => {
  const lines = entry.flatMap((part) => {
    const prefix = entry.length === 1 ? '' : `${hostsOf(part).join(', ')} `;
    const { gaps, checks, endpoint, destination } = part;
    const own = addressesOf(gaps, endpoint ? [...checks, endpoint] : checks);
    const isProxy = gaps[0].category === 'proxy' && destination.proxy === undefined;
    return [...own, ...(isProxy ? proxyAddresses(gaps) : [])].map((text) => prefix + text);
  });
  return ['Addresses', lines];
};

const gapsOf = ([first, ...rest]: TicketEntry): SomeGaps => [
  ...first.gaps,
  ...rest.flatMap(({ gaps }) => gaps),
];

/** `NAME (ADDRESS, …)` */
const placeText = (name: string, addresses: readonly string[]): string =>
  addresses.length === 0 ? name : `${name} (${addresses.join(', ')})`;

const rowsOf = (entry: TicketEntry): readonly Row[] => {
  const [{ destination, gaps, mail }] = entry;
  const isQuery = pathWordsAt(gaps[0].code, mail).conversation === 'name';
  return [
    [
      'Proxy',
      destination.proxy === undefined
        ? []
        : [placeText(destination.proxy, proxyAddresses(gapsOf(entry)))],
    ],
    ...(isQuery ? [] : [addressRow(entry)]),
    ...gapsBy(gapsOf(entry), ({ code }) => code).flatMap((same) => faultRows(same, mail)),
  ];
};

const labelWidth = 12;
const labelled = (label: string, index: number, indent: string): string =>
  indent + (index === 0 ? `${label}:` : '').padEnd(labelWidth);

const rowLines = ([label, lines]: Row, columns: number, indent = ''): string[] =>
  lines.flatMap((line, index) => wrap(line, { columns, first: labelled(label, index, indent) }));

const entryLines = (
  entry: TicketEntry,
  number: number,
  { report, columns }: { report: Report; columns: number },
): string[] => {
  const requests = unique(entry.flatMap(requestsAt));
  const commands = unique(entry.flatMap((part) => commandsAt(part, report)));
  return [
    '',
    ...wrap(`${number}. ${destinationText(entry)}`, { columns, rest: '   ' }),
    ...rowsOf(entry).flatMap((row) => rowLines(row, columns, '   ')),
    // URLs and commands stay whole
    ...requests.map((request, index) => labelled('Needed for', index, '   ') + request),
    ...(commands.length > 0 ? ['   Repeat:', ...commands.map((line) => `     ${line}`)] : []),
  ];
};

const introOf = (host: string): string =>
  `The mail server ${host} has to resolve and reach the following, to deliver mail and to check ` +
  `certificates. Plain HTTP is intended: CRLs, OCSP responses and CA certificates carry their own ` +
  `signatures. Addresses behind a CDN change: where the firewall can, allow the names.`;

/** What the subject names: a name that does not resolve, or the host that cannot be used. */
const placesOf = (part: DestinationGaps): readonly string[] => {
  const [{ code }] = part.gaps;
  return pathWordsAt(code, part.mail).conversation === 'name'
    ? part.gaps.flatMap(namesAsked)
    : hostsOf(part);
};

/** One kind of fault by its words; several are counted. */
const subjectOf = (host: string, entries: readonly TicketEntry[]): string => {
  const parts = entries.flat();
  const where = listing(parts.flatMap(placesOf));
  const gaps = parts.flatMap((part) => part.gaps);
  const codes = [...new Set(gaps.map(({ code }) => code))];
  const [only] = codes;
  return only !== undefined && codes.length === 1
    ? `${host} ${pathWordsAt(only, false).headline(where)}`
    : `${host}: ${plural(codes.length, 'network fault')} on the way to ${where}`;
};

/**
 * The ticket, a line each, at most `columns` wide but for URLs and commands; empty where no gap lies on
 * the path. It names the source and the time, and per destination its addresses, port and protocol, what
 * was sent, what came back, and how to repeat it.
 */
export const networkTicket = (report: Report, columns: number): readonly string[] => {
  const entries = ticketEntries(report);
  if (entries.length === 0) return [];
  const host = harmless(report.host.name);
  const changes = report.profiles.map((profile) => change(profile, report.evaluatedAt));
  return [
    ...wrap(`Subject: ${subjectOf(host, entries)}`, { columns, rest: '         ' }),
    '',
    ...wrap(introOf(host), { columns }),
    '',
    ...rowLines(['Source', [placeText(host, sourceAddresses(report))]], columns),
    ...rowLines(['When', [utc(report.startedAt)]], columns),
    ...rowLines(['Change', changes], columns),
    ...entries.flatMap((entry, index) => entryLines(entry, index + 1, { report, columns })),
  ];
};
