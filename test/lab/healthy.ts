/**
 * No false alarm: a healthy path, however slow and unusual, stays green.
 *
 *     npm run lab:healthy -- 200
 */

import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Report } from '../../agent/report/report.ts';
import { type FirewallLab, answerOf, labLacks, openLab, program, usualResolvers } from './lab.ts';
import type { Line } from './namespaces.ts';
import { unusualProfileText } from './profile.ts';

const conditionalFetch = fileURLToPath(new URL('conditional-fetch.ts', import.meta.url));

export const lines = {
  'a short line': undefined,
  '500 ms': { roundTripMs: 500, lossPercent: 0 },
  '5 % loss': { roundTripMs: 30, lossPercent: 5 },
  '500 ms and 5 % loss': { roundTripMs: 500, lossPercent: 5 },
} as const satisfies Record<string, Line | undefined>;

/** CRLs of some 10 KB: a line that loses 5 % carries 100 KB at 500 ms no sooner than any other program gets it. */
const revoked = 300;

/** A few at once, so that they wait at the same time. */
const parallel = 8;

export const openHealthyLab = (): Promise<FirewallLab> => openLab({ revoked });

/** One run of certready at unusual hosts: what is wrong with it, nothing where it is ready. */
const askOnce = async (lab: FirewallLab, profile: string): Promise<readonly string[]> => {
  const options = ['--once', '--format', 'json', '--profile', profile, '--proxy', 'none'];
  const words = await lab.onMailServer(
    [process.execPath, program, ...options, '--trust-store', join(lab.folder, 'root.crt')],
    usualResolvers('both'),
  );
  const { exitCode, stdout, stderr } = await answerOf(words, { PATH: process.env['PATH'] });
  if (!stdout.startsWith('{')) return [`no report: ${stderr.trim()}`];
  const { verdict, checks, gaps } = JSON.parse(stdout) as Report;
  const odd = checks
    .filter(({ status }) => status !== 'ok')
    .map(({ id, status }) => `${id}: ${status}`);
  const problems = [...gaps.map(({ id }) => id), ...odd];
  return verdict === 'ready' && exitCode === 0
    ? odd
    : [`${verdict}, exit ${exitCode}`, ...problems];
};

/** A conditional request that a real server answers by 304, over the same network client. */
const askConditionally = async (lab: FirewallLab): Promise<readonly string[]> => {
  const { mtime } = await stat(join(lab.folder, 'www/root.crl'));
  const words = await lab.onMailServer(
    [
      process.execPath,
      '--import',
      'tsx',
      conditionalFetch,
      'http://crl.lab.test/root.crl',
      mtime.toUTCString(),
    ],
    usualResolvers('both'),
  );
  const { stdout, stderr } = await answerOf(words, { PATH: process.env['PATH'] });
  return stdout.trim() === '304' ? [] : [`conditional request: ${stdout.trim()}${stderr.trim()}`];
};

/** Asks `runs` times over a line; each failure is told. */
export const askOver = async (
  lab: FirewallLab,
  line: Line | undefined,
  runs: number,
): Promise<readonly string[]> => {
  const profile = join(lab.folder, 'unusual.yaml');
  await writeFile(profile, unusualProfileText);
  const failures: string[] = [];
  const take = (problems: readonly string[]): void => {
    if (problems.length > 0) failures.push(problems.join('; '));
  };
  try {
    if (line) await lab.net.slow(line);
    let left = runs;
    const worker = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        take(await askOnce(lab, profile));
      }
    };
    await Promise.all(Array.from({ length: Math.min(parallel, runs) }, worker));
    take(await askConditionally(lab));
  } finally {
    await lab.net.reset();
  }
  return failures;
};

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const main = async (runs: number): Promise<void> => {
  const missing = await labLacks();
  if (missing !== false) throw new Error(`the lab cannot be opened here: ${missing}`);
  if (!Number.isInteger(runs) || runs < 1) throw new Error('how many runs? A number from 1');
  const lab = await openHealthyLab();
  let bad = 0;
  try {
    const size = (await readFile(join(lab.folder, 'www/inter.crl'))).length;
    say(`CRLs of up to ${size} bytes, certready's own time-outs`);
    const all = Object.entries(lines);
    for (const [index, [name, line]] of all.entries()) {
      const share = Math.floor(runs / all.length) + (index < runs % all.length ? 1 : 0);
      const started = performance.now();
      const failures = await askOver(lab, line, share);
      bad += failures.length;
      const seconds = ((performance.now() - started) / 1000).toFixed(0);
      say(`${name}: ${share - failures.length} of ${share} ready, ${seconds} s`);
      for (const failure of failures) say(`  ${failure}`);
    }
    say(`${runs - bad} of ${runs} runs ready`);
  } finally {
    await lab.down();
  }
  process.exitCode = bad === 0 ? 0 : 1;
};

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(Number(process.argv[2] ?? 200));
