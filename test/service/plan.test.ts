/** Carrying a plan out: what is verified, and what is undone. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type Step, execute } from '../../service/plan.ts';
import { ServiceError } from '../../service/service-error.ts';

const trail = (failing: { run?: string; verify?: string; undo?: string } = {}) => {
  const done: string[] = [];
  const step = (name: string): Step => {
    const act = (what: 'run' | 'verify' | 'undo') => (): Promise<void> => {
      done.push(`${what} ${name}`);
      return failing[what] === name ? Promise.reject(new Error('no')) : Promise.resolve();
    };
    return { summary: name, run: act('run'), verify: act('verify'), undo: act('undo') };
  };
  const steps = ['a', 'b', 'c'].map(step);
  const execution = {
    onStep: ({ summary }: Step) => {
      done.push(`told ${summary}`);
      return Promise.resolve();
    },
    reasonOf: (error: unknown) => (error instanceof Error ? error.message : ''),
  };
  return { done, run: () => execute({ steps }, execution) };
};

it('each step is verified before the next one', async () => {
  const { done, run } = trail();
  await run();
  assert.deepEqual(
    done,
    ['a', 'b', 'c'].flatMap((s) => [`run ${s}`, `verify ${s}`, `told ${s}`]),
  );
});

for (const what of ['run', 'verify'] as const)
  it(`what was done is undone from the end when ${what} fails`, async () => {
    const { done, run } = trail({ [what]: 'b' });
    await assert.rejects(run, (error) => {
      assert.ok(error instanceof ServiceError);
      assert.equal(error.code, 'step-failed');
      assert.deepEqual(error.lines, ['cannot b: no']);
      return true;
    });
    assert.deepEqual(done.slice(-2), ['undo b', 'undo a']);
    assert.ok(!done.includes('run c'));
  });

it('what cannot be undone is said, and the rest is undone all the same', async () => {
  const { done, run } = trail({ run: 'c', undo: 'b' });
  await assert.rejects(run, { lines: ['cannot c: no', 'cannot undo "b": no'] });
  assert.deepEqual(done.slice(-3), ['undo c', 'undo b', 'undo a']);
});
