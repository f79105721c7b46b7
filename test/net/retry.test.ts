import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { type Attempt, type Outcome, twice } from '../../checks/net/retry.ts';
import { steady } from './servers.ts';

type Result = Outcome<string, { readonly why: string }>;
const budgetMs = 400;

let now = 0;
const elapsed = (): number => now;

/** Lets the time pass until something has settled: what follows from a timer happens before the next one. */
const settled = async <T>(promise: Promise<T>): Promise<T> => {
  const waiting = new Set([promise]);
  const over = (): void => {
    waiting.delete(promise);
  };
  promise.then(over, over);
  await turn();
  while (waiting.size > 0) {
    now += 1;
    mock.timers.tick(1);
    await turn();
  }
  return promise;
};

const after = (ms: number, result: Result) => (): Promise<Result> =>
  new Promise((resolve) => setTimeout(() => resolve(result), ms));

/** Nothing, until it is over. */
const silent =
  (why: string) =>
  ({ signal }: Attempt): Promise<Result> =>
    new Promise((resolve) => signal.addEventListener('abort', () => resolve({ fault: { why } })));

const runTwice = async (
  attempts: readonly ((attempt: Attempt) => Promise<Result>)[],
  options: Partial<Parameters<typeof twice<string, { why: string }>>[1]> = {},
) => {
  const started: number[] = [];
  const disposed: string[] = [];
  const start = elapsed();
  const outcome = await twice<string, { readonly why: string }>(
    (attempt) => {
      started.push(elapsed() - start);
      return (attempts[started.length - 1] ?? assert.fail('a third attempt'))(attempt);
    },
    {
      budgetMs,
      signal: steady(),
      elapsed,
      dispose: (value) => disposed.push(value),
      ...options,
    },
  );
  const ms = elapsed() - start;
  return { outcome: outcome.value ?? outcome.fault.why, started, ms, disposed };
};
const run = (...args: Parameters<typeof runTwice>): ReturnType<typeof runTwice> =>
  settled(runTwice(...args));

describe('two attempts', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'setInterval'] }));
  afterEach(() => mock.timers.reset());

  it('are one where the first succeeds', async () => {
    const { outcome, started } = await run([after(10, { value: 'a' })]);
    assert.deepEqual([outcome, started.length], ['a', 1]);
  });

  it('follow each other, after a pause, where the first fails at once', async () => {
    const { outcome, started } = await run([
      after(0, { fault: { why: 'first' } }),
      after(0, { value: 'b' }),
    ]);
    assert.equal(outcome, 'b');
    assert.ok((started[1] ?? 0) >= 50);
  });

  it('say what the second found, where both failed one after the other', async () => {
    const { outcome, ms } = await run([
      after(0, { fault: { why: 'first' } }),
      after(0, { fault: { why: 'second' } }),
    ]);
    assert.equal(outcome, 'second');
    assert.ok(ms < budgetMs);
  });

  it('say what the first found, where the second had no time left', async () => {
    const { outcome } = await run([after(250, { fault: { why: 'first' } }), silent('second')]);
    assert.equal(outcome, 'first');
  });

  it('run side by side from half of the time on, where the first is silent', async () => {
    const { outcome, started } = await run([silent('first'), after(20, { value: 'b' })]);
    assert.equal(outcome, 'b');
    assert.equal(started[1], budgetMs / 2);
  });

  it('say what the first found, where both are silent, when the time is over', async () => {
    const { outcome, ms } = await run([silent('first'), silent('second')]);
    assert.equal(outcome, 'first');
    assert.equal(ms, budgetMs);
  });

  it('wait for the first where the second fails beside it', async () => {
    const { outcome } = await run([
      after(300, { value: 'a' }),
      after(10, { fault: { why: 'second' } }),
    ]);
    assert.equal(outcome, 'a');
  });

  it('let go of what comes too late', async () => {
    const { outcome, disposed } = await run([
      after(budgetMs - 100, { value: 'late' }),
      after(10, { value: 'b' }),
    ]);
    assert.equal(outcome, 'b');
    await settled(after(150, { value: 'a while' })());
    assert.deepEqual(disposed, ['late']);
  });

  it('are one where something keeps coming, until the time is over', async () => {
    const { outcome, started } = await run([
      ({ progress, signal }) => {
        const timer = setInterval(progress, 20);
        signal.addEventListener('abort', () => clearInterval(timer));
        return silent('drip')({ progress, signal, busy: () => undefined });
      },
    ]);
    assert.deepEqual([outcome, started.length], ['drip', 1]);
  });

  it('are one while somebody else counts the silence', async () => {
    const { started } = await run([
      (attempt) => {
        attempt.busy();
        return silent('busy')(attempt);
      },
    ]);
    assert.equal(started.length, 1);
  });

  it('are one where the fault is an answer, or was asked twice already', async () => {
    const first = after(0, { fault: { why: 'no' } });
    for (const options of [{ retriable: () => false }, { exhausted: () => true }]) {
      const { outcome, started } = await run([first], options);
      assert.deepEqual([outcome, started.length], ['no', 1]);
    }
  });

  it('end with the run, and with what an attempt throws', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('enough')), 30);
    await assert.rejects(run([silent('first')], { signal: controller.signal }), {
      message: 'enough',
    });
    await assert.rejects(run([() => Promise.reject(new Error('a bug'))]), { message: 'a bug' });
  });

  it('end within the time of those around them', async () => {
    const outer = twice<string, { why: string }>(
      async ({ signal }) => {
        const inner = await runTwice([silent('first'), silent('second')], {
          signal,
          budgetMs: 9999,
        });
        return { fault: { why: `inner ${inner.outcome}` } };
      },
      { budgetMs: 200, signal: steady(), elapsed },
    );
    assert.equal((await settled(outer)).fault?.why, 'inner first');
  });
});
