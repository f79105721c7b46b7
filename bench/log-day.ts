/**
 * One screen of the log of a day: the agent's own schedule, alerting and log, on a clock that makes a day pass
 * in half a minute. What a run finds is set here; nothing leaves the host.
 *
 *     node --import tsx bench/log-day.ts [json]
 */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createAlerting } from '../agent/alerts/index.ts';
import { type Config, defaultConfig } from '../agent/config/config.ts';
import type { LoadedSettings } from '../agent/helper/calls.ts';
import { createAgentLog } from '../agent/log/index.ts';
import { createMetrics } from '../agent/metrics/index.ts';
import { Agent } from '../agent/scheduled/agent.ts';
import { changeLine } from '../agent/scheduled/change-lines.ts';
import { connectSupervisor } from '../service/supervisor.ts';
import { type Look, host, reportOf } from '../test/agent/alerts/looks-of.ts';
import { startReceiver } from '../test/agent/alerts/receiver-server.ts';
import { SimulatedClock } from '../test/helpers/simulated-clock.ts';

const minute = 60_000;
const midnight = Date.parse('2026-11-27T00:00:00.000Z');
/** Simulated time between looks at the real world, whose disks and sockets take their own. */
const stepMs = 15_000;

const folder = await mkdtemp(join(tmpdir(), 'certready-day-'));
const clock = new SimulatedClock(new Date(midnight).toISOString());
const receiver = await startReceiver();
const isBetween = (from: string, to: string): boolean => {
  const time = clock.now().toISOString().slice(11, 16);
  return from <= time && time < to;
};
receiver.behave = () =>
  isBetween('06:00', '08:40') ? { status: 503, body: 'maintenance' } : { status: 200 };

const file = join(folder, 'certready.log');
const config: Config = {
  ...defaultConfig(join(folder, 'state')),
  schedule: '0 * * * *',
  proxy: 'none',
  alerts: [{ type: 'webhook', url: `http://127.0.0.1:${receiver.port}/hook` }],
  log: { level: 'info', format: process.argv[2] === 'json' ? 'json' : 'text', file },
};
const settings = {
  config,
  profiles: [],
  kinds: new Set(),
  smtp: [],
  host: {},
} as unknown as LoadedSettings;

const crl = 'crl:http://crl.globalsign.com/gsorganizationvalsha2g3.crl';
const endpoint = 'endpoint:crl.globalsign.com:80';
const store = 'trust-store:r1@/etc/ssl/certs';
const healthy = {
  [endpoint]: 'ok',
  [crl]: 'ok',
  [store]: 'ok',
  'clock:mx1.example.org': 'ok',
} as const;

/** What a run finds at this time of the day. */
const found = (): Look => {
  if (isBetween('03:00', '03:01') || isBetween('06:00', '11:30'))
    return {
      checks: { ...healthy, [endpoint]: 'critical', [crl]: 'blocked' },
      gaps: [
        {
          code: 'connect-timeout',
          target: 'crl.globalsign.com:80',
          checks: [endpoint],
          summary: 'crl.globalsign.com:80 (203.0.113.7) does not answer within 5 s',
        },
      ],
    };
  if (isBetween('15:00', '23:00'))
    return {
      checks: { ...healthy, [store]: 'critical' },
      gaps: [
        {
          code: 'root-missing',
          target: 'r1@/etc/ssl/certs',
          owner: 'server',
          checks: [store],
          summary: 'GlobalSign Root CA - R1 is not in /etc/ssl/certs',
        },
      ],
    };
  return { checks: healthy };
};

const log = await createAgentLog(config.log, {
  env: {},
  platform: process.platform,
  stderr: { write: () => Promise.resolve() },
  now: clock.now,
});
const alerting = await createAlerting({
  config,
  stateDir: config.stateDir,
  host,
  agentVersion: '0.1.0',
  env: {},
  platform: process.platform,
  clock,
  random: Math.random,
  log: (level, message) => log.log(level, message),
  onEvent: (event) => {
    const { level, message, fields } = changeLine(event);
    log.announce(level, message, fields);
  },
});
const supervisor = await connectSupervisor({
  env: {},
  platform: process.platform,
  onStop: () => undefined,
  onReload: () => undefined,
});
/** Whether something may be under way: a run and what follows from it, which take their own time. */
const isRunning = (): boolean => clock.now().getUTCMinutes() < 3;

let isBroken = false;
const agent = new Agent(
  {
    clock,
    log,
    alerting,
    supervisor,
    openMetrics: (sources) =>
      createMetrics({
        ...sources,
        env: {},
        version: '0.1.0',
        now: clock.now,
        log: () => undefined,
      }),
    load: () =>
      Promise.resolve(
        isBroken
          ? {
              files: [],
              fault: {
                message: 'the configuration is wrong',
                code: 'config-invalid' as const,
                lines: [
                  '/etc/certready/config.yaml: schedule: got "hourly", allowed: a cron expression',
                ],
              },
            }
          : { files: [], settings },
      ),
    run: () => Promise.resolve({ report: reportOf(found(), clock.now()), problems: [] }),
    due: (_settings, after) =>
      Promise.resolve({
        from: after.getTime(),
        times: Array.from({ length: 25 }, (_, hour) => midnight + hour * 60 * minute + 21_000),
      }),
    onChange: () => undefined,
  },
  settings,
);

log.announce('info', 'certready 0.1.0 begins; configuration: /etc/certready/config.yaml', {
  pid: 812,
});
await agent.start([]);
while (clock.now().getTime() < midnight + 24 * 60 * minute - stepMs) {
  await clock.pass(stepMs);
  await wait(isRunning() ? 60 : 1);
  const broken = isBetween('13:10', '13:40');
  if (broken !== isBroken) {
    isBroken = broken;
    agent.reload();
  }
}
await agent.stop();
await alerting.close();
log.announce('info', 'certready ends');
await log.close();
await receiver.close();
process.stdout.write(await readFile(file, 'utf8'));
await rm(folder, { recursive: true, force: true });
