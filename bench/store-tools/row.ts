/** One store, made anew, and how its own tool is asked about the root in it. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { TrustStore } from '../../checks/types.ts';
import { makeCa } from '../../test/helpers/private-ca.ts';

/** Tools know no clock but the machine's. */
export const always = { notBefore: new Date('2020-01-01'), notAfter: new Date('2099-01-01') };
export const root = makeCa({ name: 'O=Example, CN=Example Root R1', key: 'rsa', ...always });
export const other = makeCa({ name: 'O=Example, CN=Other Root', key: 'rsa', ...always });
/** Another authority of the same name. */
export const twin = makeCa({ name: root.name, key: 'rsa', ...always });

export interface Row {
  readonly store: string;
  readonly tool: string;
  /** Programs without which it cannot be asked. */
  readonly needs: readonly string[];
  /** Makes the store in an empty folder. @returns what the tool says of it, and the store as certready finds it */
  readonly ask: (folder: string) => Promise<{ readonly says: string; readonly found: TrustStore }>;
}

const execute = promisify(execFile);

/** What a program prints, however it ends. */
export const said = async (program: string, ...args: readonly string[]): Promise<string> => {
  try {
    const { stdout, stderr } = await execute(program, args, {
      env: { ...process.env, LC_ALL: 'C' },
    });
    return stdout + stderr;
  } catch (error) {
    if (error instanceof Error && 'stdout' in error && 'stderr' in error)
      return `${String(error.stdout)}${String(error.stderr)}`;
    throw error;
  }
};

/** The part of a text that a pattern's first group fits, in one line. */
export const part = (text: string, pattern: RegExp): string => {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new Error(`the tool said something else: ${text}`);
  return found.replace(/\s+/g, ' ').trim();
};
