/** How the scheduled agent is doing: what its metrics, its health pages and `service status` show. */

import type { Problem, QueueDepth } from './alerts/index.ts';
import type { Verdict } from './report/report.ts';

/** `failed`: a run that ended without a report. */
export const runResults = ['ready', 'warning', 'not-ready', 'unknown', 'failed'] as const;
export type RunResult = (typeof runResults)[number];

export interface LastRun {
  readonly endedAt: Date;
  readonly durationMs: number;
  readonly result: RunResult;
}

export interface AgentStatus {
  readonly startedAt: Date;
  /** Runs that have ended since the start, by result. */
  readonly runs: Readonly<Record<RunResult, number>>;
  readonly lastRun?: LastRun;
  /** The last run that ended with a report. */
  readonly lastReport?: { readonly endedAt: Date; readonly verdict: Verdict };
  readonly nextRun?: Date;
  readonly queues: readonly QueueDepth[];
  /** Troubles of the agent's own that are there now. */
  readonly problems: readonly Problem[];
  /** Whether the configuration file as it is now is the one in force. */
  readonly configurationAccepted: boolean;
}

/** A run that begins this much too late, or takes this much longer than to the next one, does not come by itself. */
const overdueMs = 10 * 60_000;

/** Why the schedule is overdue, in one line; undefined where it is not. */
export const overdue = ({ nextRun }: AgentStatus, now: Date): string | undefined =>
  nextRun && now.getTime() - nextRun.getTime() > overdueMs
    ? `the run that was due at ${nextRun.toISOString()} has not begun`
    : undefined;
