/**
 * 10,000 runs of the agent in simulated time: the real agent, alerting, metrics, log and files; runs and
 * receivers are made up. Gaps come and go, the configuration is reloaded, runs fail. The heap after a forced
 * collection is drawn as a curve.
 *
 *     node --no-opt --no-sparkplug --expose-gc --import tsx bench/agent-soak.ts SVG [RUNS]
 */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAlerting } from '../agent/alerts/index.ts';
import { defaultConfig } from '../agent/config/config.ts';
import type { LoadedSettings } from '../agent/helper/calls.ts';
import { createAgentLog } from '../agent/log/index.ts';
import { createMetrics } from '../agent/metrics/index.ts';
import { Agent } from '../agent/scheduled/agent.ts';
import { changeLine } from '../agent/scheduled/change-lines.ts';
import { createStatusWriter } from '../agent/scheduled/status-writer.ts';
import { notReadyReport, readyReport } from '../test/helpers/sample-report.ts';
import { SimulatedClock } from '../test/helpers/simulated-clock.ts';
import { curve } from './curve.ts';

const [, , svg = '', runsText = '10000'] = process.argv;
const runs = Number(runsText);
const collect = (globalThis as { gc?: () => void }).gc;
if (!collect) throw new Error('needs --expose-gc');

const halfHour = 1_800_000;
const memoryDisk = '/dev/shm';
const folder = await mkdtemp(
  join(existsSync(memoryDisk) ? memoryDisk : tmpdir(), 'certready-soak-'),
);
const stateDir = join(folder, 'state');
const clock = new SimulatedClock('2026-01-01T00:00:00Z');
const config = {
  ...defaultConfig(stateDir),
  alerts: [{ type: 'webhook', url: 'http://receiver.test/' } as const],
  confirmAfter: 1,
  log: { level: 'info', format: 'json', file: join(folder, 'agent.log') } as const,
  metrics: { textfile: join(folder, 'metrics.prom') },
};
const silent = { isTTY: false, columns: 80, write: () => Promise.resolve() };
const log = await createAgentLog(config.log, { env: {}, platform: 'linux', stderr: silent });
let delivered = 0;
let finished = 0;
let ended = 0;
let changes = 0;
let changesAtEnd = 0;
let failed = 0;
const host = readyReport.host;
const alerting = await createAlerting({
  config,
  stateDir,
  host,
  agentVersion: '0.0.0',
  env: {},
  platform: 'linux',
  clock,
  random: () => 0.5,
  log: (level, message) => log.log(level, message),
  openWayOut: () =>
    Promise.resolve(() => {
      delivered++;
      // A receiver that is down for some days now and then
      return Promise.resolve(
        finished % 1500 > 1300 ? { failed: 'down' } : { status: 200, line: '' },
      );
    }),
  onEvent: (event) => {
    const { level, message, fields } = changeLine(event);
    log.announce(level, message, fields);
  },
});
const settings = { config, profiles: [], kinds: new Set(), smtp: [], host: {} } as unknown;
const status = createStatusWriter({
  version: '0.0.0',
  pid: process.pid,
  stateDir,
  platform: 'linux',
  now: clock.now,
  status: () => ({ status: agent.status() }),
  onFailure: () => undefined,
});
const nobody = () => undefined;
const agent = new Agent(
  {
    clock,
    log,
    alerting,
    supervisor: {
      ready: nobody,
      reloading: nobody,
      status: () => {
        ended++; // said at the end of each run
        changesAtEnd = changes;
      },
      stopping: nobody,
      close: () => Promise.resolve(),
    },
    openMetrics: (sources) =>
      createMetrics({ ...sources, env: {}, version: '0.0.0', now: clock.now, log: nobody }),
    load: () => Promise.resolve({ files: [], settings: settings as LoadedSettings }),
    run: () => {
      finished++;
      if (finished % 97 === 0) {
        failed++;
        return Promise.reject(new Error('the process that was asked ended with SIGABRT'));
      }
      const report = finished % 13 < 4 ? notReadyReport : readyReport;
      const startedAt = clock.now().toISOString();
      return Promise.resolve({
        report: { ...report, startedAt, evaluatedAt: startedAt },
        problems: [],
      });
    },
    due: (_settings, after) => {
      const from = after.getTime();
      const first = (Math.floor(from / halfHour) + 1) * halfHour;
      return Promise.resolve({
        from,
        times: Array.from({ length: 400 }, (_, index) => first + index * halfHour),
      });
    },
    onChange: () => {
      changes++;
      status.changed();
    },
  },
  settings as LoadedSettings,
);

const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Waits until a run has been told, and what came of it is sent: files are written in real time. */
const told = async (): Promise<void> => {
  while (ended < finished) await breathe();
  // The run says so itself, and the round of deliveries that it woke.
  while (changes < changesAtEnd + 2) await breathe();
};

await agent.start([]);
const points: { readonly x: number; readonly y: number }[] = [];
const every = Math.max(1, Math.floor(runs / 200));
let next = 0;
const started = performance.now();
while (finished < runs) {
  await clock.pass(halfHour);
  await told();
  if (finished % 500 === 250) agent.reload();
  if (finished < next) continue;
  next = finished + every;
  collect();
  await breathe();
  collect();
  points.push({ x: finished, y: process.memoryUsage().heapUsed / 1024 / 1024 });
}
await agent.stop();
await status.close();
await alerting.close();
await log.close();
await rm(folder, { recursive: true, force: true });

const mean = (values: readonly { readonly y: number }[]): number =>
  values.reduce((sum, { y }) => sum + y, 0) / values.length;
// What is loaded and compiled when it is first used is no growth: the first tenth warms up.
const tenth = Math.ceil(points.length / 10);
const early = mean(points.slice(tenth, 2 * tenth));
const late = mean(points.slice(-tenth));
const growth = `${((late / early - 1) * 100).toFixed(2)} %`;
if (svg !== '')
  await writeFile(
    svg,
    curve(points, {
      title: `Heap after a forced collection over ${finished.toLocaleString('en')} simulated runs: ${growth}`,
      x: 'runs',
      y: 'MB',
    }),
  );
process.stdout.write(
  `${finished} simulated runs in ${Math.round((performance.now() - started) / 1000)} s, ${failed} of them failed, ` +
    `${delivered} deliveries tried: heap ${early.toFixed(2)} MB, then ${late.toFixed(2)} MB: ${growth}\n`,
);
