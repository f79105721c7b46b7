/** One run: every task of every profile, asked at once, timed and recovered; what comes out is a report. */

import { checks } from '../checks/index.ts';
import type { CheckKind, Host, Profile, RunOptions } from '../checks/types.ts';
import type { Report } from './report/report.ts';
import { createRun } from './run/context.ts';
import { type Progress, execute } from './run/execute.ts';
import { judge } from './run/judge.ts';
import { planTasks } from './run/plan.ts';

export interface RunOnceOptions {
  readonly profiles: readonly Profile[];
  readonly host: Host;
  readonly run: RunOptions;
  /** The kinds of check to ask. */
  readonly kinds: ReadonlySet<CheckKind>;
  /** The longest that the run may take, milliseconds; what is not done by then is unknown. */
  readonly runTimeoutMs: number;
  readonly version: string;
  readonly onProgress?: Progress;
  readonly signal: AbortSignal;
}

/** @throws the signal's reason when `signal` aborts; nothing that a check does makes it throw. */
export const runOnce = async (options: RunOnceOptions): Promise<Report> => {
  const { profiles, host, kinds } = options;
  const startedAt = host.now();
  const started = host.elapsed();
  const run = createRun(host, options.run);
  const chosen = checks.filter(({ kind }) => kinds.has(kind));
  const planned = planTasks(chosen, profiles, run);
  const building = import('./report/build.ts'); // it loads while the network is waited for
  const executed = await execute(planned, {
    run,
    timeoutMs: options.runTimeoutMs,
    ...(options.onProgress && { onProgress: options.onProgress }),
    signal: options.signal,
  });
  options.signal.throwIfAborted();
  const judged = judge(executed, { run, kinds });
  const { buildReport } = await building;
  return buildReport({
    profiles,
    judged,
    authorities: run.knownAuthorities(),
    startedAt,
    durationMs: Math.round(host.elapsed() - started),
    host: { name: host.name, platform: host.platform, release: host.release },
    version: options.version,
  });
};
