/** Slack's incoming webhooks: blocks, with plain text for whatever came from outside. */

import type { Notice } from '../event.ts';
import { type Format, noSecret } from './receiver.ts';
import { type Tone, wordingOf } from './wording.ts';

const marks: Readonly<Record<Tone, string>> = {
  critical: '🔴',
  warning: '🟡',
  good: '🟢',
  plain: '⚪',
};

/** Slack's own limits on a header and on a section's text. */
const longestHeader = 150;
const longestText = 3000;

const cut = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1)}…`;

/** The three characters that Slack reads as markup everywhere. */
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const plain = (text: string, length = longestText) => ({
  type: 'plain_text',
  text: cut(text, length),
  emoji: false,
});

const section = (text: string) => ({ type: 'section', text: plain(text) });

/** Preformatted text is not read as markup, whatever stands in it. */
const code = (lines: readonly string[]) => ({
  type: 'rich_text',
  elements: [
    {
      type: 'rich_text_preformatted',
      elements: [{ type: 'text', text: cut(lines.join('\n'), longestText) }],
    },
  ],
});

const slackBody = (notice: Notice): string => {
  const { tone, title, summary, facts, remedy, commands } = wordingOf(notice);
  const headline = `${marks[tone]} ${title}`;
  const blocks = [
    { type: 'header', text: { ...plain(headline, longestHeader), emoji: true } },
    section(summary),
    ...(facts.length > 0
      ? [
          {
            type: 'section',
            fields: facts.map(([name, value]) => plain(`${name}: ${value}`, 2000)),
          },
        ]
      : []),
    ...(remedy === undefined ? [] : [section(remedy)]),
    ...(commands.length === 0 ? [] : [code(commands)]),
  ];
  // The text is what notifications show.
  return JSON.stringify({ text: escaped(cut(`${headline}: ${summary}`, longestText)), blocks });
};

export const slack: Format = {
  check: noSecret,
  request: (notice, { url }) => ({ url, headers: {}, body: slackBody(notice) }),
};
