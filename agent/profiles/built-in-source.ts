/** A built-in profile from its YAML file. The bundle has these profiles as data instead of this module. */

import { fileURLToPath } from 'node:url';
import type { Profile } from '../../checks/types.ts';
import { readBytes, readText } from '../documents/read.ts';

export const parseBuiltIn = async (id: string): Promise<Profile> => {
  const path = fileURLToPath(new URL(`${id}.yaml`, import.meta.url));
  const { parseProfile } = await import('./parse.ts');
  return parseProfile(await readText(path), { path, readFile: readBytes });
};
