/** The pages of docs/gaps, made of the words in checks/words: one a code, and an index. */

import { categories, codes, exampleOf, ownership, severityWords } from '../agent/explain.ts';
import { categoryOf } from '../agent/report/causes.ts';
import { ownerWords } from '../agent/report/words.ts';
import { gaps } from '../checks/gaps.ts';
import { type GapCode, type Platform, gapCodesByCategory, gapId } from '../checks/types.ts';

const notice = '<!-- Made by `npm run docs` from checks/words; changes belong there. -->';

/** Prose as Markdown shows it: what would be markup stands for itself. */
const prose = (text: string): string => text.replace(/[\\`*<>[\]|]/g, '\\$&');

const commandBlock = (code: GapCode, platform: Platform, language: string): readonly string[] => {
  const lines = gaps[code].commands(exampleOf(code), platform);
  return lines.length === 0
    ? ['None: this gap does not arise here.']
    : [`\`\`\`${language}`, ...lines, '```'];
};

const codePage = (code: GapCode): string => {
  const info = gaps[code];
  const finding = exampleOf(code);
  return [
    notice,
    '',
    `# ${prose(info.title)}`,
    '',
    '| code | category | owner | severity |',
    '| --- | --- | --- | --- |',
    `| \`${code}\` | ${categoryOf(code)} | ${prose(ownership(code))} | ${prose(severityWords(code))} |`,
    '',
    '## What is wrong',
    '',
    prose(info.meaning),
    '',
    '## What certready saw',
    '',
    `For example, as the gap \`${gapId(finding)}\`:`,
    '',
    `> ${prose(info.summary(finding))}`,
    '',
    'with this evidence:',
    '',
    '```json',
    JSON.stringify(finding.evidence, null, 2),
    '```',
    '',
    '## What happens to the mail',
    '',
    prose(info.consequence),
    '',
    '## What to do',
    '',
    'In this example:',
    '',
    prose(info.remedy(finding)),
    '',
    '## Commands on Linux',
    '',
    ...commandBlock(code, 'linux', 'sh'),
    '',
    '## Commands on Windows',
    '',
    ...commandBlock(code, 'win32', 'powershell'),
    '',
    '## Related',
    '',
    ...info.seeAlso.map((other) => `- [\`${other}\`](${other}.md): ${prose(gaps[other].title)}`),
    '',
    '## Sources',
    '',
    ...info.sources.map((source) => `- ${prose(source)}`),
    '',
  ].join('\n');
};

const indexPage = (): string =>
  [
    notice,
    '',
    '# Gaps',
    '',
    'A gap is a root cause that keeps this host from surviving a change of certificate authority. Its id is',
    '`CODE:TARGET`, the same from run to run. `certready explain CODE` shows these pages in a terminal.',
    '',
    'A gap is a warning instead of critical, whatever its page says, when its owner is the CA or the mail',
    "host's operator and the profile is retired: it names a successor, and one of its own authorities has ended.",
    '',
    ...categories.flatMap((category) => {
      const all: readonly GapCode[] = gapCodesByCategory[category];
      const [first] = gapCodesByCategory[category];
      return [
        `## ${category}`,
        '',
        `Acts on it: ${ownerWords[gaps[first].owner]}${category === 'certificate' || category === 'mail-server' ? `, or ${ownerWords.peer}` : ''}.`,
        '',
        '| code | what it is | severity |',
        '| --- | --- | --- |',
        ...all.map(
          (code) =>
            `| [\`${code}\`](${code}.md) | ${prose(gaps[code].title)} | ${gaps[code].severity} |`,
        ),
        '',
      ];
    }),
  ].join('\n');

/** Every page's text by its file name. */
export const gapPages = (): ReadonlyMap<string, string> =>
  new Map([
    ['README.md', indexPage()],
    ...codes.map((code): [string, string] => [`${code}.md`, codePage(code)]),
  ]);
