/** The report for a terminal: the verdict, the gaps with what to do, the rest a line each, the ticket. */

import { gaps as gapWords } from '../../checks/gaps.ts';
import { type Paint, paintFor, severityTones, verdictTones } from './colour.ts';
import { harmless, visible } from './harmless.ts';
import type { RenderOptions } from './render.ts';
import type { CheckResult, Gap, Report } from './report.ts';
import { networkTicket } from './ticket.ts';
import {
  bySeverity,
  change,
  checkCounts,
  duration,
  gapChecks,
  gapCounts,
  judgedAt,
  ownerWords,
  sentence,
  standing,
  successors,
  undecidedCount,
  utc,
  verdictWords,
} from './words.ts';
import { clampColumns, wrap } from './wrap.ts';

interface Page {
  readonly columns: number;
  readonly paint: Paint;
}

const longestSummary = 500;
const longestId = 400;
/** Tickets travel by mail. */
const ticketColumns = 72;

/** A label in the margin and a paragraph beside it. */
const row = (label: string, text: string, { columns }: Page): string[] =>
  wrap(text, { columns, first: `  ${label.padEnd(8)}` });

const rows = (label: string, texts: readonly string[], page: Page): string[] =>
  texts.flatMap((text, index) => row(index === 0 ? label : '', text, page));

const checkName = ({ kind, target }: CheckResult): string => `${kind} ${harmless(target)}`;

const verdictSection = (report: Report, page: Page): string[] => {
  const { columns, paint } = page;
  const label = verdictWords[report.verdict];
  const [head = '', ...more] = wrap(sentence(report), { columns, first: `${label}  ` });
  const several = report.profiles.length > 1 ? report.profiles : [];
  const counts = gapCounts(report);
  const undecided = undecidedCount(report);
  const asOf = judgedAt(report);
  return [
    paint(verdictTones[report.verdict], label) + head.slice(label.length),
    ...more,
    ...several.flatMap((profile) => {
      const own = verdictWords[profile.verdict];
      const [first = '', ...rest] = wrap(change(profile, report.evaluatedAt), {
        columns,
        first: `  ${own.padEnd(9)}  `,
      });
      return [
        `  ${paint(verdictTones[profile.verdict], own)}${first.slice(2 + own.length)}`,
        ...rest,
      ];
    }),
    ...(counts === '' ? [] : wrap(`To close: ${counts}.`, { columns })),
    ...(undecided === '' ? [] : [`${undecided}.`]),
    ...(asOf === undefined ? [] : wrap(`Judged as of ${asOf}, not as of the run.`, { columns })),
    ...successors(report).flatMap(({ text, command }) => [
      ...wrap(text, { columns }),
      ...(command === undefined ? [] : [`    ${command}`]),
    ]),
  ];
};

/** A consequence is told once; gaps that share it refer to the first. */
const consequenceOf = (gap: Gap, gaps: readonly Gap[]): string => {
  const { consequence } = gapWords[gap.code];
  const first = gaps.find(({ code }) => gapWords[code].consequence === consequence) ?? gap;
  return harmless(first === gap ? consequence : `the same as for ${first.id}`);
};

const gapSection = (gap: Gap, report: Report, page: Page): string[] => {
  const { title } = gapWords[gap.code];
  const { fails, blocks } = gapChecks(gap, report);
  const label = gap.severity.toUpperCase();
  const [head = '', ...more] = wrap(harmless(title), { ...page, first: `${label}  ` });
  return [
    `${page.paint(severityTones[gap.severity], label)}  ${page.paint('heading', head.slice(label.length + 2))}`,
    ...more.map((line) => page.paint('heading', line)),
    `  ${'Gap'.padEnd(8)}${harmless(gap.id, longestId)}`, // whole, so that it can be searched for
    ...row('Owner', ownerWords[gap.owner], page),
    ...row('Found', harmless(gap.summary, longestSummary), page),
    ...row('Mail', consequenceOf(gap, bySeverity(report)), page),
    ...row('Fix', harmless(gap.remedy), page),
    ...(gap.commands.length > 0
      ? ['  Run', ...gap.commands.map((command) => `    ${visible(command)}`)]
      : []),
    ...rows('Fails', fails.map(checkName), page),
    ...rows('Blocks', blocks.map(checkName), page),
  ];
};

const heading = (text: string, count: number, { paint }: Page): string =>
  paint('heading', `${text} (${count})`);

const reasonSection = (text: string, checks: readonly CheckResult[], page: Page): string[] =>
  checks.length === 0
    ? []
    : [
        heading(text, checks.length, page),
        ...checks.flatMap((check) => [
          ...wrap(checkName(check), { ...page, first: '  ', rest: '    ' }),
          ...wrap(harmless(check.summary, longestSummary), { ...page, first: '      ' }),
        ]),
      ];

const passedSection = (checks: readonly CheckResult[], page: Page): string[] =>
  checks.length === 0
    ? []
    : [
        heading('Passed', checks.length, page),
        ...checks.flatMap((check) =>
          wrap(checkName(check), { ...page, first: `${duration(check.durationMs).padStart(9)}  ` }),
        ),
      ];

const notesSection = ({ profiles }: Report, page: Page): string[] => {
  const notes = [...new Set(profiles.flatMap((profile) => profile.notes ?? []))];
  return notes.length === 0
    ? []
    : [
        page.paint('heading', 'Notes'),
        ...notes.flatMap((note) => wrap(harmless(note), { ...page, first: '  - ' })),
      ];
};

const closing = (report: Report, { columns }: Page): string[] =>
  wrap(`${checkCounts(report)}; ${duration(report.durationMs)}; as of ${utc(report.evaluatedAt)}`, {
    columns,
  });

const ticketSection = (report: Report, page: Page): string[] => {
  const lines = networkTicket(report, Math.min(page.columns, ticketColumns));
  if (lines.length === 0) return [];
  const rule = '-'.repeat(Math.min(page.columns, ticketColumns));
  return [rule, page.paint('heading', 'TICKET FOR THE NETWORK TEAM'), '', ...lines, rule];
};

export const renderText = (report: Report, { columns, color }: RenderOptions): string => {
  const page: Page = { columns: clampColumns(columns), paint: paintFor(color) };
  const { passed, skipped, undecided } = standing(report);
  const sections = [
    verdictSection(report, page),
    ...bySeverity(report).map((gap) => gapSection(gap, report, page)),
    reasonSection('Could not be judged', undecided, page),
    reasonSection('Skipped', skipped, page),
    passedSection(passed, page),
    notesSection(report, page),
    closing(report, page),
    ticketSection(report, page),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
};
