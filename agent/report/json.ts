/** The report as JSON: the keys in the interface's order, whatever order the object was built in. */

import type { CheckResult, Gap, Report, ReportedProfile } from './report.ts';

type KeysOf<T> = Readonly<Record<keyof T, true>>;

// A key that is missing here does not compile
const reportKeys: KeysOf<Report> = {
  schemaVersion: true,
  verdict: true,
  evaluatedAt: true,
  startedAt: true,
  durationMs: true,
  host: true,
  agent: true,
  profiles: true,
  checks: true,
  gaps: true,
};
const profileKeys: KeysOf<ReportedProfile> = {
  id: true,
  title: true,
  effective: true,
  verdict: true,
  supersededBy: true,
  retired: true,
  notes: true,
};
const checkKeys: KeysOf<CheckResult> = {
  id: true,
  profile: true,
  profiles: true,
  kind: true,
  target: true,
  status: true,
  summary: true,
  durationMs: true,
  stages: true,
  evidence: true,
  blockedBy: true,
};
const gapKeys: KeysOf<Gap> = {
  id: true,
  code: true,
  category: true,
  owner: true,
  severity: true,
  target: true,
  checks: true,
  summary: true,
  remedy: true,
  commands: true,
  evidence: true,
};

const ordered = <T extends object>(value: T, keys: KeysOf<T>): T =>
  Object.fromEntries(
    Object.keys(keys)
      .filter((key) => key in value)
      .map((key) => [key, value[key as keyof T]]),
  ) as T;

/** JSON leaves these as they are, terminals and editors do not: the same value, written as an escape. */
const steering = /[\u007f-\u009f\u2028\u2029]|\p{Cf}/gu;

const escapeUnits = (character: string): string =>
  Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');

/** Two blanks of indentation and a newline at the end; control characters in it are escaped, C1 ones too. */
export const jsonText = (value: unknown): string =>
  `${JSON.stringify(value, null, 2).replace(steering, escapeUnits)}\n`;

export const renderJson = (report: Report): string =>
  jsonText(
    ordered(
      {
        ...report,
        profiles: report.profiles.map((profile) => ordered(profile, profileKeys)),
        checks: report.checks.map((check) => ordered(check, checkKeys)),
        gaps: report.gaps.map((gap) => ordered(gap, gapKeys)),
      },
      reportKeys,
    ),
  );
