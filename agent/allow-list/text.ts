/** An allow-list for people: a paragraph per destination. */

import { harmless } from '../report/harmless.ts';
import { utc } from '../report/words.ts';
import { clampColumns, wrap } from '../report/wrap.ts';
import type { AllowList, AllowListEntry, Purpose } from './schema.ts';

const purposeWords: Readonly<Record<Purpose, string>> = {
  proxy: 'the way to the rest',
  endpoint: 'named by the profile',
  crl: 'certificate revocation lists',
  ocsp: 'revocation by OCSP',
  aia: 'certificates of CAs',
  'root-update': "Windows' automatic root update",
  smtp: 'mail',
};

const serviceWords: Readonly<Record<AllowListEntry['service'], string>> = {
  http: 'HTTP',
  https: 'HTTPS',
  smtp: 'SMTP',
  'http-proxy': 'HTTP proxy',
};

const addressesOf = ({ addresses, problem, proxy }: AllowListEntry): string => {
  if (proxy !== undefined) return 'resolved by the proxy';
  return problem ? `unknown: ${harmless(problem.summary)} (${problem.code})` : addresses.join(', ');
};

const labelWidth = 9;

const entryLines = (entry: AllowListEntry, columns: number): readonly string[] => {
  const { name, port, protocol, service, purposes } = entry;
  const row = (label: string, text: string): readonly string[] =>
    wrap(text, { columns, first: `  ${label.padEnd(labelWidth)}` });
  const needed = purposes.map((purpose) => `${purpose} (${purposeWords[purpose]})`).join(', ');
  return [
    '',
    ...wrap(
      `${harmless(name)}, ${protocol.toUpperCase()} port ${port} (${serviceWords[service]})`,
      { columns, rest: '  ' },
    ),
    ...row('For', needed),
    ...row('Now at', addressesOf(entry)),
  ];
};

/** Destinations by who connects to them: this host, and the proxies that do it in its stead. */
const sections = ({ entries, host }: AllowList): ReadonlyMap<string, readonly AllowListEntry[]> => {
  const own = host.addresses.length === 0 ? '' : ` (${host.addresses.join(', ')})`;
  const bySource = new Map<string, AllowListEntry[]>();
  for (const entry of entries) {
    const { proxy } = entry;
    const source =
      proxy === undefined
        ? `From ${harmless(host.name)}${own}:`
        : `From the proxy ${harmless(proxy)}, not from ${harmless(host.name)}:`;
    bySource.set(source, [...(bySource.get(source) ?? []), entry]);
  }
  return bySource;
};

/** At most `columns` wide, between 40 and 120. */
export const allowListText = (list: AllowList, terminalColumns: number): string => {
  const columns = clampColumns(terminalColumns);
  const { profile, resolvedAt, notes } = list;
  const lines = [
    ...wrap(`To allow for ${profile.id}: ${harmless(profile.title)}`, { columns, rest: '  ' }),
    `Addresses as of ${utc(resolvedAt)}`,
    ...[...sections(list)].flatMap(([source, entries]) => [
      '',
      ...wrap(source, { columns, rest: '  ' }),
      ...entries.flatMap((entry) => entryLines(entry, columns)),
    ]),
    '',
    'Notes:',
    ...notes.flatMap((note) => wrap(harmless(note), { columns, first: '  - ' })),
  ];
  return `${lines.join('\n')}\n`;
};
