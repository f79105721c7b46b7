import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Attempt, type Outcome, twice } from '../../checks/net/retry.ts';
import { steady } from './servers.ts';

type Result = Outcome<string, { readonly why: string }>;
const budgetMs = 400;

const after = (ms: number, result: Result) => (): Promise<Result> =>
  new Promise((resolve) => setTimeout(() => resolve(result), ms));

/** Nothing, until it is over. */
const silent =
  (why: string) =>
  ({ signal }: Attempt): Promise<Result> =>
    new Promise((resolve) => signal.addEventListener('abort', () => resolve({ fault: { why } })));

const run = async (
  attempts: readonly ((attempt: Attempt) => Promise<Result>)[],
  options: Partial<Parameters<typeof twice<string, { why: string }>>[1]> = {},
) => {
  const started: number[] = [];
  const disposed: string[] = [];
  const start = performance.now();
  const outcome = await twice<string, { readonly why: string }>(
    (attempt) => {
      started.push(Math.round(performance.now() - start));
      return (attempts[started.length - 1] ?? assert.fail('a third attempt'))(attempt);
    },
    {
      budgetMs,
      signal: steady(),
      elapsed: () => performance.now(),
      dispose: (value) => disposed.push(value),
      ...options,
    },
  );
  const ms = performance.now() - start;
  return { outcome: outcome.value ?? outcome.fault.why, started, ms, disposed };
};

describe('two attempts', () => {
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
    assert.ok((started[1] ?? 0) >= budgetMs / 2 - 5);
  });

  it('say what the first found, where both are silent, when the time is over', async () => {
    const { outcome, ms } = await run([silent('first'), silent('second')]);
    assert.equal(outcome, 'first');
    assert.ok(ms >= budgetMs - 5 && ms < budgetMs + 300);
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
    await new Promise((resolve) => setTimeout(resolve, 150));
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
    const outer = await twice<string, { why: string }>(
      async ({ signal }) => {
        const inner = await run([silent('first'), silent('second')], { signal, budgetMs: 9999 });
        return { fault: { why: `inner ${inner.outcome}` } };
      },
      { budgetMs: 200, signal: steady(), elapsed: () => performance.now() },
    );
    assert.equal(outer.fault?.why, 'inner first');
  });
});
