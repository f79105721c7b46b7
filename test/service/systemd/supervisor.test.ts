/** What is sent to systemd, to a real datagram socket. */

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath, pid } from 'node:process';
import { after, before, it, suite } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { canNotify, socketAddress } from '../../../service/systemd/notify-socket.ts';
import { watchdogPeriodMs } from '../../../service/systemd/supervisor.ts';
import { connectSupervisor, type SupervisorOptions } from '../../../service/supervisor.ts';
import { receiveNotifications } from '../../helpers/notify-receiver.ts';
import { lacking } from '../../helpers/programs.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'certready-notify-'));
});
after(() => rm(folder, { recursive: true, force: true }));

const connect = (
  env: SupervisorOptions['env'],
  more: Partial<SupervisorOptions> = {},
): ReturnType<typeof connectSupervisor> =>
  connectSupervisor({
    env,
    platform: 'linux',
    onStop: () => undefined,
    onReload: () => undefined,
    ...more,
  });

const skip = (await lacking('perl')) || (!(await canNotify()) && 'needs koffi for this platform');

suite('systemd hears', { skip }, () => {
  for (const [kind, address] of [
    ['path', () => join(folder, 'notify')],
    ['path with a space and ä', () => join(folder, 'nötify me')],
    ['abstract address', () => `@certready-test-${pid}`],
  ] as const)
    it(`the life of a service at a ${kind}`, async () => {
      const receiver = await receiveNotifications(address());
      const problems: string[] = [];
      const supervisor = await connect(
        { NOTIFY_SOCKET: receiver.address },
        { onProblem: (line) => problems.push(line) },
      );
      supervisor.status('first run\nnow');
      supervisor.ready();
      supervisor.reloading();
      supervisor.ready();
      supervisor.stopping();
      await supervisor.close(0);
      await receiver.count(5);
      receiver.stop();
      const [status, ready, reloading = '', again, stopping] = receiver.messages();
      assert.equal(status, 'STATUS=first run now');
      assert.equal(ready, 'READY=1');
      assert.match(reloading, /^RELOADING=1 MONOTONIC_USEC=[1-9]\d+$/);
      assert.equal(again, 'READY=1');
      assert.equal(stopping, 'STOPPING=1');
      assert.deepEqual(problems, []);
    });

  it('the watchdog only while the agent says that it is alive', async () => {
    const receiver = await receiveNotifications(join(folder, 'watchdog'));
    let alive = true;
    const supervisor = await connect(
      { NOTIFY_SOCKET: receiver.address, WATCHDOG_USEC: '40000', WATCHDOG_PID: String(pid) },
      { isAlive: () => alive },
    );
    const held = setInterval(() => undefined, 1000); // the watchdog holds no process
    await receiver.count(3);
    alive = false;
    supervisor.status('ill');
    while (!receiver.messages().includes('STATUS=ill'))
      await receiver.count(receiver.messages().length + 1);
    await wait(200); // five times the watchdog's
    await supervisor.close(0);
    clearInterval(held);
    receiver.stop();
    const said = receiver.messages();
    assert.deepEqual(new Set(said.slice(0, -1)), new Set(['WATCHDOG=1']));
    assert.equal(said.at(-1), 'STATUS=ill');
  });

  const hindrances: readonly (readonly [what: string, path: string, signal: AbortSignal])[] = [
    ['it cannot begin anew', '/nowhere/certready', new AbortController().signal],
    ['it has been told to end', execPath, AbortSignal.abort()],
  ];
  for (const [what, path, signal] of hindrances)
    it(`the process that it was where ${what}`, async () => {
      const receiver = await receiveNotifications(join(folder, `anew ${what}`));
      const supervisor = await connect(
        { NOTIFY_SOCKET: receiver.address },
        { beginning: { commandLine: [path, '-e', 'process.exit(1)'], signal } },
      );
      supervisor.ready();
      await supervisor.close(0);
      await receiver.count(1);
      receiver.stop();
      assert.deepEqual(receiver.messages(), ['READY=1']);
    });

  it('nothing where nobody listens, and the agent goes on', async () => {
    const problems: string[] = [];
    const supervisor = await connect(
      { NOTIFY_SOCKET: join(folder, 'nobody') },
      { onProblem: (line) => problems.push(line) },
    );
    supervisor.ready();
    await supervisor.close(0);
    assert.equal(problems.length, 1);
  });
});

it('a socket address is 2 bytes of family, and a path that ends with a zero byte or starts with one', () => {
  assert.deepEqual([...(socketAddress('/a') ?? [])].slice(2), [0x2f, 0x61, 0]);
  assert.deepEqual([...(socketAddress('@a') ?? [])].slice(2), [0, 0x61]);
  assert.equal(socketAddress(`/${'a'.repeat(106)}`)?.length, 110);
  for (const bad of ['', 'relative', 'vsock:2:1234', `/${'a'.repeat(107)}`])
    assert.equal(socketAddress(bad), undefined, bad);
});

it('half of the watchdog time, for this process alone', () => {
  const cases = [
    [{}, undefined],
    [{ WATCHDOG_USEC: '120000000' }, 60_000],
    [{ WATCHDOG_USEC: '120000000', WATCHDOG_PID: '7' }, 60_000],
    [{ WATCHDOG_USEC: '120000000', WATCHDOG_PID: '8' }, undefined],
    [{ WATCHDOG_USEC: '0' }, undefined],
    [{ WATCHDOG_USEC: 'soon' }, undefined],
  ] as const;
  for (const [env, expected] of cases) assert.equal(watchdogPeriodMs(env, 7), expected);
});
