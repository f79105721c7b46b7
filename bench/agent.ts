/**
 * What the agent costs while it rests: resident memory beside a bare idle Node's, and processor time over a
 * minute; and whether it grows over 10,000 simulated runs, as docs/agent-memory.svg. Linux only (/proc).
 *
 *     npm run bench:agent [SECONDS [RUNS]]
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as wait } from 'node:timers/promises';
import { systemRoots } from '../agent/alerts/system-roots.ts';
import { readStatusFile } from '../agent/status-file.ts';
import { type ReceiverServer, startReceiver } from '../test/agent/alerts/receiver-server.ts';
import { freePort } from '../test/helpers/free-port.ts';
import { receiveNotifications } from '../test/helpers/notify-receiver.ts';
import { makeCa } from '../test/helpers/private-ca.ts';
import { dnsName, subjectAltName } from '../test/helpers/x509-writer.ts';
import { execute } from './execute.ts';
import { median, table } from './measure.ts';
import { processorTime, resident, switches } from './process.ts';

const [, , secondsText = '60', runs = '10000'] = process.argv;
const seconds = Number(secondsText);
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const rounds = 5;

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });

const bareNode = async (): Promise<number> => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e9)'], { stdio: 'ignore' });
  await wait(1500);
  const kilobytes = await resident(child.pid ?? 0);
  await ended(child);
  return kilobytes;
};

const bare: number[] = [];
for (let round = 0; round < rounds; round++) bare.push(await bareNode());
const floor = median(bare);

const folder = await mkdtemp(join(tmpdir(), 'certready-bench-'));
const stateDir = join(folder, 'state');
const config = join(folder, 'config.json');
const ca = makeCa({ name: 'CN=Bench Root' });
const { pem: cert, keyPem: key } = ca.issue({
  name: 'localhost',
  extensions: [subjectAltName(dnsName('localhost'))],
});
const [receiver, collector, secureCollector] = [
  await startReceiver(),
  await startReceiver(),
  await startReceiver({ cert, key }),
];
const systemd = await receiveNotifications(`@certready-bench-${process.pid}`);
await writeFile(join(folder, 'other.pem'), makeCa({ name: 'CN=Other' }).pem);
await writeFile(join(folder, 'roots.pem'), [...(await systemRoots({})), ca.pem].join('\n'));
await writeFile(
  join(folder, 'profile.json'),
  JSON.stringify({
    id: 'bench',
    title: 'A change',
    authorities: [{ id: 'r1', name: 'Bench Root', root: true, certificate: ca.pem }],
  }),
);

interface Kind {
  readonly name: string;
  readonly config: object;
  readonly env?: Readonly<Record<string, string>>;
  /** What must have come of it. */
  readonly proof?: () => boolean;
}

const metrics = { listen: `127.0.0.1:${await freePort()}`, textfile: 'metrics.prom' };
/** With all that it can hold while it rests: metrics, a log file, and an alert that was just sent. */
const everything = {
  metrics,
  log: { file: 'agent.log' },
  alerts: [{ type: 'webhook', url: `http://127.0.0.1:${receiver.port}/` }],
};
const pushing = (url: string): object => ({
  ...everything,
  metrics: { ...metrics, otlp: { url } },
});
/** As the unit has it. */
const supervised = { NOTIFY_SOCKET: systemd.address, WATCHDOG_USEC: '120000000' };
const isHeard = (): boolean =>
  ['READY=1', 'WATCHDOG=1'].every((message) => systemd.messages().includes(message));
const hasPushed = ({ received }: ReceiverServer): boolean =>
  received.some(({ url }) => url === '/v1/metrics');

const kinds: readonly Kind[] = [
  { name: 'defaults', config: {} },
  {
    name: 'metrics, log file, webhook',
    config: everything,
    proof: () => receiver.received.length > 0,
  },
  { name: 'the same, below systemd', config: everything, env: supervised, proof: isHeard },
  {
    name: 'the same, and OTLP by http',
    config: pushing(`http://localhost:${collector.port}`),
    env: supervised,
    proof: () => isHeard() && hasPushed(collector),
  },
  {
    name: 'the same, OTLP by https',
    config: pushing(`https://localhost:${secureCollector.port}`),
    env: { ...supervised, SSL_CERT_FILE: join(folder, 'roots.pem') },
    proof: () => isHeard() && hasPushed(secureCollector),
  },
];

const measure = async ({ name, config: more, env, proof }: Kind): Promise<readonly string[]> => {
  await rm(stateDir, { recursive: true, force: true });
  const base = { schedule: '0 0 1 1 *', stateDir: 'state', confirmAfter: 1 };
  const asked = { profiles: ['profile.json'], trustStores: [{ path: 'other.pem' }] };
  await writeFile(config, JSON.stringify({ ...base, ...asked, ...more }));
  const agent = spawn(process.execPath, [here('../dist/certready.js'), '-c', config], {
    stdio: 'ignore',
    env: { ...process.env, ...env },
  });
  const pid = agent.pid ?? 0;
  while (!(await readStatusFile(stateDir))?.lastRun) {
    if (agent.exitCode !== null) throw new Error(`the agent ended with ${agent.exitCode}`);
    await wait(100);
  }
  // The helper that sent the alert has ended, and V8 has given back what the start and the first run took.
  await wait(30_000);
  const [before, woken] = [await processorTime(pid), await switches(pid)];
  const samples: number[] = [];
  for (let second = 0; second < seconds; second++) {
    samples.push(await resident(pid));
    await wait(1000);
  }
  if (proof?.() === false) throw new Error(`${name}: not everything has come that should`);
  const share = ((await processorTime(pid)) - before) / seconds;
  const wakeUps = (((await switches(pid)) - woken) * 60) / seconds;
  await ended(agent);
  const most = Math.max(...samples);
  return [
    name,
    `${(most / 1024).toFixed(1)} MB`,
    (most / floor).toFixed(3),
    `${(share * 100).toFixed(3)} %`,
    wakeUps.toFixed(0),
  ];
};

const rows: (readonly string[])[] = [
  ['the agent at rest', 'resident', 'of bare Node', `CPU in ${seconds} s`, 'wake-ups/min'],
  ['bare Node', `${(floor / 1024).toFixed(1)} MB`, '1.000', '', ''],
];
for (const kind of kinds) rows.push(await measure(kind));
systemd.stop();
await Promise.all([receiver, collector, secureCollector].map((server) => server.close()));
await rm(folder, { recursive: true, force: true });
process.stdout.write(`${table(rows)}\n\n`);

const soak = await execute(process.execPath, [
  // Without the optimizer, as the agent is: its code would come little by little.
  ...['--no-opt', '--no-sparkplug', '--expose-gc', '--import', 'tsx'],
  here('agent-soak.ts'),
  here('../docs/agent-memory.svg'),
  runs,
]);
process.stdout.write(soak.stdout);
