/** Files that are whole or as they were, whatever happens: a kill, a power cut, a full disk. */

import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { systemCode } from '../errors.ts';

/** On Windows a scanner may hold a file open for a moment; renaming over it fails meanwhile. */
const renameRetries = [10, 20, 50, 100, 200];
const isHeld = (error: unknown): boolean =>
  ['EPERM', 'EACCES', 'EBUSY'].includes(systemCode(error));

const renameOver = async (from: string, to: string, platform: NodeJS.Platform): Promise<void> => {
  for (const delay of platform === 'win32' ? renameRetries : []) {
    try {
      await rename(from, to);
      return;
    } catch (error) {
      if (!isHeld(error)) throw error;
      await wait(delay);
    }
  }
  await rename(from, to);
};

/** Makes a rename survive a power cut. Windows has no such call, and keeps renames in its journal. */
const syncFolder = async (path: string, platform: NodeJS.Platform): Promise<void> => {
  if (platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
};

export interface DurableFileOptions {
  readonly platform: NodeJS.Platform;
  /** Who may read the file, and enter a folder that has to be made for it; whatever the process's umask. */
  readonly mode?: 0o600 | 0o644;
}

/**
 * Replaces a file's content: into a draft beside it, flushed, renamed over it, the folder flushed. Unless
 * `mode` says otherwise only the account that the agent runs as can read it. One writer per file: the draft has one name, so that a kill leaves
 * at most one behind, and the next write takes it over.
 * @throws the system's error; what stood there before still stands
 */
export const writeDurably = async (
  path: string,
  content: string | Uint8Array,
  { platform, mode = 0o600 }: DurableFileOptions,
): Promise<void> => {
  const folder = dirname(path);
  const draft = `${path}.new`;
  await mkdir(folder, { recursive: true, mode: mode | 0o700 | ((mode & 0o044) >> 2) });
  try {
    const file = await open(draft, 'w', mode);
    try {
      await file.chmod(mode);
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await renameOver(draft, path, platform);
  } catch (error) {
    // A draft that ran into a full disk must not help to keep it full.
    await rm(draft, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncFolder(folder, platform);
};
