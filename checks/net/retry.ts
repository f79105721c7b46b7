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
  progress(): void;
}

export interface RetryOptions<T, F extends object> {
  /** Both attempts together take no longer, milliseconds. */
  readonly budgetMs: number;
  readonly signal: AbortSignal;
  readonly elapsed: () => number;
  /** Whether another attempt may end otherwise; an attempt that ends with any other fault decides. */
  readonly retriable?: (fault: F) => boolean;
  /** Lets go of a value that came too late. */
  readonly dispose?: (value: T) => void;
}

/** How long a failure that came at once is left alone before it is asked again. */
const pauseMs = 300;

/**
 * Runs an attempt up to twice. After a quick fault the second one follows a short pause later; where
 * nothing has come by half of the budget it starts beside the first, on a connection of its own, and
 * whichever succeeds first wins. When both fail, the fault is the second's where it followed the first,
 * and the first's where both ran at once.
 * @throws the signal's reason when the run is aborted; whatever an attempt throws
 */
export const twice = <T, F extends object>(
  attempt: (attempt: Attempt) => Promise<Outcome<T, F>>,
  { budgetMs, signal, elapsed, retriable = () => true, dispose }: RetryOptions<T, F>,
): Promise<Outcome<T, F>> =>
  new Promise((resolve, reject) => {
    const start = elapsed();
    const controllers: AbortController[] = [];
    const timers = new Set<NodeJS.Timeout>();
    let launched = 0;
    let running = 0;
    let lastProgress = start;
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
    const finish = (end: () => void): void => {
      if (settled) return;
      settled = true;
      for (const timer of timers) clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      for (const controller of controllers) controller.abort();
      end();
    };
    const onAbort = (): void => finish(() => reject(signal.reason as Error));

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
      if (verdict === undefined || sequential) verdict = outcome;
      const answer = verdict;
      const left = start + budgetMs - elapsed();
      if (launched === 1 && left > 0)
        later(Math.min(pauseMs, left / 4), () => {
          if (launched === 1) launch();
        });
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
      attempt({ signal: controller.signal, progress }).then(
        (outcome) => settle(outcome, sequential),
        (error: unknown) => finish(() => reject(asError(error))),
      );
    };
    const launchIfSilent = (): void => {
      if (launched > 1) return;
      const idle = elapsed() - lastProgress;
      if (idle >= budgetMs / 4) launch();
      else later(budgetMs / 4 - idle, launchIfSilent);
    };

    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener('abort', onAbort, { once: true });
    later(budgetMs / 2, launchIfSilent);
    later(budgetMs, () => {
      for (const controller of controllers) controller.abort();
      if (running === 0 && verdict) {
        const answer = verdict;
        finish(() => resolve(answer));
      }
    });
    launch();
  });
