/** How the agent is doing, as samples. */

import type { AgentStatus } from '../agent-status.ts';
import type { Sample } from '../report/exposition.ts';
import type { FamilySamples } from '../report/prometheus.ts';

const seconds = (time: Date): number => time.getTime() / 1000;

/** A family that has no labels, and is there or not. */
const single = (value: number | undefined): readonly Sample[] =>
  value === undefined ? [] : [{ labels: {}, value }];

const singleTime = (time: Date | undefined): readonly Sample[] => single(time && seconds(time));

export const statusSamples = (status: AgentStatus): FamilySamples => ({
  certready_start_time_seconds: singleTime(status.startedAt),
  certready_last_run_timestamp_seconds: singleTime(status.lastRun?.endedAt),
  certready_last_run_duration_seconds: single(
    status.lastRun && Math.round(status.lastRun.durationMs) / 1000,
  ),
  certready_last_report_timestamp_seconds: singleTime(status.lastReport?.endedAt),
  certready_next_run_timestamp_seconds: singleTime(status.nextRun),
  certready_runs_total: Object.entries(status.runs).map(([result, value]) => ({
    labels: { result },
    value,
  })),
  certready_outbox_events: status.queues.flatMap(({ receiver, pending, parked }) => [
    { labels: { receiver, state: 'pending' }, value: pending },
    { labels: { receiver, state: 'parked' }, value: parked },
  ]),
  certready_agent_problem: status.problems.map(({ code }) => ({ labels: { code }, value: 1 })),
  certready_config_last_reload_successful: single(status.configurationAccepted ? 1 : 0),
});
