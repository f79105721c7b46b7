/** Asks the tasks: all at once up to a bound, each timed; a throw or a passed deadline costs that task only. */

import { setMaxListeners } from 'node:events';
import type { Observation } from '../../checks/types.ts';
import type { RunContext } from './context.ts';
import type { Planned } from './plan.ts';

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

export const execute = async (
  planned: readonly Planned[],
  { run, timeoutMs, onProgress, signal }: ExecuteOptions,
): Promise<readonly Executed[]> => {
  const { signal: deadline, clear } = startDeadline(timeoutMs);
  const stop = AbortSignal.any([deadline, signal]);
  setMaxListeners(0, stop); // every task listens to it
  const stopped = rejectOnAbort(stop);
  stopped.catch(() => undefined); // each task awaits it; none may be left
  let done = 0;

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
      onProgress?.(++done, planned.length, item.id);
    }
  };

  const results = new Map<Planned, Executed>();
  const askAll = async (items: readonly Planned[]): Promise<void> => {
    const waiting = [...items];
    const worker = async (): Promise<void> => {
      for (let item = waiting.shift(); item; item = waiting.shift())
        results.set(item, await ask(item));
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, worker));
  };
  try {
    await askAll(planned.filter(({ last }) => !last));
    await askAll(planned.filter(({ last }) => last));
  } finally {
    clear();
  }
  return planned.flatMap((item) => results.get(item) ?? []);
};
