/** Asks the tasks: all at once up to a bound, each timed; a throw or a passed deadline costs that task only. */

import { setMaxListeners } from 'node:events';
import type { Observation } from '../../checks/types.ts';
import type { RunContext } from './context.ts';
import type { Planned, PlannedCheck } from './plan.ts';

export type Progress = (done: number, total: number, last: string) => void;

/** A task with what it saw, or why it saw nothing. */
export type Executed = Planned & { readonly durationMs: number } & (
    | { readonly observation: Observation }
    | { readonly observation?: undefined; readonly failure: string }
  );

export interface ExecuteOptions {
  readonly run: RunContext;
  readonly timeoutMs: number;
  readonly onProgress?: Progress;
  readonly signal: AbortSignal;
}

/** Tasks wait for the network nearly all the time, so the bound is there for sockets, not for cores. */
const concurrency = 64;

/** Unlike AbortSignal.timeout it keeps the process alive: a check that hangs must end in a report. */
const startDeadline = (timeoutMs: number): { signal: AbortSignal; clear: () => void } => {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error('deadline')), timeoutMs);
  return { signal: controller.signal, clear: () => clearTimeout(timer) };
};

const rejectOnAbort = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    const fail = (): void => reject(signal.reason as Error);
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });

const failureText = (error: unknown, deadline: AbortSignal): string => {
  if (deadline.aborted) return 'the deadline of the run passed before this check was done';
  return `certready failed in this check: ${error instanceof Error ? error.message : String(error)}`;
};

/** Lets so many go on at once; the others wait for their turn. */
const turnstile = (places: number): (<T>(work: () => Promise<T>) => Promise<T>) => {
  const waiting: (() => void)[] = [];
  let free = places;
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
};

/** Gives what was executed in the order of the plan. */
export const execute = async (
  plan: readonly PlannedCheck[],
  { run, timeoutMs, onProgress, signal }: ExecuteOptions,
): Promise<readonly Executed[]> => {
  const { signal: deadline, clear } = startDeadline(timeoutMs);
  const stop = AbortSignal.any([deadline, signal]);
  setMaxListeners(0, stop); // every task listens to it
  const stopped = rejectOnAbort(stop);
  stopped.catch(() => undefined); // each task awaits it; none may be left
  const inTurn = turnstile(concurrency);
  let done = 0;
  let total = 0;

  const ask = async (item: Planned): Promise<Executed> => {
    const started = run.host.elapsed();
    const end = (): number => Math.round(run.host.elapsed() - started);
    try {
      const observation = await Promise.race([item.task.observe(stop), stopped]);
      run.saw(observation);
      return { ...item, observation, durationMs: end() };
    } catch (error) {
      return { ...item, failure: failureText(error, deadline), durationMs: end() };
    } finally {
      onProgress?.(++done, total, item.id);
    }
  };

  const askCheck = async ({ tasks }: PlannedCheck): Promise<readonly Executed[]> => {
    const items = Array.isArray(tasks)
      ? (tasks as readonly Planned[])
      : await Promise.race([tasks, stopped]);
    total += items.length;
    return Promise.all(items.map((item) => inTurn(() => ask(item))));
  };
  const results = new Map<PlannedCheck, readonly Executed[]>();
  const askAll = async (checks: readonly PlannedCheck[]): Promise<void> => {
    await Promise.all(checks.map(async (check) => results.set(check, await askCheck(check))));
  };
  try {
    await askAll(plan.filter(({ last }) => !last));
    await askAll(plan.filter(({ last }) => last));
  } finally {
    clear();
  }
  return plan.flatMap((check) => results.get(check) ?? []);
};
