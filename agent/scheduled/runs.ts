/** One run after the other: what it reports is told, and so is that it does not. */

import type { Clock, RunReason } from '../../service/schedule.ts';
import type { Alerting } from '../alerts/index.ts';
import type { Calls, LoadedSettings } from '../helper/calls.ts';
import type { AgentLog } from '../log/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { Report } from '../report/report.ts';
import { messageOf } from './message.ts';
import { Standing } from './standing.ts';
import type { Troubles } from './troubles.ts';

export interface RunsOptions {
  readonly clock: Clock;
  readonly log: AgentLog;
  readonly alerting: Alerting;
  readonly troubles: Troubles;
  readonly metrics: () => Metrics | undefined;
  /** One run. It rejects when there is no report. */
  readonly run: (
    settings: LoadedSettings,
    signal: AbortSignal,
  ) => Promise<Calls['run']['response']>;
  readonly nextRun: () => Date | undefined;
  /** What was seen is to be looked at again within so many milliseconds. */
  readonly lookWithin: (ms: number) => void;
}

/** What was seen once is looked at again after this, milliseconds. */
const secondLookMs = 30_000;

export class Runs {
  readonly standing = new Standing();
  readonly #options: RunsOptions;
  /** Second looks since the last run of the timetable. */
  #looks = 0;

  constructor(options: RunsOptions) {
    this.#options = options;
  }

  /** Never rejects; a run that the end of the agent cuts short is no failed one. */
  async run(
    reason: RunReason,
    settings: LoadedSettings,
    { signal, isStopping }: { signal: AbortSignal; isStopping: () => boolean },
  ): Promise<void> {
    const { clock, log, troubles, metrics, run } = this.#options;
    const started = clock.elapsed();
    if (reason !== 'look') this.#looks = 0;
    const ended = () => ({
      endedAt: clock.now(),
      durationMs: Math.round(clock.elapsed() - started),
    });
    try {
      const { report, problems } = await run(settings, signal);
      this.standing.reported(report, ended());
      await this.#tell(report, reason);
      for (const { code, summary } of problems) await troubles.set(code, summary);
      this.#lookAgain(settings);
    } catch (error) {
      if (isStopping()) return;
      this.standing.failed(ended());
      log.log('error', `run failed: ${messageOf(error)}`, { reason });
      await troubles.set('run-failed', messageOf(error));
      await metrics()?.refresh();
    }
    await this.#judgeParts();
  }

  async #tell(report: Report, reason: RunReason): Promise<void> {
    const { alerting, log, troubles, metrics, nextRun } = this.#options;
    const { verdict, checks, gaps, durationMs } = report;
    await troubles.set('run-failed', undefined);
    await alerting.observe(report);
    await metrics()?.observe(report);
    log.log('info', `run: ${verdict}, ${checks.length} checks, ${gaps.length} gaps`, {
      verdict,
      checks: checks.length,
      gaps: gaps.length,
      durationMs,
      reason,
      nextRun: nextRun()?.toISOString(),
    });
  }

  /** As often as it takes to confirm what was seen, and no more: a gap that comes and goes is no reason to hurry. */
  #lookAgain({ config }: LoadedSettings): void {
    const { alerting, lookWithin } = this.#options;
    if (!alerting.wantsSecondLook() || this.#looks >= config.confirmAfter) return;
    this.#looks++;
    lookWithin(secondLookMs);
  }

  async #judgeParts(): Promise<void> {
    const { log, metrics, troubles } = this.#options;
    const ofLog = log.problem();
    await troubles.setOfParts([
      ...(ofLog === undefined ? [] : [{ code: 'log-unwritable', summary: ofLog }]),
      ...(metrics()?.problems() ?? []),
    ]);
  }
}
