/** The scheduled agent: runs by the schedule, tells what changes, keeps its own troubles in sight. */

import {
  type Clock,
  type RunReason,
  type Schedule,
  createSchedule,
} from '../../service/schedule.ts';
import type { Supervisor } from '../../service/supervisor.ts';
import type { AgentStatus } from '../agent-status.ts';
import type { Alerting } from '../alerts/index.ts';
import { milliseconds } from '../config/duration.ts';
import {
  type Calls,
  type DueTimes,
  type Loaded,
  type LoadedSettings,
  type WatchedFile,
  asError,
} from '../helper/calls.ts';
import type { AgentLog } from '../log/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { Report } from '../report/report.ts';
import { type FileWatch, watchFiles } from './file-watch.ts';
import { type PlannedTimes, plannedTimes } from './planned-times.ts';
import { type Pump, startPump } from './pump.ts';
import { asksOtherwise, isTimedOtherwise, reconfigure } from './reconfigure.ts';
import { Standing, unknownRunsToTell } from './standing.ts';
import { Troubles } from './troubles.ts';

export interface AgentParts {
  readonly clock: Clock;
  readonly log: AgentLog;
  readonly alerting: Alerting;
  readonly metrics: Metrics;
  readonly supervisor: Supervisor;
  /** One run. It rejects when there is no report. */
  readonly run: (
    settings: LoadedSettings,
    signal: AbortSignal,
  ) => Promise<Calls['run']['response']>;
  readonly load: () => Promise<Loaded>;
  readonly due: (settings: LoadedSettings, after: Date) => Promise<DueTimes>;
  /** The status may be another one now. */
  readonly onChange: () => void;
}

/** What was seen once is looked at again after this, milliseconds. */
const secondLookMs = 30_000;
/** A run ends by itself at `timeouts.run`; this much later it is ended. */
const hardDeadlineMs = 30_000;
/** Times that could not be worked out are asked for again after this, milliseconds. */
const planAgainMs = 60_000;

const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replaceAll('\n', '; ');

export class Agent {
  readonly #parts: AgentParts;
  readonly #standing = new Standing();
  readonly #startedAt: Date;
  readonly #times: PlannedTimes;
  readonly #schedule: Schedule;
  readonly #troubles: Troubles;
  readonly #watch: FileWatch;
  #settings: LoadedSettings;
  #pump: Pump | undefined;
  #isStopping = false;
  /** Second looks since the last run of the timetable. */
  #looks = 0;
  #configurationAccepted = true;
  #planning: Promise<void> | undefined;
  #reloading: Promise<void> | undefined;
  #isReloadAsked = false;

  constructor(parts: AgentParts, settings: LoadedSettings) {
    const { clock } = parts;
    this.#parts = parts;
    this.#settings = settings;
    this.#startedAt = clock.now();
    this.#times = plannedTimes(() => this.#plan());
    this.#troubles = new Troubles(parts.alerting);
    this.#watch = watchFiles(clock, () => this.reload());
    this.#schedule = createSchedule({
      timetable: this.#times,
      clock,
      job: (reason, signal) => this.#run(reason, signal),
      deadlineMs: () => milliseconds(this.#settings.config.timeouts.run) + hardDeadlineMs,
    });
  }

  /** @param files that the settings were read from */
  async start(files: readonly WatchedFile[]): Promise<void> {
    const { alerting, clock, onChange } = this.#parts;
    this.#times.take(await this.#parts.due(this.#settings, clock.now()));
    this.#watch.watch(files);
    await this.#troubles.set('configuration-refused', undefined);
    this.#pump = startPump({ alerting, clock, onRound: onChange });
    this.#schedule.start();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#watch.stop();
    await this.#schedule.stop();
    await this.#reloading;
    await this.#pump?.stop();
  }

  get settings(): LoadedSettings {
    return this.#settings;
  }

  status(): AgentStatus {
    const { lastRun, lastReport, runs } = this.#standing;
    const nextRun = this.#schedule.next();
    return {
      startedAt: this.#startedAt,
      runs,
      ...(lastRun && { lastRun }),
      ...(lastReport && { lastReport }),
      ...(nextRun && { nextRun }),
      queues: this.#parts.alerting.depth(),
      problems: this.#parts.alerting.problems(),
      configurationAccepted: this.#configurationAccepted,
    };
  }

  /** Reads the configuration again; one that is refused leaves the old one in force. */
  reload(): void {
    this.#isReloadAsked = true;
    this.#reloading ??= this.#reload().finally(() => {
      this.#reloading = undefined;
    });
  }

  async #reload(): Promise<void> {
    const { supervisor, log, onChange } = this.#parts;
    supervisor.reloading();
    while (this.#isReloadAsked && !this.#isStopping) {
      this.#isReloadAsked = false;
      let refused: string | undefined;
      try {
        await this.#takeConfiguration();
      } catch (error) {
        refused = messageOf(error);
        log.log('error', `configuration refused, the one before stays in force: ${refused}`);
      }
      this.#configurationAccepted = refused === undefined;
      await this.#troubles.set('configuration-refused', refused);
      await this.#parts.metrics.refresh();
    }
    supervisor.ready();
    onChange();
    this.#pump?.wake();
  }

  /** @throws an Error when there is something wrong with it */
  async #takeConfiguration(): Promise<void> {
    const { log, load, clock } = this.#parts;
    const { files, ...loaded } = await load();
    this.#watch.watch(files);
    if (loaded.fault) throw asError(loaded.fault);
    const before = this.#settings;
    const after = loaded.settings;
    const times = isTimedOtherwise(before, after)
      ? await this.#parts.due(after, clock.now())
      : undefined;
    await reconfigure(this.#parts, before, after);
    this.#settings = after;
    if (times) {
      this.#times.take(times);
      this.#schedule.reschedule(this.#times);
    }
    log.log('info', 'configuration read', { path: after.path });
    if (after.config.stateDir !== before.config.stateDir)
      log.log('warn', 'stateDir has changed: that takes effect at the next start');
    if (asksOtherwise(before, after)) this.#schedule.lookWithin(0);
  }

  /** Has the schedule's next times worked out. */
  #plan(): void {
    const { clock, due, log } = this.#parts;
    const plan = async (): Promise<void> => {
      try {
        this.#times.take(await due(this.#settings, clock.now()));
        this.#schedule.reschedule(this.#times);
      } catch (error) {
        log.log('error', `schedule: the next times could not be worked out: ${messageOf(error)}`);
        clock.after(planAgainMs, () => this.#plan());
      }
    };
    if (this.#isStopping) return;
    this.#planning ??= plan().finally(() => {
      this.#planning = undefined;
    });
  }

  async #run(reason: RunReason, signal: AbortSignal): Promise<void> {
    const { clock, log, supervisor, onChange } = this.#parts;
    const started = clock.elapsed();
    if (reason !== 'look') this.#looks = 0;
    const ended = () => ({
      endedAt: clock.now(),
      durationMs: Math.round(clock.elapsed() - started),
    });
    try {
      const { report, problems } = await this.#parts.run(this.#settings, signal);
      this.#standing.reported(report, ended());
      await this.#tell(report, reason);
      for (const { code, summary } of problems) await this.#troubles.set(code, summary);
    } catch (error) {
      if (this.#isStopping) return;
      this.#standing.failed(ended());
      log.log('error', `run failed: ${messageOf(error)}`, { reason });
      await this.#troubles.set('run-failed', messageOf(error));
      await this.#parts.metrics.refresh();
    }
    await this.#judgeParts();
    supervisor.status(this.#line());
    onChange();
    this.#pump?.wake();
  }

  async #tell(report: Report, reason: RunReason): Promise<void> {
    const { alerting, log, metrics } = this.#parts;
    const { verdict, checks, gaps, durationMs } = report;
    await this.#troubles.set('run-failed', undefined);
    await alerting.observe(report);
    await this.#troubles.set('verdict-unknown', this.#unknown(report));
    await metrics.observe(report);
    log.log('info', `run: ${verdict}, ${checks.length} checks, ${gaps.length} gaps`, {
      verdict,
      checks: checks.length,
      gaps: gaps.length,
      durationMs,
      reason,
      nextRun: this.#schedule.next()?.toISOString(),
    });
    if (!alerting.wantsSecondLook() || this.#looks >= this.#settings.config.confirmAfter) return;
    this.#looks++;
    this.#schedule.lookWithin(secondLookMs);
  }

  #unknown({ checks }: Report): string | undefined {
    const { unknownInARow } = this.#standing;
    if (unknownInARow < unknownRunsToTell) return undefined;
    const first = checks.find(({ status }) => status === 'unknown');
    const which = first ? `, ${first.id}: ${first.summary}` : '';
    return `no verdict in ${unknownRunsToTell} runs in a row or more${which}`;
  }

  async #judgeParts(): Promise<void> {
    const { log, metrics } = this.#parts;
    const ofLog = log.problem();
    await this.#troubles.setOfParts([
      ...(ofLog === undefined ? [] : [{ code: 'log-unwritable', summary: ofLog }]),
      ...metrics.problems(),
    ]);
  }

  /** For a service manager's status line. */
  #line(): string {
    const { lastRun } = this.#standing;
    const next = this.#schedule.next()?.toISOString();
    return `${lastRun?.result ?? 'starting'}; next run ${next ?? 'not known'}`;
  }
}
