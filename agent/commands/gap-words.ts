/** What certready says of a gap code, as text for a terminal. */

import { gaps } from '../../checks/gaps.ts';
import {
  type Finding,
  type GapCategory,
  type GapCode,
  type Platform,
  gapCodesByCategory,
} from '../../checks/types.ts';
import { ownerWords } from '../report/words.ts';
import { clampColumns, wrap } from '../report/wrap.ts';

const categories = Object.keys(gapCodesByCategory) as readonly GapCategory[];
const categoryOf = (code: GapCode): GapCategory | undefined =>
  categories.find((category) => (gapCodesByCategory[category] as readonly string[]).includes(code));

export const gapCodes: readonly GapCode[] = categories.flatMap(
  (category) => gapCodesByCategory[category],
);

export const isGapCode = (code: string): code is GapCode =>
  (gapCodes as readonly string[]).includes(code);

/** Every code with its title, by category; the code stands first in its row. */
export const listGaps = (columns: number): string => {
  const width = Math.max(...gapCodes.map((code) => code.length));
  const rows = categories.flatMap((category) => [
    `# ${category}`,
    ...gapCodesByCategory[category].flatMap((code) =>
      wrap(gaps[code].title, {
        columns: clampColumns(columns),
        first: `${code.padEnd(width)}  `,
      }),
    ),
    '',
  ]);
  return `${rows.join('\n').trimEnd()}\n`;
};

export interface ExplainOptions {
  readonly columns: number;
  readonly platform: Platform;
}

/** What a code means, by the words' own example of an occurrence. */
export const explainGap = (code: GapCode, { columns, platform }: ExplainOptions): string => {
  const info = gaps[code];
  const finding: Finding = { code, ...info.example };
  const width = clampColumns(columns);
  const paragraph = (label: string, text: string): readonly string[] =>
    wrap(text, { columns: width, first: label.padEnd(13) });
  const commands = info.commands(finding, platform);
  const lines = [
    `${code}: ${info.title}`,
    '',
    ...paragraph('category', categoryOf(code) ?? ''),
    ...paragraph('owner', ownerWords[finding.owner ?? info.owner]),
    ...paragraph('severity', finding.severity ?? info.severity),
    ...paragraph('meaning', info.meaning),
    ...paragraph('consequence', info.consequence),
    ...paragraph('example', info.summary(finding)),
    ...paragraph('remedy', info.remedy(finding)),
    ...(commands.length > 0
      ? ['', 'commands, for the example:', ...commands.map((command) => `  ${command}`)]
      : []),
    '',
    ...(info.seeAlso.length > 0 ? paragraph('see also', info.seeAlso.join(', ')) : []),
    ...(info.sources.length > 0 ? paragraph('sources', info.sources.join('; ')) : []),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
};
