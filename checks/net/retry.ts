/** Two attempts within one budget: a fault is asked twice before it is believed. */

import { asError } from './faults.ts';

/** One attempt has a value, or a fault. */
export type Outcome<T, F extends object> =
  | { readonly value: T; readonly fault?: undefined }
  | { readonly value?: undefined; readonly fault: F };

export interface Attempt {
  /**
   * Aborts when the budget is spent, when the other attempt won, or when the run is aborted. The attempt
   * then settles at once, with the fault that silence means at that point.
   */
  readonly signal: AbortSignal;
  /** Told whenever something came from the other side. */
  readonly progress: () => void;
  /** Until the next progress, somebody else counts the silence and asks again. */
  readonly busy: () => void;
}

export interface RetryOptions<T, F extends object> {
  /** Both attempts together take no longer, milliseconds. */
  readonly budgetMs: number;
  readonly signal: AbortSignal;
  readonly elapsed: () => number;
  /** Whether another attempt may end otherwise; an attempt that ends with any other fault decides. */
  readonly retriable?: (fault: F) => boolean;
  /** Whether the attempt has asked twice itself: none is started for it, but one that runs is awaited. */
  readonly exhausted?: (fault: F) => boolean;
  /** Lets go of a value that came too late. */
  readonly dispose?: (value: T) => void;
}

/** How long a failure that came at once is left alone before it is asked again. */
const pauseMs = 300;

/** Why an attempt is aborted that may still settle with its fault; any other reason ends the run. */
const spent = new Error('the time for this attempt is over');

/** @throws the signal's reason when the run itself is aborted, not only one attempt */
export const throwIfStopped = (signal: AbortSignal): void => {
  if (signal.aborted && signal.reason !== spent) throw asError(signal.reason);
};

/**
 * Runs an attempt up to twice. After a quick fault the second one follows a short pause later; where
 * nothing has come by half of the budget it starts beside the first, on a connection of its own, and
 * whichever succeeds first wins. When both fail, the fault is the second's where it followed the first and
 * was not cut short, and else the first's.
 * @throws the signal's reason when the run is aborted; whatever an attempt throws
 */
export const twice = <T, F extends object>(
  attempt: (attempt: Attempt) => Promise<Outcome<T, F>>,
  options: RetryOptions<T, F>,
): Promise<Outcome<T, F>> =>
  new Promise((resolve, reject) => {
    const { budgetMs, signal, elapsed, dispose } = options;
    const { retriable = () => true, exhausted = () => false } = options;
    const start = elapsed();
    const controllers: AbortController[] = [];
    const timers = new Set<NodeJS.Timeout>();
    let launched = 0;
    let running = 0;
    let lastProgress = start;
    let over = false;
    let settled = false;
    let verdict: Outcome<T, F> | undefined;

    const later = (ms: number, action: () => void): void => {
      const timer = setTimeout(
        () => {
          timers.delete(timer);
          action();
        },
        Math.max(0, ms),
      );
      timers.add(timer);
    };
    const clear = (): void => {
      for (const timer of timers) clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      for (const controller of controllers) controller.abort(spent);
    };
    const finish = (end: () => void): void => {
      if (settled) return;
      settled = true;
      clear();
      end();
    };
    const giveUp = (): void => {
      over = true;
      clear();
      const answer = verdict;
      if (running === 0 && answer) finish(() => resolve(answer));
    };
    const onAbort = (): void => {
      if (signal.reason === spent) giveUp();
      else finish(() => reject(asError(signal.reason)));
    };

    const settle = (outcome: Outcome<T, F>, sequential: boolean): void => {
      running--;
      if (settled) {
        if (outcome.fault === undefined) dispose?.(outcome.value as T);
        return;
      }
      if (outcome.fault === undefined || !retriable(outcome.fault)) {
        finish(() => resolve(outcome));
        return;
      }
      // An attempt that the end of the time cut short knows less than the one before it.
      const cutShort = over || elapsed() - start > budgetMs * 0.95;
      if (verdict === undefined || (sequential && !cutShort)) verdict = outcome;
      const answer = verdict;
      const pause = Math.min(pauseMs, (start + budgetMs - elapsed()) / 4);
      const again = launched === 1 && !over && !exhausted(outcome.fault);
      if (again) later(pause, launchOnce);
      else if (running === 0) finish(() => resolve(answer));
    };
    const launch = (): void => {
      const controller = new AbortController();
      const sequential = running === 0;
      controllers.push(controller);
      launched++;
      running++;
      const progress = (): void => {
        lastProgress = elapsed();
      };
      const busy = (): void => {
        lastProgress = Infinity;
      };
      attempt({ signal: controller.signal, progress, busy }).then(
        (outcome) => settle(outcome, sequential),
        (error: unknown) => finish(() => reject(asError(error))),
      );
    };
    const launchOnce = (): void => {
      if (launched === 1) launch();
    };
    const launchIfSilent = (): void => {
      const silence = Math.max(0, elapsed() - lastProgress);
      if (silence >= budgetMs / 4) launchOnce();
      else later(budgetMs / 4 - silence, launchIfSilent);
    };

    launch();
    later(budgetMs / 2, launchIfSilent);
    later(budgetMs, giveUp);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
