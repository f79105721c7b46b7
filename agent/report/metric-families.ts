/** Every metric's name, words and labels, once: for `--format prometheus` and for the running agent. */

export interface FamilyInfo {
  readonly type: 'gauge' | 'counter' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
}

const checked = ['profile', 'kind', 'target'] as const;

export const metricFamilies = {
  certready_verdict: {
    type: 'gauge',
    help: 'Whether this host would survive the certificate change: 1 for the present verdict (ready, warning, not-ready, unknown).',
    labels: ['profile', 'verdict'],
  },
  certready_check_status: {
    type: 'gauge',
    help: 'Status of a check: 1 for the present one (ok, warning, critical, unknown, blocked, skipped).',
    labels: [...checked, 'status'],
  },
  certready_gap: {
    type: 'gauge',
    help: 'A root cause that is open: 1 per gap; owner says who has to act.',
    labels: ['profile', 'code', 'target', 'owner', 'severity'],
  },
  certready_profile_effective_timestamp_seconds: {
    type: 'gauge',
    help: 'The day of the change (its midnight in UTC), Unix time.',
    labels: ['profile'],
  },
  certready_crl_next_update_timestamp_seconds: {
    type: 'gauge',
    help: 'nextUpdate of the CRL, Unix time.',
    labels: checked,
  },
  certready_ocsp_next_update_timestamp_seconds: {
    type: 'gauge',
    help: 'nextUpdate of the OCSP response, Unix time.',
    labels: checked,
  },
  certready_certificate_not_after_timestamp_seconds: {
    type: 'gauge',
    help: 'notAfter of the certificate that the check saw, Unix time.',
    labels: checked,
  },
  certready_stage_duration_seconds: {
    type: 'histogram',
    help: 'Time that the stages of the checks took.',
    labels: ['kind', 'stage'],
  },
  certready_last_run_timestamp_seconds: {
    type: 'gauge',
    help: 'When the last run ended, Unix time.',
    labels: [],
  },
  certready_last_run_duration_seconds: {
    type: 'gauge',
    help: 'How long the last run took.',
    labels: [],
  },
  certready_last_report_timestamp_seconds: {
    type: 'gauge',
    help: 'When the last run that could report ended, Unix time; gaps and statuses are as of then.',
    labels: [],
  },
  certready_next_run_timestamp_seconds: {
    type: 'gauge',
    help: 'When the next run is due, Unix time.',
    labels: [],
  },
  certready_runs_total: {
    type: 'counter',
    help: 'Runs since the start of the agent (ready, warning, not-ready, unknown, or failed without a report).',
    labels: ['result'],
  },
  certready_outbox_events: {
    type: 'gauge',
    help: 'Alerts in the outbox: pending ones are still to be delivered, parked ones were refused for good.',
    labels: ['receiver', 'state'],
  },
  certready_agent_problem: {
    type: 'gauge',
    help: "A trouble of the agent's own: 1 while it is there.",
    labels: ['code'],
  },
  certready_config_last_reload_successful: {
    type: 'gauge',
    help: 'Whether the configuration file as it is now is the one in force.',
    labels: [],
  },
  certready_start_time_seconds: {
    type: 'gauge',
    help: 'When the agent started, Unix time.',
    labels: [],
  },
  certready_series_omitted: {
    type: 'gauge',
    help: 'Series of a metric that are left out because there are too many.',
    labels: ['metric'],
  },
  certready_build_info: {
    type: 'gauge',
    help: 'The version of certready, always 1.',
    labels: ['version', 'platform'],
  },
} as const satisfies Readonly<Record<string, FamilyInfo>>;

export type FamilyName = keyof typeof metricFamilies;
