/** Microsoft Teams by a Workflows webhook ("when a Teams webhook request is received"), which takes adaptive cards. */

import type { Notice } from '../event.ts';
import { type Format, noSecret } from './receiver.ts';
import { type Tone, wordingOf } from './wording.ts';

const colours: Readonly<Record<Tone, string>> = {
  critical: 'Attention',
  warning: 'Warning',
  good: 'Good',
  plain: 'Default',
};

/** Teams refuses messages of more than 28 KB; only the commands can come near it. */
const longestCommands = 6000;

/** Cards read a part of Markdown, in facts as well; nothing from outside is to make a link of itself. */
const escaped = (text: string): string => text.replace(/[\\`*_{}[\]()#+\-!|<>~]/g, '\\$&');

const textBlock = (text: string, more: object = {}) => ({
  type: 'TextBlock',
  text: escaped(text),
  wrap: true,
  ...more,
});

const cardOf = (notice: Notice) => {
  const { tone, title, summary, facts, remedy, commands } = wordingOf(notice);
  const heading = { size: 'Large', weight: 'Bolder', color: colours[tone], style: 'heading' };
  return {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    msteams: { width: 'Full' },
    fallbackText: `${title}: ${summary}`,
    body: [
      textBlock(title, heading),
      textBlock(summary),
      ...(facts.length > 0
        ? [
            {
              type: 'FactSet',
              facts: facts.map(([name, value]) => ({ title: name, value: escaped(value) })),
            },
          ]
        : []),
      ...(remedy === undefined ? [] : [textBlock(remedy)]),
      ...(commands.length === 0
        ? []
        : [
            {
              // A run of text is shown as it is.
              type: 'RichTextBlock',
              inlines: [
                {
                  type: 'TextRun',
                  text: commands.join('\n').slice(0, longestCommands),
                  fontType: 'Monospace',
                },
              ],
            },
          ]),
    ],
  };
};

export const teams: Format = {
  check: noSecret,
  request: (notice, { url }) => ({
    url,
    headers: {},
    body: JSON.stringify({
      type: 'message',
      attachments: [
        {
          contentType: 'application/vnd.microsoft.card.adaptive',
          contentUrl: null,
          content: cardOf(notice),
        },
      ],
    }),
  }),
};
