/** The ticket for the network team: what its members need to find the rule, the box or the record. */

import { harmless } from './harmless.ts';
import type { Report } from './report.ts';
import { namesAsked, otherFacts, sourceAddress, triedAddresses } from './ticket-evidence.ts';
import {
  type DestinationGaps,
  type SomeGaps,
  commandsAt,
  destinationText,
  gapsBy,
  gapsByDestination,
  requestsAt,
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

/** What gaps of one code tell of a destination. */
const faultRows = (gaps: SomeGaps, { mail }: DestinationGaps): readonly Row[] => {
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
    ['Please', unique(gaps.map(({ remedy }) => harmless(remedy)))],
  ];
};

const rowsOf = (entry: DestinationGaps): readonly Row[] => {
  const { destination, gaps, checks } = entry;
  const { conversation } = pathWordsAt(gaps[0].code, entry.mail);
  return [
    ['Proxy', destination.proxy === undefined ? [] : [destination.proxy]],
    ['Addresses', conversation === 'name' ? [] : addressesOf(gaps, checks)],
    ...gapsBy(gaps, ({ code }) => code).flatMap((same) => faultRows(same, entry)),
  ];
};

const labelWidth = 12;
const labelled = (label: string, index: number, indent: string): string =>
  indent + (index === 0 ? `${label}:` : '').padEnd(labelWidth);

const rowLines = ([label, lines]: Row, columns: number, indent = ''): string[] =>
  lines.flatMap((line, index) => wrap(line, { columns, first: labelled(label, index, indent) }));

const entryLines = (
  entry: DestinationGaps,
  number: number,
  { report, columns }: { report: Report; columns: number },
): string[] => {
  const requests = requestsAt(entry);
  const commands = commandsAt(entry, report);
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
  `The mail server ${host} has to reach the following, to deliver mail and to check certificates. ` +
  `Plain HTTP is intended: CRLs, OCSP responses and CA certificates carry their own signatures. ` +
  `Addresses behind a CDN change: where the firewall can, allow the names.`;

/**
 * The ticket, a line each, at most `columns` wide but for URLs and commands; empty where no gap lies on
 * the path. It names the source and the time, and per destination its addresses, port and protocol, what
 * was sent, what came back, and how to repeat it.
 */
export const networkTicket = (report: Report, columns: number): readonly string[] => {
  const entries = gapsByDestination(report);
  const [first] = entries;
  if (first === undefined) return [];
  const host = harmless(report.host.name);
  const address = sourceAddress(report);
  const where =
    entries.length === 1 ? destinationText(first) : plural(entries.length, 'destination');
  const changes = report.profiles.map((profile) => change(profile, report.evaluatedAt));
  return [
    ...wrap(`Subject: ${host} cannot reach ${where}`, { columns, rest: '         ' }),
    '',
    ...wrap(introOf(host), { columns }),
    '',
    ...rowLines(['Source', [address === undefined ? host : `${host} (${address})`]], columns),
    ...rowLines(['When', [utc(report.startedAt)]], columns),
    ...rowLines(['Change', changes], columns),
    ...entries.flatMap((entry, index) => entryLines(entry, index + 1, { report, columns })),
  ];
};
