/** A second build, on what is another machine to it: elsewhere, later, in another time zone, language and umask. */

import { mkdir, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Release, repository, seconds } from './release.ts';
import { run } from './run.ts';

/** What git or a build makes. */
const notSources = new Set(['.git', 'dist', 'packages']);

const underUmask = (command: readonly string[]): string[] => [
  ...['sh', '-c', 'umask 077 && exec "$@"', 'sh'],
  ...command,
];

const outputName = 'packages made again';

/**
 * The sources, and what is installed for them. Made before the first build: what is edited while that runs shows
 * as a difference.
 */
export const copySources = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'certready-built-again-'));
  const names = (await readdir(repository)).filter((name) => !notSources.has(name));
  const [command = '', ...args] = underUmask(['cp', '-R', '--', ...names, folder]);
  await run(command, args, { cwd: repository });
  return folder;
};

/** @returns the checksums of what it made @throws where it cannot */
const buildIn = async (
  folder: string,
  { release, options }: { release: Release; options: readonly string[] },
): Promise<string> => {
  const temporary = join(folder, 'temporary files');
  await mkdir(temporary);
  const main = ['--import', 'tsx', 'packaging/main.ts', '--output', outputName, ...options];
  const [command = '', ...args] = underUmask([process.execPath, ...main]);
  await run(command, args, {
    cwd: folder,
    env: {
      ...{ TZ: 'Pacific/Chatham', LC_ALL: 'tr_TR.UTF-8', LANG: 'tr_TR.UTF-8', TMPDIR: temporary },
      SOURCE_DATE_EPOCH: seconds(release),
    },
  });
  return readFile(join(folder, outputName, 'SHA256SUMS'), 'utf8');
};

/**
 * Builds there what was built here, and compares.
 * @param sums what `SHA256SUMS` says here
 * @throws Error that names what differs; then the second build stays, to be looked at
 */
export const compareBuilds = async (
  folder: string,
  order: { release: Release; options: readonly string[]; sums: string },
): Promise<void> => {
  const again = new Set((await buildIn(folder, order)).split('\n'));
  const different = order.sums.split('\n').filter((line) => !again.delete(line));
  const names = [...different, ...again].map((line) => line.split('  ')[1]);
  if (names.length > 0)
    throw new Error(
      `two builds differ in ${[...new Set(names)].join(', ')}: see ${join(folder, outputName)}`,
    );
  await rm(folder, { recursive: true, force: true });
};
