/**
 * An agent's alerting that is about to be killed: gaps open and close at random, and are delivered, until it
 * is. Says on standard output, a line each, what has reached the outbox. With `drain` all gaps close, and it
 * ends when everything is delivered.
 *
 * Its clock runs a thousand times as fast, so that the waits between tries are milliseconds.
 */

import { writeSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { createAlerting, isGapEvent } from '../../../agent/alerts/index.ts';
import { unreachable } from './alerting-lab.ts';
import { host, reportOf } from './looks-of.ts';

const [stateDir = '', url = '', epoch = '0', mode = 'run'] = process.argv.slice(2);
const speed = 1000;
const now = (): Date => new Date(Number(epoch) + (Date.now() - Number(epoch)) * speed);

const names = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `${name}.test`);
const never = new AbortController().signal;

const alerting = await createAlerting({
  config: {
    alerts: [{ type: 'webhook', url }],
    confirmAfter: 1,
    remindEvery: '6h',
    proxy: 'none',
    timeouts: { connect: '5s', request: '5s', run: '120s' },
  },
  stateDir,
  host,
  agentVersion: '0.1.0',
  env: {},
  platform: process.platform,
  clock: { now, elapsed: () => performance.now() },
  random: Math.random,
  log: (level, message) => {
    if (message.includes('.bad-')) writeSync(1, `torn ${level} ${message}\n`);
  },
  onEvent(event) {
    // At once, and as one write: a kill cannot come between.
    if (isGapEvent(event)) writeSync(1, `told ${event.type} ${event.gap.id} ${event.at}\n`);
  },
});
writeSync(1, 'ready\n');

const drained = new AbortController();
const pumping = (async () => {
  while (!drained.signal.aborted) {
    const due = await alerting.pump(never);
    await wait(Math.min(20, Math.max(1, ((due?.getTime() ?? Infinity) - now().getTime()) / speed)));
  }
})();

const look = (there: readonly string[]): Promise<void> =>
  alerting.observe(reportOf(unreachable(there, names), now()));

if (mode === 'run')
  for (;;) {
    await look(names.filter(() => Math.random() < 0.4));
    await wait(1 + Math.random() * 10);
  }

// One that has come and gone often has to be gone for longer.
for (let run = 0; run < 20; run++) await look([]);
while (alerting.depth().some(({ pending }) => pending > 0)) await wait(5);
drained.abort();
await pumping;
await alerting.close();
writeSync(1, 'drained\n');
