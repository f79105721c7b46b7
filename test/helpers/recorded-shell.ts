/** Runs command lines in a real shell in which every program only writes down how it was called. */

import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** One call: the program's name and its arguments, as they arrived. */
export type Call = readonly string[];

export interface RecordedShell {
  /** Runs the lines one after the other; programs that are not known are not found. */
  calls(lines: readonly string[]): Promise<readonly Call[]>;
  close(): Promise<void>;
}

const recorder = `#!/bin/sh
{ printf '%s\\0' "\${0##*/}" "$@"; printf '\\1\\0'; } >> "$RECORD"
`;

/** Knows these programs; works in a folder of its own, where redirections may write. */
export const recordedShell = async (programs: readonly string[]): Promise<RecordedShell> => {
  const folder = await mkdtemp(join(tmpdir(), 'certready-shell-'));
  const bin = join(folder, 'bin');
  const work = join(folder, 'work');
  const record = join(folder, 'record');
  await mkdir(bin);
  await mkdir(work);
  await writeFile(join(bin, 'recorder'), recorder);
  await chmod(join(bin, 'recorder'), 0o755);
  for (const program of programs) await symlink('recorder', join(bin, program));
  return {
    async calls(lines) {
      await writeFile(record, '');
      const script = join(folder, 'script');
      await writeFile(script, lines.map((line) => `${line}\n`).join(''));
      await run('/bin/sh', ['-n', script]);
      const options = { cwd: work, env: { PATH: bin, RECORD: record }, timeout: 60_000 };
      // The last line's status counts for nothing: recorders succeed, redirections may fail
      await run('/bin/sh', [script], options).catch((error: unknown) => {
        if (!(error instanceof Error && 'code' in error && typeof error.code === 'number'))
          throw error;
      });
      const words = (await readFile(record, 'utf8')).split('\0').slice(0, -1);
      const all: string[][] = [[]];
      for (const word of words)
        if (word === '\u0001') all.push([]);
        else all.at(-1)?.push(word);
      return all.slice(0, -1);
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
};
