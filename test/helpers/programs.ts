/** Programs of this machine that tests use as real peers. */

import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** The path of a program of this machine, or undefined. */
export const findProgram = async (name: string): Promise<string | undefined> => {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  for (const folder of folders) {
    const path = join(folder, name);
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return undefined;
};

/** Which of these programs this machine lacks, as a reason to skip; false where all are there. */
export const lacking = async (...names: string[]): Promise<string | false> => {
  const missing = [];
  for (const name of names) if ((await findProgram(name)) === undefined) missing.push(name);
  return missing.length === 0 ? false : `needs ${missing.join(', ')}`;
};
