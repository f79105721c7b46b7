/** Configuration files of mail servers that have no program to ask them by. */

import { kindOfPath, readStoreFile } from '../files.ts';
import { StoreError } from '../store-error.ts';
import type { MailTrust, MailUse } from './mail-trust.ts';

export const readText = async (path: string): Promise<string> =>
  (await readStoreFile(path, AbortSignal.timeout(5000), 4 * 1024 * 1024)).toString('utf8');

export const isFile = async (path: string): Promise<boolean> =>
  (await kindOfPath(path).catch(() => 'other')) === 'file';

/** What `read` makes of the first of some files that exists; nothing where none does. */
export const fromFile = async (
  program: string,
  paths: readonly string[],
  read: (text: string) => readonly MailUse[] | Promise<readonly MailUse[]>,
): Promise<MailTrust[]> => {
  for (const configuration of paths) {
    if (!(await isFile(configuration))) continue;
    try {
      return [{ program, configuration, uses: await read(await readText(configuration)) }];
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return [{ program, configuration, failure: error.message }];
    }
  }
  return [];
};

/** Lines with what a backslash continues, comments taken off. */
export const logicalLines = (text: string): string[] =>
  text
    .replace(/\\\n/g, ' ')
    .split('\n')
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '');
