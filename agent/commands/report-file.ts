/** Writing a report to a file so that no reader ever sees half of one. */

import { randomBytes } from 'node:crypto';
import {
  access,
  chmod,
  constants,
  open,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { AgentError, systemCode, systemReason } from '../errors.ts';

const unwritable = (path: string, error: unknown): AgentError =>
  new AgentError('output-unwritable', `${path}: ${systemReason(error)}`, error);

/** Where a path leads, through symbolic links; a file that does not exist yet is itself. */
const destination = async (
  path: string,
): Promise<{ path: string; mode?: number; special: boolean }> => {
  try {
    const real = await realpath(path);
    const { mode, ...kind } = await stat(real).then((stats) => ({
      mode: stats.mode,
      isFile: stats.isFile(),
      isFolder: stats.isDirectory(),
    }));
    if (kind.isFolder)
      throw new AgentError('output-unwritable', `${path}: is a folder, a file is expected`);
    return { path: real, mode: mode & 0o7777, special: !kind.isFile };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return { path: resolve(path), special: false };
    throw error instanceof AgentError ? error : unwritable(path, error);
  }
};

/** Says before a run what would only come out after it: no such folder, no permission. @throws AgentError */
export const checkWritable = async (path: string): Promise<void> => {
  const { path: real, special } = await destination(path);
  try {
    await access(special ? real : dirname(real), constants.W_OK);
  } catch (error) {
    throw unwritable(path, error);
  }
};

/**
 * Writes a file at once: into a new one beside it, flushed to the disk, then renamed over it. Devices and
 * pipes are written to as they are.
 * @throws AgentError `output-unwritable`; what stood there before still stands
 */
export const writeReportFile = async (path: string, text: string): Promise<void> => {
  const { path: real, mode, special } = await destination(path);
  const draft = join(dirname(real), `.${basename(real)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    if (special) {
      await writeFile(real, text);
      return;
    }
    const file = await open(draft, 'wx', 0o666);
    try {
      if (mode !== undefined) await chmod(draft, mode);
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, real);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw unwritable(path, error);
  }
};
