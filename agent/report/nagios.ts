/** The report as a monitoring plugin prints it (Monitoring Plugins Development Guidelines, "Plugin Output"). */

import type { Json } from '../../checks/types.ts';
import { harmless } from './harmless.ts';
import type { CheckResult, Gap, Report, ReportedProfile, Verdict } from './report.ts';
import { bySeverity, gapChecks, ownerWords, plural, standing } from './words.ts';

export const nagiosStates: Record<Verdict, 'OK' | 'WARNING' | 'CRITICAL' | 'UNKNOWN'> = {
  ready: 'OK',
  warning: 'WARNING',
  'not-ready': 'CRITICAL',
  unknown: 'UNKNOWN',
};

const longestLine = 400;
const dayMs = 24 * 60 * 60_000;

/** A pipe would begin performance data, and some web pages show the text as HTML. */
const neutral = (text: string): string =>
  harmless(text, longestLine).replaceAll('|', '/').replaceAll('<', '(').replaceAll('>', ')');

const profileText = ({ id, retired, supersededBy }: ReportedProfile): string =>
  !retired ? id : `${id} (retired${supersededBy === undefined ? '' : `, see ${supersededBy}`})`;

/** What stands in the first line: the gaps that decide, or what could not be judged. */
const reasons = (report: Report): string => {
  const { gaps, checks, verdict } = report;
  const critical = gaps.filter(({ severity }) => severity === 'critical');
  const warnings = gaps.length - critical.length;
  const { undecided, passed } = standing(report);
  const counts = [
    ...(critical.length > 0 ? [plural(critical.length, 'critical gap')] : []),
    ...(warnings > 0 ? [plural(warnings, 'warning')] : []),
    ...(undecided.length > 0 ? [`${plural(undecided.length, 'check')} not judged`] : []),
    ...(passed.length > 0 ? [`${plural(passed.length, 'check')} passed`] : []),
  ];
  if (checks.length === 0) return 'nothing was judged';
  const ids = bySeverity(report).map(({ id }) => id);
  const names = verdict === 'unknown' ? undecided.map(({ id }) => id) : ids;
  const shown = names.slice(0, 3).map((name) => harmless(name, 120));
  if (names.length > shown.length) shown.push(`${names.length - shown.length} more`);
  return counts.join(', ') + (shown.length > 0 ? `: ${shown.join(', ')}` : '');
};

const gapLine = (gap: Gap, report: Report): string => {
  const { blocks } = gapChecks(gap, report);
  const blocked = blocks.length === 0 ? '' : `; blocks ${plural(blocks.length, 'check')}`;
  return neutral(
    `${gap.severity.toUpperCase()} ${gap.code} (${ownerWords[gap.owner]}): ${gap.summary}${blocked}`,
  );
};

/** In quotes; an equals sign or a quote would end a label. */
const label = (text: string): string =>
  `'${neutral(text).replaceAll('=', '_').replaceAll("'", "''")}'`;

const daysUntil = (time: Json | undefined, evaluatedAt: string): string | undefined => {
  if (typeof time !== 'string') return undefined;
  const days = (Date.parse(time) - Date.parse(evaluatedAt)) / dayMs;
  return Number.isFinite(days) ? days.toFixed(2) : undefined;
};

/** Days that a check's evidence stays valid for; negative once it is over. */
const validity = ({ id, evidence }: CheckResult, evaluatedAt: string): string[] =>
  (['nextUpdate', 'notAfter'] as const).flatMap((key) => {
    const days = daysUntil(evidence[key], evaluatedAt);
    return days === undefined ? [] : [`${label(`days to ${key} of ${id}`)}=${days}`];
  });

/** Thresholds say the verdict's own rule: any critical gap is critical, any warning a warning. */
const performanceData = (report: Report): string => {
  const count = (severity: Gap['severity']): number =>
    report.gaps.filter((gap) => gap.severity === severity).length;
  return [
    `'critical gaps'=${count('critical')};;0;0`,
    `'warnings'=${count('warning')};0;;0`,
    `'duration'=${(report.durationMs / 1000).toFixed(3)}s;;;0`,
    ...new Set(report.checks.flatMap((check) => validity(check, report.evaluatedAt))),
  ].join(' ');
};

export const renderNagios = (report: Report): string => {
  const profiles = report.profiles.map(profileText).join(', ');
  const first = neutral(`${report.host.name}: ${reasons(report)} [${profiles}]`);
  const lines = [
    `CERTREADY ${nagiosStates[report.verdict]} - ${first} | ${performanceData(report)}`,
    ...bySeverity(report).map((gap) => gapLine(gap, report)),
    ...standing(report).undecided.map(({ id, summary }) => neutral(`UNKNOWN ${id}: ${summary}`)),
  ];
  return `${lines.join('\n')}\n`;
};
