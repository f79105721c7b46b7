/**
 * What starting costs, as ratios to `node -e 0` of the same Node, in interleaved rounds:
 * `certready --version`, the first packet of `certready --once`, and a whole healthy run beside its
 * slowest check; and the same of the single executable, beside the Node inside it. Needs openssl and nginx,
 * for a healthy CA on loopback, and the npm registry, for the executable's Node.
 *
 *     npm run bench:startup
 */

import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Report } from '../agent/report/report.ts';
import { buildExecutable, openWorkshop, ownTarget } from '../packaging/executable.ts';
import { nodeVersion } from '../packaging/registry.ts';
import { startLoopbackLab } from '../test/helpers/loopback-lab.ts';
import { interleaved, median, table } from './measure.ts';

const program = fileURLToPath(new URL('../dist/certready.js', import.meta.url));
const rounds = Number(process.argv[2] ?? 20);

const wall = (args: readonly string[], command = process.execPath): Promise<number> =>
  new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(command, args, { stdio: 'ignore' });
    child.once('error', reject);
    child.once('exit', () => resolve(performance.now() - started));
  });

const lab = await startLoopbackLab();
const workshop = await openWorkshop();
const executable = join(workshop.folder, 'certready');
await buildExecutable(workshop, ownTarget(), executable);
const output = join(lab.folder, 'report.json');

// Everything leads to a server that only notes when the first connection comes.
let arrived: (() => void) | undefined;
const listener = createServer((socket) => {
  socket.destroy();
  arrived?.();
});
await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
const address = listener.address();
const port = typeof address === 'object' && address ? address.port : 0;

const firstPacket = async (): Promise<number> => {
  const started = performance.now();
  const first = new Promise<number>((resolve) => {
    arrived = () => resolve(performance.now() - started);
  });
  const everything = ['--proxy', 'none', '--connect-to', `::127.0.0.1:${port}`];
  const child = spawn(process.execPath, [program, '--once', '-q', '-o', output, ...everything], {
    stdio: 'ignore',
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const ms = await first;
  child.kill('SIGKILL');
  await gone;
  return ms;
};

const slowest: number[] = [];
const reported: number[] = [];
const healthyRun = async (): Promise<number> => {
  const ms = await wall([program, '--once', '-q', '-f', 'json', '-o', output, ...lab.options]);
  const report = JSON.parse(await readFile(output, 'utf8')) as Report;
  if (report.verdict !== 'ready')
    throw new Error(`the healthy lab is ${report.verdict}: see ${output}`);
  slowest.push(Math.max(...report.checks.map(({ durationMs }) => durationMs)));
  reported.push(report.durationMs);
  return ms;
};

const insideFloor = `node -e 0, Node v${nodeVersion}`;

await writeFile(output, '');
try {
  const times = await interleaved(
    [
      { name: 'node -e 0', run: () => wall(['-e', '0']) },
      { name: 'certready --version', run: () => wall([program, '--version']) },
      { name: 'certready --once, first packet', run: firstPacket },
      { name: 'certready --once, healthy run', run: healthyRun },
      { name: insideFloor, run: () => wall(['-e', '0'], workshop.node) },
      { name: 'executable --version', run: () => wall(['--version'], executable) },
      {
        name: 'executable --once, healthy run',
        run: () => wall(['--once', '-q', '-o', output, ...lab.options], executable),
      },
    ],
    rounds,
  );
  // Of the same Node: the executable's is another one
  let floor = Number.NaN;
  const rows = [...times].map(([name, ms]) => {
    if (name.includes('node -e 0')) floor = ms;
    return [name, ms.toFixed(1), (ms / floor).toFixed(2)];
  });
  process.stdout.write(`Node ${process.version}, medians of ${rounds} interleaved rounds\n\n`);
  process.stdout.write(`${table([['', 'ms', 'ratio'], ...rows])}\n\n`);
  const startUp = times.get('certready --version') ?? 0;
  const whole = times.get('certready --once, healthy run') ?? 0;
  process.stdout.write(
    `slowest check ${median(slowest)} ms, run ${median(reported)} ms; ` +
      `whole run / (1.5 × slowest check + start-up) = ${(whole / (1.5 * median(slowest) + startUp)).toFixed(2)}\n`,
  );
} finally {
  listener.close();
  await lab.stop();
  await workshop.close();
}
