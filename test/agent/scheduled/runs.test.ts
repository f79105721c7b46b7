import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  type AlertEvent,
  type Alerting,
  createAlerting,
  isGapEvent,
} from '../../../agent/alerts/index.ts';
import { defaultConfig } from '../../../agent/config/config.ts';
import type { LoadedSettings } from '../../../agent/helper/calls.ts';
import type { AgentLog } from '../../../agent/log/index.ts';
import { Runs } from '../../../agent/scheduled/runs.ts';
import { Troubles } from '../../../agent/scheduled/troubles.ts';
import type { Report } from '../../../agent/report/report.ts';
import type { RunReason } from '../../../service/schedule.ts';
import { notReadyReport, readyReport } from '../../helpers/sample-report.ts';
import { SimulatedClock } from '../../helpers/simulated-clock.ts';

interface Lab {
  /** One run that ends so. */
  readonly run: (end: Report | Error, reason?: RunReason) => Promise<void>;
  /** What was told, since it was last asked. */
  readonly told: () => readonly string[];
  /** Milliseconds in which another look was asked for. */
  readonly looks: readonly number[];
  readonly runs: Runs;
  alerting: Alerting;
}

const withLab = async (confirmAfter: number, use: (lab: Lab) => Promise<void>): Promise<void> => {
  const stateDir = await mkdtemp(join(tmpdir(), 'certready-runs-'));
  const clock = new SimulatedClock('2026-01-01T00:00:00Z');
  const config = { ...defaultConfig(stateDir), confirmAfter };
  const events: AlertEvent[] = [];
  const looks: number[] = [];
  const silent = () => undefined;
  const log: AgentLog = {
    log: silent,
    announce: silent,
    problem: silent,
    reconfigure: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  const alerting = await createAlerting({
    config,
    stateDir,
    host: readyReport.host,
    agentVersion: '0.0.0',
    env: {},
    platform: 'linux',
    clock,
    random: () => 0,
    log: silent,
    onEvent: (event) => events.push(event),
  });
  let end: Report | Error = readyReport;
  const runs = new Runs({
    clock,
    log,
    alerting,
    troubles: new Troubles(alerting),
    metrics: silent,
    run: () =>
      end instanceof Error ? Promise.reject(end) : Promise.resolve({ report: end, problems: [] }),
    nextRun: silent,
    lookWithin: (ms) => looks.push(ms),
  });
  try {
    await use({
      runs,
      looks,
      alerting,
      async run(how, reason = 'schedule') {
        end = how;
        const { signal } = new AbortController();
        const settings = { config } as LoadedSettings;
        await runs.run(reason, settings, { signal, isStopping: () => false });
      },
      told: () =>
        events
          .splice(0)
          .map(
            (event) => `${event.type} ${isGapEvent(event) ? event.gap.code : event.problem.code}`,
          ),
    });
  } finally {
    await alerting.close();
    await rm(stateDir, { recursive: true, force: true });
  }
};

describe('runs', () => {
  it('tells of a failed run until one has a report', () =>
    withLab(1, async ({ run, told, runs }) => {
      await run(new Error('the process that was asked ended with SIGABRT'));
      await run(new Error('again'));
      assert.deepEqual(told(), ['agent.trouble run-failed']);
      await run(readyReport);
      assert.deepEqual(told(), ['agent.recovered run-failed']);
      assert.deepEqual(
        { ...runs.standing.runs },
        { ready: 1, warning: 0, 'not-ready': 0, unknown: 0, failed: 2 },
      );
      assert.equal(runs.standing.lastRun?.result, 'ready');
    }));

  it('looks again soon at what it saw once, and not for ever', () =>
    withLab(3, async ({ run, told, looks }) => {
      await run(notReadyReport);
      assert.deepEqual([looks.length, told()], [1, []]);
      await run(notReadyReport, 'look');
      assert.deepEqual([looks.length, told()], [2, []]);
      await run(notReadyReport, 'look');
      assert.equal(looks.length, 2);
      assert.ok(told().every((event) => event.startsWith('gap.opened')));
      assert.ok(looks.every((ms) => ms > 0 && ms <= 60_000));
    }));

  it('looks again no more often than it takes to confirm, while a gap comes and goes', () =>
    withLab(3, async ({ run, looks }) => {
      await run(notReadyReport);
      for (let turn = 0; turn < 20; turn++)
        await run(turn % 2 === 0 ? readyReport : notReadyReport, 'look');
      assert.ok(looks.length <= 3, String(looks.length));
    }));
});
