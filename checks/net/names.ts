/** Resolves a name once for all who ask at the same time or soon after: lookups hold few threads, and may be slow. */

import { type Resolution, type ResolveOptions, resolveName, unanswered } from './dns.ts';
import { throwIfStopped } from './retry.ts';

type Bounds = Pick<ResolveOptions, 'budgetMs' | 'signal'>;

export interface Names {
  /** As resolveName. @throws the signal's reason when the run is aborted */
  resolve(name: string, bounds: Bounds): Promise<Resolution>;
}

/** How long addresses are used again, milliseconds: one run's checks and redirects, not the next run. */
const freshMs = 20_000;
const mostKnown = 256;

interface Asking {
  readonly answer: Promise<Resolution>;
  readonly stop: AbortController;
  waiting: number;
}

const aborted = (signal: AbortSignal): { promise: Promise<undefined>; forget: () => void } => {
  let onAbort = (): void => undefined;
  const promise = new Promise<undefined>((resolve) => {
    onAbort = () => resolve(undefined);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  return { promise, forget: () => signal.removeEventListener('abort', onAbort) };
};

export const createNames = (options: Omit<ResolveOptions, keyof Bounds>): Names => {
  const known = new Map<string, { at: number; resolution: Resolution }>();
  const asked = new Map<string, Asking>();

  const ask = (name: string, budgetMs: number): Asking => {
    const stop = new AbortController();
    const answer = resolveName(name, { ...options, budgetMs, signal: stop.signal })
      .then((resolution) => {
        if (known.size >= mostKnown) known.clear();
        // What failed is asked again: it may have been a passing fault.
        if (resolution.addresses) known.set(name, { at: options.elapsed(), resolution });
        return resolution;
      })
      .finally(() => asked.delete(name));
    answer.catch(() => undefined); // whoever still waits for it sees it
    const asking: Asking = { answer, stop, waiting: 0 };
    asked.set(name, asking);
    return asking;
  };

  return {
    async resolve(name, { budgetMs, signal }) {
      throwIfStopped(signal);
      const start = options.elapsed();
      const found = known.get(name);
      if (found && start - found.at < freshMs) return found.resolution;
      const asking = asked.get(name) ?? ask(name, budgetMs);
      asking.waiting++;
      const abort = aborted(signal);
      try {
        const resolution = await Promise.race([asking.answer, abort.promise]);
        if (resolution) return resolution;
        throwIfStopped(signal);
        return await unanswered(name, { ...options, budgetMs, signal }, start);
      } finally {
        abort.forget();
        asking.waiting--;
        if (asking.waiting === 0) {
          asked.delete(name);
          asking.stop.abort(signal.reason);
        }
      }
    },
  };
};
