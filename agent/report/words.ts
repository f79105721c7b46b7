/** The report's own words, the same in every format that people read. */

import type { GapOwner, Severity } from '../../checks/types.ts';
import { harmless } from './harmless.ts';
import type { CheckResult, Gap, Report, ReportedProfile, Verdict } from './report.ts';

export const verdictWords: Record<Verdict, string> = {
  ready: 'READY',
  warning: 'WARNING',
  'not-ready': 'NOT READY',
  unknown: 'UNKNOWN',
};

export const ownerWords: Record<GapOwner, string> = {
  network: 'the network team',
  server: 'this server',
  ca: 'the CA',
  peer: "the mail host's operator",
};

export const plural = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? '' : 's'}`;

/** `2026-11-23 21:00:00 UTC` of an ISO 8601 time; what is no time stays as it is. */
export const utc = (time: string): string => {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return harmless(time);
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
};

export const duration = (ms: number): string => {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
};

const dayMs = 24 * 60 * 60_000;

/** When the change comes, seen from the evaluation time. */
const whenOf = ({ effective }: ReportedProfile, evaluatedAt: string): string => {
  if (effective === undefined) return '';
  const days = Math.ceil((Date.parse(effective) - Date.parse(evaluatedAt)) / dayMs);
  const day = harmless(effective, 40);
  if (Number.isNaN(days)) return ` (${day})`;
  return days <= 0 ? ` (since ${day})` : ` (from ${day}, in ${plural(days, 'day')})`;
};

/** A change by its title and its day. */
export const change = (profile: ReportedProfile, evaluatedAt: string): string =>
  harmless(profile.title, 200) + whenOf(profile, evaluatedAt);

const oneChange: Record<Verdict, (host: string) => string> = {
  ready: (host) => `${host} would survive`,
  warning: (host) => `${host} would survive, with warnings`,
  'not-ready': (host) => `${host} would not survive`,
  unknown: (host) => `certready could not tell whether ${host} would survive`,
};

/** A change that is over decides nothing any more, but what it shows may still have to be closed. */
const pastChange: Record<Verdict, (host: string) => string> = {
  ready: (host) => `${host} passes, for a change that is over`,
  warning: (host) => `${host} has only warnings, for a change that is over`,
  'not-ready': (host) => `${host} would not survive, though the change is over`,
  unknown: (host) => `certready could not judge ${host}, for a change that is over`,
};

const severalChanges = (host: string, { profiles, verdict }: Report): string => {
  const changes = plural(profiles.length, 'change');
  const same = profiles.filter((profile) => profile.verdict === verdict).length;
  switch (verdict) {
    case 'ready':
      return `${host} would survive all of ${changes}`;
    case 'warning':
      return `${host} would survive all of ${changes}, ${same} with warnings`;
    case 'not-ready':
      return `${host} would not survive ${same} of ${changes}`;
    case 'unknown':
      return `certready could not tell whether ${host} would survive ${same} of ${changes}`;
  }
};

/** The verdict as one sentence, without its label; several changes are counted, not named. */
export const sentence = (report: Report): string => {
  const { profiles, verdict } = report;
  const host = harmless(report.host.name);
  if (report.checks.length === 0) return `nothing was judged on ${host}`;
  const [only] = profiles;
  if (only === undefined || profiles.length > 1) return severalChanges(host, report);
  const words = only.retired ? pastChange : oneChange;
  return `${words[verdict](host)}: ${change(only, report.evaluatedAt)}`;
};

export interface Successor {
  readonly text: string;
  /** What to run for it, where it has not been judged here already. */
  readonly command?: string;
}

/** What to look at instead of the retired profiles. */
export const successors = (report: Report): readonly Successor[] => {
  const asked = new Set(report.profiles.map(({ id }) => id));
  return report.profiles
    .filter(({ retired }) => retired)
    .map(({ id, supersededBy = '' }) => {
      const past = `Profile ${harmless(id)} is retired: a certificate authority of its own has expired.`;
      if (asked.has(supersededBy))
        return {
          text: `${past} What counts today is ${harmless(supersededBy)}, judged here as well.`,
        };
      const text = `${past} What counts today is ${harmless(supersededBy)}.`;
      // A profile's id is a plain word; anything else is not offered to a shell
      return /^[\w][\w.-]*$/.test(supersededBy)
        ? { text, command: `certready --once --profile ${supersededBy}` }
        : { text };
    });
};

const owners = (gaps: readonly Gap[]): string =>
  [...new Set(gaps.map(({ owner }) => ownerWords[owner]))].join(', ');

/** `2 critical gaps (the network team, this server), 1 warning (the CA)`; empty without gaps. */
export const gapCounts = ({ gaps }: Report): string => {
  const part = (severity: Severity, noun: string): string[] => {
    const some = gaps.filter((gap) => gap.severity === severity);
    return some.length === 0 ? [] : [`${plural(some.length, noun)} (${owners(some)})`];
  };
  return [...part('critical', 'critical gap'), ...part('warning', 'warning')].join(', ');
};

/** What the gaps do not tell: how many checks came to no answer. */
export const undecidedCount = (report: Report): string => {
  const { length } = standing(report).undecided;
  return length === 0 ? '' : `${plural(length, 'check')} could not be judged`;
};

/** `14 passed, 1 failed, 5 blocked`: every check once, by its status. */
export const checkCounts = ({ checks }: Report): string => {
  const words = [
    ['ok', 'passed'],
    ['critical', 'failed'],
    ['warning', 'with a warning'],
    ['blocked', 'blocked'],
    ['unknown', 'not judged'],
    ['skipped', 'skipped'],
  ] as const;
  const counts = words
    .map(([status, word]) => [checks.filter((check) => check.status === status).length, word])
    .filter(([count]) => count !== 0)
    .map(([count, word]) => `${count ?? 0} ${word ?? ''}`);
  return counts.length === 0 ? 'no checks' : counts.join(', ');
};

export interface Standing {
  readonly passed: readonly CheckResult[];
  readonly skipped: readonly CheckResult[];
  /** Unknown, and whatever no gap accounts for: nothing drops out of a report silently. */
  readonly undecided: readonly CheckResult[];
}

/** The checks that no gap shows. */
export const standing = ({ checks, gaps }: Report): Standing => {
  const explained = new Set(gaps.flatMap((gap) => gap.checks));
  return {
    passed: checks.filter(({ status }) => status === 'ok'),
    skipped: checks.filter(({ status }) => status === 'skipped'),
    undecided: checks.filter(
      ({ id, status }) =>
        status === 'unknown' || (!['ok', 'skipped'].includes(status) && !explained.has(id)),
    ),
  };
};

export interface GapChecks {
  readonly fails: readonly CheckResult[];
  readonly blocks: readonly CheckResult[];
}

/** A gap's checks: those that show it, and those that it kept from concluding. */
export const gapChecks = (gap: Gap, { checks }: Report): GapChecks => {
  const own = checks.filter(({ id }) => gap.checks.includes(id));
  return {
    fails: own.filter(({ status }) => status !== 'blocked'),
    blocks: own.filter(({ status }) => status === 'blocked'),
  };
};

/** The time that validity was judged at, where it is not simply the time of the run. */
export const judgedAt = ({ evaluatedAt, startedAt }: Report): string | undefined =>
  Math.abs(Date.parse(evaluatedAt) - Date.parse(startedAt)) > dayMs ? utc(evaluatedAt) : undefined;

/** Critical gaps first; otherwise in the report's order. */
export const bySeverity = ({ gaps }: Report): readonly Gap[] => [
  ...gaps.filter(({ severity }) => severity === 'critical'),
  ...gaps.filter(({ severity }) => severity === 'warning'),
];
