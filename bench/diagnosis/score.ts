/** What a tool's answer is worth, and the table of all. */

import { namesCause } from './words.ts';
import type { Verdict } from './tool.ts';

/** `named` and `noticed` where there is a fault, `quiet` and `false alarm` where there is none. */
export type Score = 'named' | 'noticed' | 'missed' | 'quiet' | 'false alarm' | 'not asked';

export interface Result {
  readonly layer: string;
  readonly fault: string;
  /** Gaps as CODE:TARGET, `:warning` after it where they are no critical ones. */
  readonly expected: readonly string[];
  /** By the name of the tool. */
  readonly tools: Readonly<Record<string, { readonly score: Score; readonly ms?: number }>>;
  /** certready took longer than the time-out of a request and one second. */
  readonly isLate: boolean;
}

/** certready names every cause in time, and raises no false alarm. */
export const meetsGoal = ({ tools, isLate }: Result): boolean =>
  !isLate && ['named', 'quiet'].includes(tools['certready']?.score ?? '');

const codeOf = (gap: string): string => gap.split(':', 1)[0] ?? '';

/** Whether all causes are named, and no other by a tool that states causes. */
const namesAll = ({ said, causes }: Verdict, expected: readonly string[]): boolean =>
  causes
    ? JSON.stringify([...causes].sort()) === JSON.stringify([...expected].sort())
    : expected.every((gap) => namesCause(said, codeOf(gap)));

export const scoreOf = (verdict: Verdict | undefined, expected: readonly string[]): Score => {
  if (!verdict) return 'not asked';
  if (expected.length === 0) return verdict.noticed ? 'false alarm' : 'quiet';
  if (!verdict.noticed) return 'missed';
  return namesAll(verdict, expected) ? 'named' : 'noticed';
};

const cell = ({ score, ms }: { score: Score; ms?: number }): string => {
  if (score === 'not asked') return '–';
  const isBold = score === 'named' || score === 'false alarm';
  const seconds = ms === undefined ? '' : ` ${(ms / 1000).toFixed(1)}`;
  return `${isBold ? `**${score}**` : score}${seconds}`;
};

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

const faultTable = (results: readonly Result[], tools: readonly string[]): string[] => [
  row(['fault', 'cause', ...tools]),
  row(['---', '---', ...tools.map(() => '---')]),
  ...results.map(({ fault, expected, tools: scores }) =>
    row([
      fault,
      [...new Set(expected.map((gap) => `\`${codeOf(gap)}\``))].join(', ') || 'none',
      ...tools.map((tool) => cell(scores[tool] ?? { score: 'not asked' })),
    ]),
  ),
];

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;

const totals = (results: readonly Result[], tools: readonly string[]): string[] => {
  const faulty = results.filter(({ expected }) => expected.length > 0);
  const healthy = results.filter(({ expected }) => expected.length === 0);
  const line = (tool: string): string => {
    const count = (some: readonly Result[], ...scores: Score[]): number =>
      some.filter(({ tools: { [tool]: one } }) => one && scores.includes(one.score)).length;
    const of = (some: readonly Result[]): number => some.length - count(some, 'not asked');
    const times = faulty.flatMap(({ tools: { [tool]: one } }) => one?.ms ?? []);
    return row([
      tool,
      `${count(faulty, 'named', 'noticed')} of ${of(faulty)}`,
      `${count(faulty, 'named')} of ${of(faulty)}`,
      `${count(healthy, 'false alarm')} of ${of(healthy)}`,
      `${(median(times) / 1000).toFixed(1)} s`,
      `${(Math.max(...times) / 1000).toFixed(1)} s`,
    ]);
  };
  return [
    row(['tool', 'noticed', 'named', 'false alarms', 'median time', 'longest']),
    row(['---', '---:', '---:', '---:', '---:', '---:']),
    ...tools.map(line),
  ];
};

/** Markdown: the totals, then a table of each layer. */
export const report = (results: readonly Result[], tools: readonly string[]): string => {
  const layers = [...new Set(results.map(({ layer }) => layer))];
  return [
    ...totals(results, tools),
    ...layers.flatMap((layer) => [
      '',
      `## ${layer}`,
      '',
      ...faultTable(
        results.filter((result) => result.layer === layer),
        tools,
      ),
    ]),
    '',
  ].join('\n');
};
