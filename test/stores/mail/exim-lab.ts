/** The real Exim, which the tests run on configurations of their own. */

import { readFile } from 'node:fs/promises';
import type { TestContext } from 'node:test';
import { findProgram } from '../../helpers/programs.ts';
import { lay, temporaryFolder } from '../read-store.ts';

/**
 * Exim cannot be installed beside Postfix; CERTREADY_TEST_EXIM names a program that was only unpacked.
 * It insists on its user: where there is none, it gets one in a mount namespace of its own.
 */
export const exim = process.env['CERTREADY_TEST_EXIM'] ?? (await findProgram('exim4'));
const user = 'Debian-exim';
const newUserId = 64999;
const hasUser = (await readFile('/etc/passwd', 'utf8')).includes(`${user}:`);
const isRoot = process.getuid?.() === 0;
export const skip =
  exim === undefined
    ? 'needs exim4'
    : hasUser || isRoot
      ? false
      : `needs the user ${user}, or root`;

/** What a command line begins with, so that its program finds its user. */
export const withUser = async (t: TestContext): Promise<readonly string[]> => {
  if (hasUser) return [];
  const folder = await temporaryFolder(t);
  const added = async (path: string, line: string): Promise<string> =>
    `${(await readFile(path, 'utf8')).trimEnd()}\n${line}\n`;
  await lay(folder, {
    passwd: await added(
      '/etc/passwd',
      `${user}:x:${newUserId}:${newUserId}::/nonexistent:/usr/sbin/nologin`,
    ),
    group: await added('/etc/group', `${user}:x:${newUserId}:`),
  });
  const mounts = ['passwd', 'group'].map((name) => `mount --bind ${folder}/${name} /etc/${name}`);
  return ['unshare', '-m', 'sh', '-c', `${mounts.join(' && ')} && exec "$@"`, 'sh'];
};

/** The number of Exim's user, and of its group. */
export const userId = async (): Promise<number> => {
  const passwd = await readFile('/etc/passwd', 'utf8');
  const line = passwd.split('\n').find((one) => one.startsWith(`${user}:`));
  return Number(line?.split(':')[2] ?? newUserId);
};
