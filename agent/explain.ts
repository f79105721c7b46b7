/** What `certready explain [CODE]` says: every gap code in a table, or one of them in full. */

import { gaps } from '../checks/gaps.ts';
import {
  type Finding,
  type GapCategory,
  type GapCode,
  type Platform,
  gapCodesByCategory,
} from '../checks/types.ts';
import { nearest } from './documents/suggest.ts';
import { AgentError } from './errors.ts';
import { categoryOf } from './report/causes.ts';
import { ownerWords } from './report/words.ts';
import { wrap } from './report/wrap.ts';

const columns = 80;

export const categories = Object.keys(gapCodesByCategory) as readonly GapCategory[];
export const codes: readonly GapCode[] = categories.flatMap(
  (category): readonly GapCode[] => gapCodesByCategory[category],
);

/** The finding that a code is explained by. */
export const exampleOf = (code: GapCode): Finding => ({ code, ...gaps[code].example });

/** Who acts, also where that depends on whose certificate or mail service it is. */
export const ownership = (code: GapCode): string => {
  switch (categoryOf(code)) {
    case 'certificate':
      return `${ownerWords.ca}; at a mail host ${ownerWords.peer}`;
    case 'mail-server':
      return gaps[code].example.owner === 'peer'
        ? `${ownerWords.peer}; where it is this host, ${ownerWords.server}`
        : ownerWords.server;
    case 'dns':
    case 'firewall':
    case 'proxy':
    case 'endpoint':
    case 'revocation':
    case 'root-store':
    case 'clock':
      return ownerWords[gaps[code].owner];
  }
};

export const severityWords = (code: GapCode): string => {
  const { severity, severityNote } = gaps[code];
  return severityNote === undefined ? severity : `${severity}; ${severityNote}`;
};

const table = (): string => {
  const width = Math.max(...codes.map(({ length }) => length));
  const rows = categories.flatMap((category) => [
    '',
    `${category}  (${ownerWords[gaps[gapCodesByCategory[category][0]].owner]})`,
    ...gapCodesByCategory[category].map(
      (code: GapCode) => `  ${code.padEnd(width)}  ${gaps[code].title}`,
    ),
  ]);
  const closing =
    'certready explain CODE says what one means, what it does to the mail, and how to close it.';
  return [
    'The gaps that certready knows, by category, and who has to act on them:',
    ...rows,
    '',
    ...wrap(closing, { columns }),
  ].join('\n');
};

const heading = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ['', title, ...lines];

const paragraph = (text: string): readonly string[] => wrap(text, { columns, first: '  ' });
const item = (text: string): readonly string[] => wrap(text, { columns, first: '  - ' });
const indented = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`);

const shells: readonly (readonly [Platform, string])[] = [
  ['linux', 'Commands on Linux'],
  ['darwin', 'Commands on macOS'],
  ['win32', 'Commands on Windows, in PowerShell'],
];

/** macOS only where it differs from Linux. */
const commandSections = (code: GapCode): readonly string[] => {
  const commands = (platform: Platform): readonly string[] =>
    gaps[code].commands(exampleOf(code), platform);
  const onLinux = commands('linux').join('\n');
  return shells.flatMap(([platform, title]) => {
    const lines = commands(platform);
    if (platform === 'darwin' && lines.join('\n') === onLinux) return [];
    return heading(title, indented(lines));
  });
};

const inFull = (code: GapCode): string => {
  const info = gaps[code];
  const finding = exampleOf(code);
  const row = (label: string, text: string): readonly string[] =>
    wrap(text, { columns, first: label.padEnd(10) });
  return [
    `${code}: ${info.title}`,
    '',
    ...row('category', categoryOf(code)),
    ...row('owner', ownership(code)),
    ...row('severity', severityWords(code)),
    ...heading('What is wrong', paragraph(info.meaning)),
    ...heading('What happens to the mail', paragraph(info.consequence)),
    ...heading('An example', paragraph(info.summary(finding))),
    ...heading('What to do, in this example', paragraph(info.remedy(finding))),
    ...commandSections(code),
    ...heading(
      'See also',
      info.seeAlso.flatMap((other) => item(`${other}: ${gaps[other].title}`)),
    ),
    ...heading('Sources', info.sources.flatMap(item)),
  ].join('\n');
};

const isCode = (word: string): word is GapCode => (codes as readonly string[]).includes(word);

/** Codes that may have been meant: of that category, with that part, or spelt like it. */
const nearCodes = (word: string): readonly string[] => {
  const category = categories.find((each) => each === word);
  if (category !== undefined) return gapCodesByCategory[category];
  const alike = word.length < 3 ? [] : codes.filter((code) => code.includes(word));
  const spelt = nearest(word, codes);
  return [...new Set([...(spelt === undefined ? [] : [spelt]), ...alike])].slice(0, 8);
};

/**
 * Text for a terminal of 80 columns, without a final line break. Takes a code, or a gap's id (CODE:TARGET);
 * without one it lists all codes.
 * @throws AgentError `usage`, naming codes that may have been meant
 */
export const explain = (code?: string): string => {
  if (code === undefined) return table();
  const word = code.trim().toLowerCase().replace(/:.*$/s, '');
  if (isCode(word)) return inFull(word);
  const near = nearCodes(word);
  const hint =
    near.length === 0 ? 'certready explain lists them all' : `did you mean ${near.join(', ')}?`;
  throw new AgentError('usage', `there is no gap code "${code.slice(0, 60)}"; ${hint}`);
};
