/**
 * A timetable that is worked out ahead, elsewhere: time zones and cron expressions cost memory that the agent at
 * rest does without. Where it ends, or the clock was put back before its beginning, more is asked for.
 */

import type { Clock, Timetable } from '../../service/schedule.ts';
import type { DueTimes } from '../helper/calls.ts';
import type { AgentLog } from '../log/index.ts';
import { messageOf } from './message.ts';

export interface PlannedTimesOptions {
  readonly clock: Clock;
  readonly log: AgentLog;
  /** Works the next times out. */
  readonly due: (after: Date) => Promise<DueTimes>;
  /** What was asked for has come. */
  readonly onTimes: () => void;
}

/** Times that could not be worked out are asked for again after this, milliseconds. */
const askAgainMs = 60_000;

export class PlannedTimes implements Timetable {
  readonly #options: PlannedTimesOptions;
  #planned: DueTimes = { from: 0, times: [] };
  #asking: Promise<void> | undefined;
  #isStopped = false;

  constructor(options: PlannedTimesOptions) {
    this.#options = options;
  }

  /** Goes on with these. */
  take(times: DueTimes): void {
    this.#planned = times;
  }

  next(after: Date): Date | undefined {
    const { from, times } = this.#planned;
    const instant = after.getTime();
    const due = instant < from ? undefined : times.find((time) => time > instant);
    if (due !== undefined) return new Date(due);
    this.#ask();
    return undefined;
  }

  stop(): void {
    this.#isStopped = true;
  }

  #ask(): void {
    if (this.#isStopped) return;
    this.#asking ??= this.#work().finally(() => {
      this.#asking = undefined;
    });
  }

  async #work(): Promise<void> {
    const { clock, log, due, onTimes } = this.#options;
    try {
      this.take(await due(clock.now()));
      onTimes();
    } catch (error) {
      log.log('error', `schedule: the next times could not be worked out: ${messageOf(error)}`);
      clock.after(askAgainMs, () => this.#ask());
    }
  }
}
