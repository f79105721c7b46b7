/** The report as metrics: one run, no timestamps, so that node-exporter's textfile collector takes it. */

import { type CheckStatus, checkKinds, stageNames } from '../../checks/types.ts';
import {
  type Labels,
  type MetricFamily,
  type Sample,
  exposition,
  histogram,
} from './exposition.ts';
import { type FamilyName, metricFamilies } from './metric-families.ts';
import type { CheckResult, Report } from './report.ts';

/** Upper bounds of the stage histogram's buckets, seconds: a fast LAN up to the default request time-out. */
export const stageBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15] as const;

/** The samples of some families. */
export type FamilySamples = Readonly<Partial<Record<FamilyName, readonly Sample[]>>>;

const familyNames = Object.keys(metricFamilies) as readonly FamilyName[];

const profilesOf = ({ profile, profiles }: CheckResult): readonly string[] => profiles ?? [profile];

/** From the worst to the best: of two questions about one target the worse answer is the target's. */
const worst: readonly CheckStatus[] = [
  'critical',
  'unknown',
  'blocked',
  'warning',
  'ok',
  'skipped',
];

const statusSamples = ({ checks }: Report): Sample[] => {
  const samples = new Map<string, { labels: Labels; status: CheckStatus }>();
  for (const check of checks)
    for (const profile of profilesOf(check)) {
      const { kind, target, status } = check;
      const key = JSON.stringify([profile, kind, target]);
      const known = samples.get(key);
      if (known === undefined || worst.indexOf(status) < worst.indexOf(known.status))
        samples.set(key, { labels: { profile, kind, target, status }, status });
    }
  // The worst first: where series have to be left out, it is the good ones.
  return [...samples.values()]
    .sort((a, b) => worst.indexOf(a.status) - worst.indexOf(b.status))
    .map(({ labels }) => ({ labels, value: 1 }));
};

const gapSamples = ({ profiles, checks, gaps }: Report): Sample[] =>
  gaps.flatMap(({ code, target, owner, severity, checks: ids }) => {
    const needing = checks.filter(({ id }) => ids.includes(id)).flatMap(profilesOf);
    // A gap that no check of the report claims is still a gap
    const all = needing.length > 0 ? needing : profiles.map(({ id }) => id);
    return [...new Set(all)].map((profile) => ({
      labels: { profile, code, target, owner, severity },
      value: 1,
    }));
  });

const seconds = (time: unknown): number | undefined => {
  const ms = typeof time === 'string' ? Date.parse(time) : NaN;
  return Number.isNaN(ms) ? undefined : ms / 1000;
};

/** The earliest of one target's times, by profile. */
const timeSamples = (checks: readonly CheckResult[], key: string): Sample[] => {
  const dated = checks.flatMap((check) => {
    const value = seconds(check.evidence[key]);
    return value === undefined ? [] : [{ check, value }];
  });
  return dated
    .sort((a, b) => a.value - b.value)
    .flatMap(({ check, value }) =>
      profilesOf(check).map((profile) => ({
        labels: { profile, kind: check.kind, target: check.target },
        value,
      })),
    );
};

/** How long each stage of each check took. */
export const stageTimes = ({
  checks,
}: Report): readonly { readonly labels: Labels; readonly seconds: number }[] =>
  checks.flatMap(({ kind, stages }) =>
    stages.map(({ name, ms }) => ({ labels: { kind, stage: name }, seconds: ms / 1000 })),
  );

const stageSamples = (report: Report): Sample[] => {
  const times = stageTimes(report);
  return checkKinds.flatMap((kind) =>
    stageNames.flatMap((stage) => {
      const values = times
        .filter(({ labels }) => labels['kind'] === kind && labels['stage'] === stage)
        .map((time) => time.seconds);
      const labels = { kind, stage };
      return values.length === 0 ? [] : histogram(values, { bounds: stageBounds, labels });
    }),
  );
};

export const buildInfo = (version: string, platform: Report['host']['platform']): Sample[] => [
  { labels: { version, platform }, value: 1 },
];

/** What a report says, but for the durations of stages, which add up from run to run. */
export const reportGauges = (report: Report): FamilySamples => {
  const ofKind = (kind: CheckResult['kind']): CheckResult[] =>
    report.checks.filter((check) => check.kind === kind);
  return {
    certready_verdict: report.profiles.map(({ id, verdict }) => ({
      labels: { profile: id, verdict },
      value: 1,
    })),
    certready_check_status: statusSamples(report),
    certready_gap: gapSamples(report),
    certready_profile_effective_timestamp_seconds: report.profiles.flatMap(({ id, effective }) => {
      const value = seconds(effective);
      return value === undefined ? [] : [{ labels: { profile: id }, value }];
    }),
    certready_crl_next_update_timestamp_seconds: timeSamples(ofKind('crl'), 'nextUpdate'),
    certready_ocsp_next_update_timestamp_seconds: timeSamples(ofKind('ocsp'), 'nextUpdate'),
    certready_certificate_not_after_timestamp_seconds: timeSamples(report.checks, 'notAfter'),
  };
};

/** When the run ended. */
const lastRun = ({ startedAt, durationMs }: Report): Sample[] => {
  const started = seconds(startedAt);
  return started === undefined ? [] : [{ labels: {}, value: started + durationMs / 1000 }];
};

/** What a report says, as metric families. */
export const reportMetrics = (report: Report): readonly MetricFamily[] => {
  const samples: FamilySamples = {
    ...reportGauges(report),
    certready_stage_duration_seconds: stageSamples(report),
    certready_last_run_timestamp_seconds: lastRun(report),
    certready_build_info: buildInfo(report.agent.version, report.host.platform),
  };
  return familyNames.map((name) => ({
    name,
    ...metricFamilies[name],
    samples: samples[name] ?? [],
  }));
};

export const renderPrometheus = (report: Report): string => exposition(reportMetrics(report));
