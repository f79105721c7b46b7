/** What the agent writes of itself in its state folder, for `service status` and for whoever looks there. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentStatus, LastRun, RunResult } from './agent-status.ts';
import type { Problem, QueueDepth } from './alerts/index.ts';
import type { Verdict } from './report/report.ts';
import { writeDurably } from './state/durable-file.ts';

/** Times are ISO 8601. */
export interface StatusFile {
  readonly schemaVersion: 1;
  readonly version: string;
  readonly pid: number;
  readonly state: 'running' | 'stopped';
  readonly writtenAt: string;
  readonly startedAt: string;
  readonly configuration: {
    /** Absent: the defaults, because there is no file. */
    readonly path?: string;
    readonly accepted: boolean;
  };
  readonly runs: Readonly<Record<RunResult, number>>;
  readonly lastRun?: Omit<LastRun, 'endedAt'> & { readonly endedAt: string };
  readonly verdict?: Verdict;
  readonly nextRun?: string;
  readonly queues: readonly QueueDepth[];
  readonly problems: readonly Problem[];
}

export interface StatusFileOptions {
  readonly version: string;
  readonly pid: number;
  readonly state: StatusFile['state'];
  readonly now: Date;
  readonly configPath?: string | undefined;
}

const pathOf = (stateDir: string): string => join(stateDir, 'status.json');

export const statusFile = (status: AgentStatus, options: StatusFileOptions): StatusFile => {
  const { startedAt, runs, lastRun, lastReport, nextRun, queues, problems } = status;
  const { version, pid, state, now, configPath } = options;
  return {
    schemaVersion: 1,
    version,
    pid,
    state,
    writtenAt: now.toISOString(),
    startedAt: startedAt.toISOString(),
    configuration: {
      ...(configPath !== undefined && { path: configPath }),
      accepted: status.configurationAccepted,
    },
    runs,
    ...(lastRun && { lastRun: { ...lastRun, endedAt: lastRun.endedAt.toISOString() } }),
    ...(lastReport && { verdict: lastReport.verdict }),
    ...(nextRun && state === 'running' && { nextRun: nextRun.toISOString() }),
    queues,
    problems,
  };
};

/** @throws the system's error; what stood there before still stands */
export const writeStatusFile = (
  stateDir: string,
  file: StatusFile,
  platform: NodeJS.Platform,
): Promise<void> =>
  writeDurably(pathOf(stateDir), `${JSON.stringify(file, null, 2)}\n`, { platform });

const isStatusFile = (value: unknown): value is StatusFile =>
  typeof value === 'object' &&
  value !== null &&
  'schemaVersion' in value &&
  value.schemaVersion === 1;

/** @returns undefined where there is none, or none that this certready can read */
export const readStatusFile = async (stateDir: string): Promise<StatusFile | undefined> => {
  try {
    const value: unknown = JSON.parse(await readFile(pathOf(stateDir), 'utf8'));
    return isStatusFile(value) ? value : undefined;
  } catch {
    return undefined;
  }
};
