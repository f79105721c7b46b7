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
  type DueTimes,
  type Loaded,
  type LoadedSettings,
  type WatchedFile,
  asError,
} from '../helper/calls.ts';
import type { AgentLog } from '../log/index.ts';
import type { Metrics, MetricsOptions } from '../metrics/index.ts';
import { type FileWatch, watchFiles } from './file-watch.ts';
import { PlannedTimes } from './planned-times.ts';
import { type Pump, startPump } from './pump.ts';
import { messageOf } from './message.ts';
import { asksOtherwise, isTimedOtherwise, reconfigure } from './reconfigure.ts';
import { Runs, type RunsOptions } from './runs.ts';
import { Troubles } from './troubles.ts';

/** What metrics ask of the agent. */
export type MetricsSources = Required<Pick<MetricsOptions, 'config' | 'status' | 'network'>>;

export interface AgentParts {
  readonly clock: Clock;
  readonly log: AgentLog;
  readonly alerting: Alerting;
  /** Called once, at the start. Throws as createMetrics does. */
  readonly openMetrics: (options: MetricsSources) => Promise<Metrics>;
  readonly supervisor: Supervisor;
  readonly run: RunsOptions['run'];
  readonly load: () => Promise<Loaded>;
  readonly due: (settings: LoadedSettings, after: Date) => Promise<DueTimes>;
  /** The status may be another one now. */
  readonly onChange: () => void;
}

/** A run ends by itself at `timeouts.run`; this much later it is ended. */
const hardDeadlineMs = 30_000;

export class Agent {
  readonly #parts: AgentParts;
  readonly #startedAt: Date;
  readonly #times: PlannedTimes;
  readonly #schedule: Schedule;
  readonly #troubles: Troubles;
  readonly #runs: Runs;
  readonly #watch: FileWatch;
  #settings: LoadedSettings;
  #metrics: Metrics | undefined;
  #pump: Pump | undefined;
  #isStopping = false;
  #configurationAccepted = true;
  #reloading: Promise<void> | undefined;
  #isReloadAsked = false;

  constructor(parts: AgentParts, settings: LoadedSettings) {
    const { clock, log, due } = parts;
    this.#parts = parts;
    this.#settings = settings;
    this.#startedAt = clock.now();
    this.#times = new PlannedTimes({
      clock,
      log,
      due: (after) => due(this.#settings, after),
      onTimes: () => this.#schedule.reschedule(this.#times),
    });
    this.#troubles = new Troubles(parts.alerting);
    this.#runs = new Runs({
      ...parts,
      troubles: this.#troubles,
      metrics: () => this.#metrics,
      nextRun: () => this.#schedule.next(),
      lookWithin: (ms) => this.#schedule.lookWithin(ms),
    });
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
    this.#metrics = await this.#parts.openMetrics({
      config: this.#settings.config.metrics,
      status: () => this.status(),
      network: () => this.#settings.config,
    });
    await this.#troubles.set('configuration-refused', undefined);
    this.#pump = startPump({ alerting, clock, onRound: onChange });
    this.#schedule.start();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#watch.stop();
    this.#times.stop();
    await this.#schedule.stop();
    await this.#reloading;
    await this.#pump?.stop();
    await this.#metrics?.close();
  }

  get settings(): LoadedSettings {
    return this.#settings;
  }

  status(): AgentStatus {
    const { lastRun, lastReport, runs } = this.#runs.standing;
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
      await this.#metrics?.refresh();
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
    await reconfigure({ ...this.#parts, metrics: this.#metrics }, before, after);
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

  async #run(reason: RunReason, signal: AbortSignal): Promise<void> {
    const { supervisor, onChange } = this.#parts;
    const isStopping = (): boolean => this.#isStopping;
    await this.#runs.run(reason, this.#settings, { signal, isStopping });
    if (this.#isStopping) return;
    supervisor.status(this.#line());
    onChange();
    this.#pump?.wake();
  }

  /** For a service manager's status line. */
  #line(): string {
    const { lastRun } = this.#runs.standing;
    const next = this.#schedule.next()?.toISOString();
    return `${lastRun?.result ?? 'starting'}; next run ${next ?? 'not known'}`;
  }
}
