/** The report as metrics: one run, no timestamps, so that node-exporter's textfile collector takes it. */

import { type CheckStatus, stageNames } from '../../checks/types.ts';
import {
  type Labels,
  type MetricFamily,
  type Sample,
  exposition,
  histogram,
} from './exposition.ts';
import type { CheckResult, Report } from './report.ts';

/** Upper bounds of the stage histogram's buckets, seconds: a fast LAN up to the default request time-out. */
export const stageBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15] as const;

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
  return [...samples.values()].map(({ labels }) => ({ labels, value: 1 }));
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

const stageSamples = ({ checks }: Report): Sample[] => {
  const stages = checks.flatMap((check) => check.stages);
  return stageNames.flatMap((stage) => {
    const values = stages.filter(({ name }) => name === stage).map(({ ms }) => ms / 1000);
    return values.length === 0 ? [] : histogram(values, { bounds: stageBounds, labels: { stage } });
  });
};

/** What a report says, as metric families; the agent adds what only it knows. */
export const reportMetrics = (report: Report): readonly MetricFamily[] => {
  const ofKind = (kind: CheckResult['kind']): CheckResult[] =>
    report.checks.filter((check) => check.kind === kind);
  const finished = seconds(report.startedAt);
  return [
    {
      name: 'certready_verdict',
      type: 'gauge',
      help: 'Whether this host would survive the certificate change: 1 for the present verdict (ready, warning, not-ready, unknown).',
      samples: report.profiles.map(({ id, verdict }) => ({
        labels: { profile: id, verdict },
        value: 1,
      })),
    },
    {
      name: 'certready_profile_effective_timestamp_seconds',
      type: 'gauge',
      help: 'The day of the change (its midnight in UTC), Unix time.',
      samples: report.profiles.flatMap(({ id, effective }) => {
        const value = seconds(effective);
        return value === undefined ? [] : [{ labels: { profile: id }, value }];
      }),
    },
    {
      name: 'certready_check_status',
      type: 'gauge',
      help: 'Status of a check: 1 for the present one (ok, warning, critical, unknown, blocked, skipped).',
      samples: statusSamples(report),
    },
    {
      name: 'certready_gap',
      type: 'gauge',
      help: 'A root cause that is open: 1 per gap; owner says who has to act.',
      samples: gapSamples(report),
    },
    {
      name: 'certready_crl_next_update_timestamp_seconds',
      type: 'gauge',
      help: 'nextUpdate of the CRL, Unix time.',
      samples: timeSamples(ofKind('crl'), 'nextUpdate'),
    },
    {
      name: 'certready_ocsp_next_update_timestamp_seconds',
      type: 'gauge',
      help: 'nextUpdate of the OCSP response, Unix time.',
      samples: timeSamples(ofKind('ocsp'), 'nextUpdate'),
    },
    {
      name: 'certready_certificate_not_after_timestamp_seconds',
      type: 'gauge',
      help: 'notAfter of the certificate that the check saw, Unix time.',
      samples: timeSamples(report.checks, 'notAfter'),
    },
    {
      name: 'certready_stage_duration_seconds',
      type: 'histogram',
      help: 'Time that the stages of the checks took.',
      samples: stageSamples(report),
    },
    {
      name: 'certready_last_run_timestamp_seconds',
      type: 'gauge',
      help: 'When the last run ended, Unix time.',
      samples:
        finished === undefined ? [] : [{ labels: {}, value: finished + report.durationMs / 1000 }],
    },
    {
      name: 'certready_build_info',
      type: 'gauge',
      help: 'The version of certready, always 1.',
      samples: [
        { labels: { version: report.agent.version, platform: report.host.platform }, value: 1 },
      ],
    },
  ];
};

export const renderPrometheus = (report: Report): string => exposition(reportMetrics(report));
