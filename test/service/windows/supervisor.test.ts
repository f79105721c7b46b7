import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, it, mock } from 'node:test';
import type { ServiceStatus } from '../../../service/windows/service-status.ts';
import { superviseByManager } from '../../../service/windows/supervisor.ts';

const supervised = async () => {
  const reports: ServiceStatus[] = [];
  const told: string[] = [];
  let answer: (control: number) => number = () => -1;
  const supervisor = await superviseByManager(
    { onStop: () => told.push('stop'), onReload: () => told.push('reload') },
    (given) => {
      answer = given;
      return Promise.resolve({
        report: (status) => reports.push(status),
        released: () => Promise.resolve(),
      });
    },
  );
  assert.ok(supervisor);
  return {
    supervisor,
    told,
    /** What the manager knows now. */
    shown: () => {
      const { dwCurrentState, dwControlsAccepted, dwCheckPoint } = reports.at(-1) ?? {};
      return { state: dwCurrentState, accepts: dwControlsAccepted, checkPoint: dwCheckPoint };
    },
    reports,
    control: async (code: number) => {
      const answered = answer(code);
      await turn();
      return answered;
    },
  };
};

describe('certready under the service control manager', () => {
  it('starts, runs, stops and ends', async () => {
    const { supervisor, shown, told, reports, control } = await supervised();
    assert.deepEqual(shown(), { state: 2, accepts: 0, checkPoint: 1 });
    supervisor.ready();
    assert.deepEqual(shown(), { state: 4, accepts: 0x10d, checkPoint: 0 });
    assert.equal(await control(1), 0);
    assert.deepEqual(shown(), { state: 3, accepts: 0, checkPoint: 1 });
    assert.deepEqual(told, ['stop']);
    supervisor.stopping();
    supervisor.ready(); // a reload that ends now
    assert.equal(shown().state, 3);
    await supervisor.close(0);
    assert.deepEqual(shown(), { state: 1, accepts: 0, checkPoint: 0 });
    assert.equal(reports.length, 4);
  });

  it('shows progress while it starts and stops', async () => {
    mock.timers.enable({ apis: ['setInterval'] });
    try {
      const { supervisor, shown } = await supervised();
      mock.timers.tick(3000);
      assert.deepEqual(shown(), { state: 2, accepts: 0, checkPoint: 4 });
      supervisor.ready();
      mock.timers.tick(3000);
      assert.equal(shown().state, 4);
      supervisor.stopping();
      mock.timers.tick(2000);
      assert.deepEqual(shown(), { state: 3, accepts: 0, checkPoint: 3 });
      await supervisor.close(0);
    } finally {
      mock.timers.reset();
    }
  });

  for (const [name, code, answered, expected] of [
    ['STOP', 1, 0, ['stop']],
    ['SHUTDOWN', 5, 0, ['stop']],
    ['PRESHUTDOWN', 15, 0, ['stop']],
    ['PARAMCHANGE', 6, 0, ['reload']],
    ['INTERROGATE', 4, 0, []],
    ['PAUSE, which is not offered', 2, 120, []],
    ['one of others', 200, 120, []],
  ] as const)
    it(`answers ${name}`, async () => {
      const { supervisor, told, control } = await supervised();
      supervisor.ready();
      assert.equal(await control(code), answered);
      assert.deepEqual(told, expected);
      await supervisor.close(0);
    });

  it('ends with the status of the program, so that the manager recovers it', async () => {
    const { supervisor, reports } = await supervised();
    await supervisor.close(3);
    const { dwCurrentState, dwWin32ExitCode, dwServiceSpecificExitCode } = reports.at(-1) ?? {};
    assert.deepEqual([dwCurrentState, dwWin32ExitCode, dwServiceSpecificExitCode], [1, 1066, 3]);
  });

  it('is not there where no manager started it', async () => {
    const options = { onStop: () => undefined, onReload: () => undefined };
    assert.equal(await superviseByManager(options, () => Promise.resolve(undefined)), undefined);
  });
});
