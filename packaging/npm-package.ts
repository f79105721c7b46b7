/** npm's package. */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Release, repository } from './release.ts';
import { run } from './run.ts';
import { layTree } from './tree.ts';

interface Listing {
  readonly files: readonly { readonly path: string }[];
}

/** From a copy, since npm packs the modes that files have, and a clone has those that a umask left. */
export const buildNpmPackage = async ({ date }: Release, output: string): Promise<void> => {
  await run(process.execPath, ['scripts/build.mjs'], { cwd: repository });
  const pack = ['pack', '--json', '--ignore-scripts'];
  const said = await run('npm', [...pack, '--dry-run'], { cwd: repository });
  const [{ files }] = JSON.parse(said) as [Listing];
  const folder = await mkdtemp(join(tmpdir(), 'certready-npm-package-'));
  try {
    const entries = files.map(async ({ path }) => ({
      path,
      content: await readFile(join(repository, path)),
      isExecutable: path === 'dist/certready.js',
    }));
    await layTree(folder, await Promise.all(entries), date);
    await run('npm', [...pack, '--pack-destination', output], { cwd: folder });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
