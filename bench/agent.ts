/**
 * What the agent costs while it rests: resident memory beside a bare idle Node's, and processor time over a
 * minute; and whether it grows over 10,000 simulated runs, as docs/agent-memory.svg. Linux only (/proc).
 *
 *     npm run bench:agent [SECONDS [RUNS]]
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as wait } from 'node:timers/promises';
import { readStatusFile } from '../agent/status-file.ts';
import { startReceiver } from '../test/agent/alerts/receiver-server.ts';
import { freePort } from '../test/helpers/loopback-lab.ts';
import { makeCa } from '../test/helpers/private-ca.ts';
import { execute } from './execute.ts';
import { median, table } from './measure.ts';

const [, , secondsText = '60', runs = '10000'] = process.argv;
const seconds = Number(secondsText);
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const rounds = 5;

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** Resident kilobytes. */
const resident = async (pid: number): Promise<number> =>
  Number(/^VmRSS:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]);

/** Seconds of processor time, those of children that have ended included (proc(5): 14 to 17). */
const processorTime = async (pid: number): Promise<number> => {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /s, '').split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / ticksPerSecond;
};

const switches = async (pid: number): Promise<number> =>
  Number(
    /^voluntary_ctxt_switches:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1],
  );

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
const receiver = await startReceiver();
const root = makeCa({ name: 'CN=Bench Root' });
await writeFile(join(folder, 'other.pem'), makeCa({ name: 'CN=Other' }).pem);
await writeFile(
  join(folder, 'profile.json'),
  JSON.stringify({
    id: 'bench',
    title: 'A change',
    authorities: [{ id: 'r1', name: 'Bench Root', root: true, certificate: root.pem }],
  }),
);
// With all that it can hold while it rests: metrics, a log file, and an alert that was just sent.
const everything = {
  metrics: { listen: `127.0.0.1:${await freePort()}`, textfile: 'metrics.prom' },
  log: { file: 'agent.log' },
  alerts: [{ type: 'webhook', url: `http://127.0.0.1:${receiver.port}/` }],
};
const kinds = [
  ['the agent, defaults', {}],
  ['the agent, with metrics, log file and webhook', everything],
] as const;

const rows: string[][] = [
  ['at rest', 'resident', 'of bare Node', `CPU in ${seconds} s`, 'wake-ups/min'],
];
rows.push(['bare Node', `${(floor / 1024).toFixed(1)} MB`, '1.00', '', '']);
for (const [name, more] of kinds) {
  const config = join(folder, 'config.json');
  await rm(stateDir, { recursive: true, force: true });
  const base = { schedule: '0 0 1 1 *', stateDir: 'state', confirmAfter: 1 };
  const asked = { profiles: ['profile.json'], trustStores: [{ path: 'other.pem' }] };
  await writeFile(config, JSON.stringify({ ...base, ...asked, ...more }));
  const agent = spawn(process.execPath, [here('../dist/certready.js'), '-c', config], {
    stdio: 'ignore',
  });
  const pid = agent.pid ?? 0;
  while (!(await readStatusFile(stateDir))?.lastRun) {
    if (agent.exitCode !== null) throw new Error(`the agent ended with ${agent.exitCode}`);
    await wait(100);
  }
  await wait(12_000); // the helper that sent the alert has ended
  const [before, woken] = [await processorTime(pid), await switches(pid)];
  const samples: number[] = [];
  for (let second = 0; second < seconds; second++) {
    samples.push(await resident(pid));
    await wait(1000);
  }
  const share = ((await processorTime(pid)) - before) / seconds;
  const wakeUps = (((await switches(pid)) - woken) * 60) / seconds;
  const most = Math.max(...samples);
  rows.push([
    name,
    `${(most / 1024).toFixed(1)} MB`,
    (most / floor).toFixed(2),
    `${(share * 100).toFixed(3)} %`,
    wakeUps.toFixed(0),
  ]);
  await ended(agent);
}
await receiver.close();
await rm(folder, { recursive: true, force: true });
process.stdout.write(`${table(rows)}\n\n`);

const soak = await execute(process.execPath, [
  // Without the optimizer, as the agent is: its code would come little by little.
  ...['--no-opt', '--expose-gc', '--import', 'tsx'],
  here('agent-soak.ts'),
  here('../docs/agent-memory.svg'),
  runs,
]);
process.stdout.write(soak.stdout);
