/** An allow-list as CSV (RFC 4180) for spreadsheets and firewall imports: a row per name, port and address. */

import { isIP } from 'node:net';
import { changingAddresses } from './notes.ts';
import type { AllowList, AllowListEntry } from './schema.ts';

const header = [
  'name',
  'port',
  'protocol',
  'service',
  'address',
  'purposes',
  'source',
  'resolved_at',
  'note',
];

/** Quoted where it must be; what a spreadsheet would take for a formula is marked as text. */
const field = (value: string | number): string => {
  const text = String(value);
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
};

const noteOn = ({ name, proxy, problem }: AllowListEntry): string => {
  if (proxy !== undefined) return `resolved and reached by the proxy ${proxy}`;
  if (problem) return `${problem.summary} (${problem.code})`;
  return isIP(name) === 0 ? changingAddresses : '';
};

const rowsOf = (entry: AllowListEntry, { host, resolvedAt }: AllowList): (string | number)[][] => {
  const { name, port, protocol, service, addresses, purposes, proxy } = entry;
  const shown = addresses.length > 0 ? addresses : [''];
  return shown.map((address) => [
    name,
    port,
    protocol,
    service,
    address,
    purposes.join(' '),
    proxy ?? host.name,
    resolvedAt,
    noteOn(entry),
  ]);
};

/** Lines end in CRLF. A name without addresses has one row with an empty address, whose note says why. */
export const allowListCsv = (list: AllowList): string =>
  [header, ...list.entries.flatMap((entry) => rowsOf(entry, list))]
    .map((row) => `${row.map(field).join(',')}\r\n`)
    .join('');
