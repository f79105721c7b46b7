/**
 * Runs a job at the times of a timetable, for years: one at a time, each with a deadline. Times that were
 * missed (a long run, a suspended machine, a clock put forward) are made up for by one run.
 */

/** Time as it is told and as it passes; tests have their own. */
export interface Clock {
  now(): Date;
  /** A clock that only goes forward, milliseconds. */
  elapsed(): number;
  /** Calls back once after so many milliseconds, unless cancelled. */
  after(ms: number, action: () => void): () => void;
}

export interface Timetable {
  /** The first time after `after`; undefined: none. */
  next(after: Date): Date | undefined;
}

/** Why a run begins; `look`: it was asked for in between. */
export type RunReason = 'start' | 'schedule' | 'look';

export interface ScheduleOptions {
  readonly timetable: Timetable;
  readonly clock: Clock;
  /** One run. The signal aborts at the deadline, and when the schedule stops. Its errors are its own to tell. */
  readonly job: (reason: RunReason, signal: AbortSignal) => Promise<void>;
  /** The longest that a run may take, milliseconds. Asked for each run. */
  readonly deadlineMs: () => number;
}

export interface Schedule {
  /** Begins with a run at once. */
  start(): void;
  /** When the next run of the timetable is due. */
  next(): Date | undefined;
  /** Asks for a run within so many milliseconds, beside those of the timetable. */
  lookWithin(ms: number): void;
  /** Goes on by another timetable; times before now do not count. */
  reschedule(timetable: Timetable): void;
  /** Resolves when nothing runs any more. */
  stop(): Promise<void>;
}

/** So long a wall clock is trusted without looking at it: it may be set, and the machine may sleep. */
const watchMs = 30_000;
/** A difference between the clocks beyond this is a jump. */
const jumpMs = 2000;
/** After a jump, runs begin no closer together than this, or than the timetable has them. */
const spacingMs = 60_000;
/** How long a job may take to notice that its time is over; then it is left to itself. */
const graceMs = 5000;

class Timed implements Schedule {
  readonly #options: ScheduleOptions;
  #isStopped = false;
  /** Of the run that is under way. */
  #ending: AbortController | undefined;
  #timetable: Timetable;
  #due: Date | undefined;
  /** When a run beside the timetable was asked for, by the clock that only goes forward. */
  #lookAt: number | undefined;
  #lastStart: number | undefined;
  #running: Promise<void> | undefined;
  #seen: { now: number; elapsed: number };
  /** The wall clock jumped since the last run began. */
  #jumped = false;
  #cancel: () => void = () => undefined;

  constructor(options: ScheduleOptions) {
    this.#options = options;
    this.#timetable = options.timetable;
    this.#seen = this.#look();
  }

  start(): void {
    this.#seen = this.#look();
    this.#begin('start');
  }

  next(): Date | undefined {
    return this.#due;
  }

  lookWithin(ms: number): void {
    const at = this.#options.clock.elapsed() + ms;
    this.#lookAt = Math.min(at, this.#lookAt ?? Infinity);
    this.#arm();
  }

  reschedule(timetable: Timetable): void {
    this.#timetable = timetable;
    this.#due = timetable.next(this.#options.clock.now());
    this.#arm();
  }

  async stop(): Promise<void> {
    this.#cancel();
    this.#isStopped = true;
    this.#ending?.abort(new Error('the schedule stops'));
    await this.#running;
  }

  #look(): { now: number; elapsed: number } {
    const { clock } = this.#options;
    return { now: clock.now().getTime(), elapsed: clock.elapsed() };
  }

  /** Looks at both clocks, and notices when the wall clock was set or the machine slept. */
  #watch(): { now: number; elapsed: number } {
    const before = this.#seen;
    const seen = this.#look();
    this.#seen = seen;
    const jump = seen.now - before.now - (seen.elapsed - before.elapsed);
    if (Math.abs(jump) <= jumpMs) return seen;
    this.#jumped = true;
    // Put back: what was due next may be hours away now, with times of the timetable before it.
    if (jump < 0) this.#due = this.#timetable.next(new Date(seen.now));
    return seen;
  }

  /** How many milliseconds from now the next run may begin, and why; 0: now. */
  #wait(): { ms: number; reason: RunReason } {
    const { now, elapsed } = this.#watch();
    const due = this.#due === undefined ? Infinity : this.#due.getTime() - now;
    const look = this.#lookAt === undefined ? Infinity : this.#lookAt - elapsed;
    const wanted = Math.max(0, Math.min(due, look));
    const reason = due <= look ? 'schedule' : 'look';
    if (!this.#jumped || this.#lastStart === undefined) return { ms: wanted, reason };
    return { ms: Math.max(wanted, this.#lastStart + this.#spacing() - elapsed), reason };
  }

  #spacing(): number {
    const following = this.#due && this.#timetable.next(this.#due);
    if (this.#due === undefined || following === undefined) return spacingMs;
    return Math.min(spacingMs, following.getTime() - this.#due.getTime());
  }

  #arm(): void {
    this.#cancel();
    if (this.#isStopped || this.#running) return;
    const { ms } = this.#wait();
    this.#cancel = this.#options.clock.after(Math.min(ms, watchMs), () => this.#tick());
  }

  #tick(): void {
    const { ms, reason } = this.#wait();
    if (ms > 0) this.#arm();
    else this.#begin(reason);
  }

  #begin(reason: RunReason): void {
    const { clock } = this.#options;
    this.#lookAt = undefined;
    this.#jumped = false;
    this.#lastStart = clock.elapsed();
    this.#due = this.#timetable.next(clock.now());
    this.#running = this.#run(reason).then(() => {
      this.#running = undefined;
      // What became due meanwhile has been answered by this run.
      const now = clock.now();
      if (this.#due !== undefined && this.#due <= now) this.#due = this.#timetable.next(now);
      this.#arm();
    });
  }

  /** Resolves when the job is over, or when it takes no notice of its deadline. */
  #run(reason: RunReason): Promise<void> {
    const { clock, job, deadlineMs } = this.#options;
    return new Promise((resolve) => {
      const ending = new AbortController();
      let cancelGrace: () => void = () => undefined;
      const limit = deadlineMs();
      const cancelDeadline = clock.after(limit, () =>
        ending.abort(new Error(`ended at its deadline of ${limit / 1000} s`)),
      );
      const end = (): void => {
        cancelDeadline();
        cancelGrace();
        if (this.#ending === ending) this.#ending = undefined; // a job that was left alone may end later
        resolve();
      };
      ending.signal.addEventListener('abort', () => {
        cancelGrace = clock.after(graceMs, end);
      });
      this.#ending = ending;
      job(reason, ending.signal).then(end, end);
    });
  }
}

export const createSchedule = (options: ScheduleOptions): Schedule => new Timed(options);

/** Every time so much later. */
export const delayed = (timetable: Timetable, delayMs: number): Timetable => ({
  next(after) {
    const due = timetable.next(new Date(after.getTime() - delayMs));
    return due && new Date(due.getTime() + delayMs);
  },
});
