/** The built-in profiles, parsed from their YAML files. The bundle carries the result instead of this module. */

import { fileURLToPath } from 'node:url';
import type { Profile } from '../../checks/types.ts';
import { readBytes, readText } from '../documents/read.ts';
import { parseProfile } from './parse.ts';

export const parseBuiltIn = async (id: string): Promise<Profile> => {
  const path = fileURLToPath(new URL(`${id}.yaml`, import.meta.url));
  return parseProfile(await readText(path), { path, readFile: readBytes });
};
