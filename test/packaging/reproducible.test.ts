/**
 * Archives of the same contents are the same bytes, wherever and by whomever they are made. `npm run package --
 * --twice` shows it of a whole release; here the executable is a small one.
 */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { lacking } from '../helpers/programs.ts';

const run = promisify(execFile);
const repository = fileURLToPath(new URL('../..', import.meta.url));

const script = `
  import { openRelease } from './packaging/release.ts';
  import { buildDeb } from './packaging/deb.ts';
  import { buildRpm } from './packaging/rpm.ts';
  import { buildZip } from './packaging/zip.ts';
  const folder = process.argv.at(-1);
  const release = await openRelease({ fast: false });
  const program = { executable: folder + '/true', koffi: folder + '/false', notices: 'Notices' };
  await buildDeb(release, program, { architecture: 'amd64', path: folder + '/a.deb' });
  await buildRpm(release, program, { architecture: 'x86_64', path: folder + '/a.rpm' });
  await buildZip(release, program, folder + '/a.zip');
`;

interface Surroundings {
  readonly folder: string;
  readonly umask: string;
  readonly env: Readonly<Record<string, string>>;
}

const archives = async ({ folder, umask, env }: Surroundings): Promise<string[]> => {
  await mkdir(folder);
  for (const name of ['true', 'false']) await copyFile(`/bin/${name}`, join(folder, name));
  const node = [process.execPath, '--import', 'tsx', '--input-type=module', '--eval', script];
  await run('sh', ['-c', `umask ${umask} && exec "$@"`, 'sh', ...node, folder], {
    cwd: repository,
    env: { ...process.env, SOURCE_DATE_EPOCH: '1795816800', ...env },
  });
  const digests = ['a.deb', 'a.rpm', 'a.zip'].map(async (name) => {
    const bytes = await readFile(join(folder, name));
    return `${name} ${createHash('sha256').update(bytes).digest('hex')}`;
  });
  return Promise.all(digests);
};

const skip = await lacking('dpkg-deb', 'rpmbuild', 'zip');

it('packages do not depend on path, umask, time zone or language', { skip }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'certready-reproducible-'));
  try {
    const [here, elsewhere] = await Promise.all([
      archives({ folder: join(folder, 'here'), umask: '022', env: { TZ: 'UTC', LC_ALL: 'C' } }),
      archives({
        folder: join(folder, 'a longer path, with spaces'),
        umask: '077',
        env: { TZ: 'Pacific/Chatham', LC_ALL: 'tr_TR.UTF-8' },
      }),
    ]);
    assert.deepEqual(elsewhere, here);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
