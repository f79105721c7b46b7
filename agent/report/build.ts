/** From judged tasks to the report: root causes, severities, statuses, verdicts. */

import { fingerprint256, parseCertificate } from '../../checks/pki/certificate.ts';
import { gaps as words } from '../../checks/gaps.ts';
import {
  type CheckStatus,
  type Finding,
  type GapId,
  type Host,
  type Profile,
  type Severity,
  gapId,
} from '../../checks/types.ts';
import type { Judgements } from '../run/judge.ts';
import { type Explained, categoryOf, explain, severityOf } from './causes.ts';
import type { CheckResult, Gap, Report, ReportedProfile } from './report.ts';
import { verdictOf } from './verdict.ts';

export interface ReportInput {
  readonly profiles: readonly Profile[];
  readonly judged: Judgements;
  /** DER of the authorities' certificates that the run came to know, by profile id. */
  readonly authorities: ReadonlyMap<string, readonly Uint8Array[]>;
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly host: Pick<Host, 'name' | 'platform' | 'release'>;
  readonly version: string;
}

const hasExpired = (der: Uint8Array, at: Date): boolean => {
  try {
    return parseCertificate(der).notAfter < at;
  } catch {
    return false; // whoever fetched it says what is wrong with it
  }
};

/** A profile is retired when it names a successor and one of its own authorities has expired. */
const isRetired = (profile: Profile, fetched: readonly Uint8Array[], at: Date): boolean => {
  if (profile.supersededBy === undefined) return false;
  const own = profile.authorities.flatMap(({ der }) => (der ? [der] : []));
  const all = new Map([...own, ...fetched].map((der) => [fingerprint256(der), der]));
  return [...all.values()].some((der) => hasExpired(der, at));
};

const platformWords = (finding: Finding, platform: Host['platform']) => {
  const info = words[finding.code];
  return {
    summary: info.summary(finding),
    remedy: info.remedy(finding),
    commands: info.commands(finding, platform),
  };
};

/** Every finding once, with the checks that show it and those that it blocks; critical gaps first. */
const gapsOf = (
  explained: readonly Explained[],
  { retired, platform }: { retired: ReadonlySet<string>; platform: Host['platform'] },
): Gap[] => {
  const byId = new Map<
    GapId,
    { finding: Finding; severity: Severity; checks: string[]; profiles: Set<string> }
  >();
  for (const { item, findings } of explained)
    for (const finding of findings) {
      const severity = severityOf(finding);
      const known = byId.get(gapId(finding));
      const entry = known ?? { finding, severity, checks: [], profiles: new Set<string>() };
      if (severity === 'critical') entry.severity = 'critical';
      entry.checks.push(item.id);
      for (const id of item.profiles) entry.profiles.add(id);
      byId.set(gapId(finding), entry);
    }
  for (const { item, blockedBy } of explained)
    for (const id of blockedBy) byId.get(id)?.checks.push(item.id);

  const gaps = [...byId].map(([id, { finding, severity, checks, profiles }]): Gap => {
    const owner = finding.owner ?? words[finding.code].owner;
    const past =
      (owner === 'ca' || owner === 'peer') &&
      [...profiles].every((profile) => retired.has(profile));
    return {
      id,
      code: finding.code,
      category: categoryOf(finding.code),
      owner,
      severity: past ? 'warning' : severity,
      target: finding.target,
      checks: [...new Set(checks)],
      ...platformWords(finding, platform),
      evidence: finding.evidence,
    };
  });
  const rank = ({ severity }: Gap): number => (severity === 'critical' ? 0 : 1);
  return gaps.sort((a, b) => rank(a) - rank(b));
};

const statusOf = (
  { item, findings, blockedBy }: Explained,
  severities: ReadonlyMap<GapId, Severity>,
): CheckStatus => {
  const { judgement } = item;
  if (findings.some((finding) => severities.get(gapId(finding)) === 'critical')) return 'critical';
  if (judgement.unknown !== undefined) return 'unknown';
  if (blockedBy.length > 0) return 'blocked';
  if ((judgement.blockedBy ?? []).length > 0) return 'unknown'; // by a gap that this run did not look at
  if (findings.length > 0) return 'warning';
  return judgement.skipped === undefined ? 'ok' : 'skipped';
};

const checkResult = (
  explained: Explained,
  severities: ReadonlyMap<GapId, Severity>,
): CheckResult => {
  const { item, blockedBy } = explained;
  const status = statusOf(explained, severities);
  return {
    id: item.id,
    profile: item.profiles[0] ?? '',
    ...(item.profiles.length > 1 && { profiles: item.profiles }),
    kind: item.task.kind,
    target: item.task.target,
    status,
    summary: item.judgement.summary,
    durationMs: item.durationMs,
    stages: item.stages,
    evidence: item.judgement.evidence,
    ...(status === 'blocked' && { blockedBy }),
  };
};

export const buildReport = (input: ReportInput): Report => {
  const { evaluatedAt, tasks } = input.judged;
  const retired = new Set(
    input.profiles
      .filter((profile) => isRetired(profile, input.authorities.get(profile.id) ?? [], evaluatedAt))
      .map(({ id }) => id),
  );
  const explained = explain(tasks);
  const gaps = gapsOf(explained, { retired, platform: input.host.platform });
  const severities = new Map(gaps.map(({ id, severity }) => [id, severity]));
  const checks = explained.map((item) => checkResult(item, severities));

  const reportProfile = (profile: Profile): ReportedProfile => {
    const own = new Set(
      tasks.filter(({ profiles }) => profiles.includes(profile.id)).map(({ id }) => id),
    );
    return {
      id: profile.id,
      title: profile.title,
      ...(profile.effective !== undefined && { effective: profile.effective }),
      verdict: verdictOf(
        checks.filter(({ id }) => own.has(id)),
        gaps.filter((gap) => gap.checks.some((id) => own.has(id))),
      ),
      ...(profile.supersededBy !== undefined && { supersededBy: profile.supersededBy }),
      retired: retired.has(profile.id),
      ...(profile.notes.length > 0 && { notes: profile.notes }),
    };
  };

  return {
    schemaVersion: 1,
    verdict: verdictOf(checks, gaps),
    evaluatedAt: evaluatedAt.toISOString(),
    startedAt: input.startedAt.toISOString(),
    durationMs: input.durationMs,
    host: input.host,
    agent: { name: 'certready', version: input.version },
    profiles: input.profiles.map(reportProfile),
    checks,
    gaps,
  };
};
