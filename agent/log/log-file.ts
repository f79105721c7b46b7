/**
 * A log file that is opened for each batch of lines, so that nobody who moves or deletes it has to tell the
 * agent. It is set aside as FILE.1, and what was FILE.1 as FILE.2, when it gets too large or too old.
 */

import { type FileHandle, constants, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemReason } from '../errors.ts';

export interface LogFileOptions {
  readonly path: string;
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  /** How many files that were set aside are kept. */
  readonly maxFiles: number;
  readonly now: () => Date;
}

export interface LogFile {
  /** @throws the system's error; then none of the text is in the file */
  append(text: string): Promise<void>;
  /** Why the file that is too large or too old is still in use. */
  problem(): string | undefined;
}

/** Absent on Windows. Without it, a pipe that nobody reads would hold the agent. */
const nonBlocking = (constants as { readonly O_NONBLOCK?: number }).O_NONBLOCK ?? 0;
const appending = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | nonBlocking;

/** Enough to hold the time of the first line. */
const headBytes = 256;

/** When the first line was written, by what it says. */
const beginOf = async (path: string): Promise<number | undefined> => {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    const [time] =
      /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/.exec(buffer.toString('latin1', 0, bytesRead)) ?? [];
    return time === undefined ? undefined : Date.parse(time);
  } finally {
    await file.close();
  }
};

const exists = async (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Moves the file and those before it on by one; what is beyond the last goes. */
const setAside = async ({ path, maxFiles }: LogFileOptions): Promise<void> => {
  for (let number = maxFiles; await exists(`${path}.${number}`); number++)
    await rm(`${path}.${number}`);
  for (let number = maxFiles - 1; number >= 1; number--)
    if (await exists(`${path}.${number}`))
      await rename(`${path}.${number}`, `${path}.${number + 1}`);
  await rename(path, `${path}.1`);
};

/** All of it or nothing: a disk that becomes full leaves no half line. */
const write = async (file: FileHandle, text: string): Promise<void> => {
  const before = await file.stat();
  try {
    await file.writeFile(text);
  } catch (error) {
    if (before.isFile()) await file.truncate(before.size).catch(() => undefined);
    throw error;
  }
};

export const openLogFile = (options: LogFileOptions): LogFile => {
  const { path, maxBytes, maxAgeMs, now } = options;
  let problem: string | undefined;

  const isDue = async (added: number): Promise<boolean> => {
    const stats = await stat(path);
    if (!stats.isFile() || stats.size === 0) return false;
    if (stats.size + added > maxBytes) return true;
    const begin = await beginOf(path);
    return begin !== undefined && now().getTime() - begin >= maxAgeMs;
  };

  /** What cannot be set aside goes on being used: a long log is better than none. */
  const makeRoom = async (added: number): Promise<void> => {
    // Where nothing can be seen, the attempt to write says why.
    const due = await isDue(added).catch(() => false);
    try {
      if (due) await setAside(options);
      problem = undefined;
    } catch (error) {
      problem = `${path}: cannot be set aside: ${systemReason(error)}`;
    }
  };

  return {
    problem: () => problem,
    async append(text) {
      await makeRoom(Buffer.byteLength(text));
      await mkdir(dirname(path), { recursive: true, mode: 0o750 });
      const file = await open(path, appending, 0o640);
      try {
        await write(file, text);
      } finally {
        await file.close();
      }
    },
  };
};
