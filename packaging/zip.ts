/** The archive for Windows, by Info-ZIP's zip. */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Program } from './linux-files.ts';
import { type Release, repository } from './release.ts';
import { run } from './run.ts';
import { type Entry, layTree } from './tree.ts';

/** As Windows' editors want it. */
const text = async (...path: readonly string[]): Promise<string> =>
  (await readFile(join(repository, ...path), 'utf8')).replaceAll('\n', '\r\n');

export const buildZip = async (
  release: Release,
  { executable, koffi, notices }: Program,
  path: string,
): Promise<void> => {
  // Beside the executable, to which its files are linked
  const folder = await mkdtemp(join(dirname(executable), 'zip-'));
  try {
    const files: readonly Entry[] = [
      { path: 'CHANGELOG.md', content: await text('CHANGELOG.md') },
      { path: 'LICENSES.txt', content: notices.replaceAll('\n', '\r\n') },
      { path: 'README.txt', content: await text('packaging', 'windows', 'README.txt') },
      { path: 'certready.exe', content: { file: executable }, isExecutable: true },
      { path: 'config.yaml', content: await text('packaging', 'config.yaml') },
      { path: 'install.ps1', content: await text('packaging', 'windows', 'install.ps1') },
      { path: 'koffi.node', content: { file: koffi } },
    ];
    await layTree(folder, files, release.date);
    await rm(path, { force: true });
    const names = files.map((entry) => entry.path);
    await run('zip', ['-q', '-X', release.fast ? '-0' : '-6', resolve(path), ...names], {
      cwd: folder,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
