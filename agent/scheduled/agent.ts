/** The scheduled agent: runs by the schedule, tells what changes, keeps its own troubles in sight. */

import { parseCron } from '../../service/cron.ts';
import {
  type Clock,
  type RunReason,
  type Schedule,
  type Timetable,
  createSchedule,
  delayed,
} from '../../service/schedule.ts';
import { splayOffset } from '../../service/splay.ts';
import type { Supervisor } from '../../service/supervisor.ts';
import type { AgentStatus } from '../agent-status.ts';
import type { Alerting } from '../alerts/index.ts';
import { milliseconds } from '../config/duration.ts';
import type { AgentLog } from '../log/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { Report } from '../report/report.ts';
import type { Settings } from '../settings.ts';
import { type Pump, startPump } from './pump.ts';
import { Standing, unknownRunsToTell } from './standing.ts';

export interface AgentParts {
  readonly clock: Clock;
  readonly log: AgentLog;
  readonly alerting: Alerting;
  readonly metrics: Metrics;
  readonly supervisor: Supervisor;
  /** One run. It rejects when there is no report. */
  readonly ask: (settings: Settings, signal: AbortSignal) => Promise<Report>;
  /** Takes a report where `--output` wants it. */
  readonly deliver: (report: Report) => Promise<void>;
}

/** What was seen once is looked at again after this, milliseconds. */
const secondLookMs = 30_000;

/** A run ends by itself at `timeouts.run`; this much later it is ended. */
const hardDeadlineMs = 30_000;

const timetableOf = ({ config }: Settings, hostName: string): Timetable =>
  delayed(
    parseCron(config.schedule, config.timezone),
    splayOffset(hostName, milliseconds(config.splay)),
  );

export interface AgentOptions {
  readonly hostName: string;
  readonly settings: Settings;
  readonly parts: AgentParts;
}

export class Agent {
  readonly #parts: AgentParts;
  readonly #hostName: string;
  readonly #standing = new Standing();
  readonly #startedAt: Date;
  readonly #schedule: Schedule;
  #settings: Settings;
  #pump: Pump | undefined;
  /** Second looks since the last run of the timetable. */
  #looks = 0;
  #configurationAccepted = true;

  constructor({ hostName, settings, parts }: AgentOptions) {
    this.#parts = parts;
    this.#hostName = hostName;
    this.#settings = settings;
    this.#startedAt = parts.clock.now();
    this.#schedule = createSchedule({
      timetable: timetableOf(settings, hostName),
      clock: parts.clock,
      job: (reason, signal) => this.#run(reason, signal),
      deadlineMs: () => milliseconds(this.#settings.config.timeouts.run) + hardDeadlineMs,
    });
  }

  start(): void {
    const { alerting, clock } = this.#parts;
    this.#pump = startPump({ alerting, clock, onRound: () => undefined });
    this.#schedule.start();
  }

  async stop(): Promise<void> {
    await this.#schedule.stop();
    await this.#pump?.stop();
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

  async #run(reason: RunReason, signal: AbortSignal): Promise<void> {
    const { clock, log, supervisor, metrics } = this.#parts;
    const started = clock.elapsed();
    if (reason !== 'look') this.#looks = 0;
    const ended = () => ({
      endedAt: clock.now(),
      durationMs: Math.round(clock.elapsed() - started),
    });
    try {
      const report = await this.#parts.ask(this.#settings, signal);
      this.#standing.reported(report, ended());
      await this.#tell(report, reason);
    } catch (error) {
      if (signal.aborted && !this.#pump) return;
      const why = error instanceof Error ? error.message : String(error);
      this.#standing.failed(ended());
      log.log('error', `run failed: ${why}`, { reason });
      await this.#parts.alerting.trouble('run-failed', why);
      await metrics.refresh();
    }
    supervisor.status(this.#line());
    this.#pump?.wake();
  }

  async #tell(report: Report, reason: RunReason): Promise<void> {
    const { alerting, log, metrics, deliver } = this.#parts;
    const { verdict, checks, gaps, durationMs } = report;
    await alerting.recovered('run-failed');
    await alerting.observe(report);
    await this.#judgeUnknown(report);
    await metrics.observe(report);
    await deliver(report);
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

  async #judgeUnknown({ checks }: Report): Promise<void> {
    const { alerting } = this.#parts;
    const { unknownInARow } = this.#standing;
    if (unknownInARow === 0) await alerting.recovered('verdict-unknown');
    if (unknownInARow < unknownRunsToTell) return;
    const first = checks.find(({ status }) => status === 'unknown');
    await alerting.trouble(
      'verdict-unknown',
      `${unknownInARow} runs in a row could not tell${first ? `: ${first.id}: ${first.summary}` : ''}`,
    );
  }

  /** For a service manager's status line. */
  #line(): string {
    const { lastRun } = this.#standing;
    const next = this.#schedule.next()?.toISOString();
    return `${lastRun?.result ?? 'starting'}; next run ${next ?? 'never'}`;
  }
}
