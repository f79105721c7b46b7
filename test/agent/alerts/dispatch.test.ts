/** What is sent, is on disk before: whatever the disk takes its time for. */

import assert from 'node:assert/strict';
import { it, suite } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { Courier } from '../../../agent/alerts/courier.ts';
import { Dispatch } from '../../../agent/alerts/dispatch.ts';
import { Ledger } from '../../../agent/alerts/ledger.ts';
import { openReceivers } from '../../../agent/alerts/receivers/index.ts';
import { type Saved, emptySaved } from '../../../agent/alerts/saved.ts';
import { settle } from '../../../agent/alerts/outbox.ts';
import type { StateStore } from '../../../agent/state/state-store.ts';
import { unreachable } from './alerting-lab.ts';
import { host, reportOf } from './looks-of.ts';

suite('a slow disk', () => {
  it('is waited for before anything is sent', async () => {
    let written = '';
    let writing: Promise<void> = Promise.resolve();
    const store: StateStore<Saved> = {
      initial: emptySaved,
      save(value) {
        const text = JSON.stringify(value);
        writing = writing.then(() => wait(5)).then(() => void (written = text));
        return writing;
      },
      problem: () => undefined,
      close: () => Promise.resolve(),
    };
    const [receiver] = await openReceivers([{ type: 'webhook', url: 'http://h.example/' }], {});
    assert.ok(receiver);
    const courier = new Courier(receiver, { random: () => 0, tried: [] });
    const from = { host, agent: { name: 'certready', version: '0.1.0' } } as const;
    const ledger = new Ledger({
      store,
      from,
      isTried: (_key, id) => courier.isTried(id),
      keys: () => [receiver.key],
      reconciling: () => ({ now: new Date(), confirmAfter: 1, remindEveryMs: 1e9 }),
      onEvent: () => undefined,
    });
    ledger.change((outbox) => settle(outbox, [receiver]).outbox);
    const early: string[] = [];
    let sent = 0;
    const dispatch = new Dispatch({
      ledger,
      from,
      clock: { now: () => new Date(), elapsed: () => performance.now() },
      log: () => undefined,
      deliver: () =>
        Promise.resolve(({ headers }) => {
          sent += 1;
          const id = headers['webhook-id'] ?? 'no id';
          if (!written.includes(id)) early.push(id);
          return Promise.resolve({ status: 200, line: '' });
        }),
    });
    const never = new AbortController().signal;
    for (let run = 0; run < 40; run++) {
      const all = ['a.test', 'b.test', `${run}.test`];
      ledger.observe(reportOf(unreachable(run % 3 === 0 ? [] : all, all), new Date()));
      // Nobody waits here: what is observed next comes while something is being written or sent.
      const served = dispatch.serve(courier, never);
      await wait(run % 7);
      if (run % 5 === 0) await served;
    }
    await dispatch.serve(courier, never);
    assert.ok(sent > 20, String(sent));
    assert.deepEqual(early, []);
  });
});
