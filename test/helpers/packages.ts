/**
 * What `npm run package` made, in a folder that CERTREADY_TEST_PACKAGES names: made once, for all tests.
 * Node and koffi come from the npm registry, which tests do not ask.
 */

import { readdirSync } from 'node:fs';
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
