/** A second build, on what is another machine to it: elsewhere, later, in another time zone, language and umask. */

import { mkdir, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Release, repository, seconds } from './release.ts';
import { type RunOptions, run } from './run.ts';

/** What git or a build makes. */
const notSources = new Set(['.git', 'dist', 'packages']);

/** With a umask that lets nobody else read. */
const runStrictly = (command: readonly string[], options: RunOptions): Promise<string> =>
  run('sh', ['-c', 'umask 077 && exec "$@"', 'sh', ...command], options);

const outputName = 'packages made again';

/** The sources, and what is installed for them. */
const copySources = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'certready-built-again-'));
  const names = (await readdir(repository)).filter((name) => !notSources.has(name));
  await runStrictly(['cp', '-R', '--', ...names, folder], { cwd: repository });
  return folder;
};

interface Order {
  readonly release: Release;
  /** Of `npm run package`. */
  readonly options: readonly string[];
}

/** @returns the checksums of what it made */
const buildIn = async (folder: string, { release, options }: Order): Promise<string> => {
  const temporary = join(folder, 'temporary files');
  await mkdir(temporary);
  const main = ['--import', 'tsx', 'packaging/main.ts', '--output', outputName, ...options];
  await runStrictly([process.execPath, ...main], {
    cwd: folder,
    env: {
      ...{ TZ: 'Pacific/Chatham', LC_ALL: 'tr_TR.UTF-8', LANG: 'tr_TR.UTF-8', TMPDIR: temporary },
      SOURCE_DATE_EPOCH: seconds(release),
    },
  });
  return readFile(join(folder, outputName, 'SHA256SUMS'), 'utf8');
};

/**
 * Builds again what was built here, and compares.
 * @param sums what `SHA256SUMS` says here
 * @throws Error that names what differs; then the second build stays, to be looked at
 */
export const compareBuilds = async (sums: string, order: Order): Promise<void> => {
  const folder = await copySources();
  const again = new Set((await buildIn(folder, order)).split('\n'));
  const different = sums.split('\n').filter((line) => !again.delete(line));
  const names = [...different, ...again].map((line) => line.split('  ')[1]);
  if (names.length > 0)
    throw new Error(
      `two builds differ in ${[...new Set(names)].join(', ')}: see ${join(folder, outputName)}`,
    );
  await rm(folder, { recursive: true, force: true });
};
