/**
 * What `npm run package` made, in a folder that CERTREADY_TEST_PACKAGES names: made once, for all tests.
 * Node and koffi come from the npm registry, which tests do not ask.
 */

import { readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const folder = process.env['CERTREADY_TEST_PACKAGES'];
const names = folder === undefined ? [] : readdirSync(folder);

/** The path of the one file there whose name ends so, e.g. `linux-x64`, `_amd64.deb`. */
export const packagePath = (end: string): string | undefined => {
  const name = names.find((candidate) => candidate.endsWith(end));
  return folder === undefined || name === undefined ? undefined : join(folder, name);
};

/** Why these are not here, as a reason to skip; false where they are. */
export const lackingPackages = (...ends: readonly string[]): string | false => {
  const missing = ends.filter((end) => packagePath(end) === undefined);
  if (missing.length === 0) return false;
  return `needs CERTREADY_TEST_PACKAGES, a folder that npm run package made, with ${missing.join(', ')}`;
};

/**
 * A copy of the Windows executable that the Wine of Debian 12 can run: its VirtualAlloc2 lacks what V8 wants of
 * it, and V8 does without where Windows has no such function.
 */
export const copyForWine = async (path: string): Promise<void> => {
  const bytes = await readFile(packagePath('windows-x64.exe') ?? '');
  const name = Buffer.from('\0VirtualAlloc2\0');
  const at = bytes.indexOf(name);
  if (at === -1 || bytes.indexOf(name, at + 1) !== -1)
    throw new Error('VirtualAlloc2 is not imported once');
  bytes.write('X', at + name.length - 2);
  await writeFile(path, bytes);
};
