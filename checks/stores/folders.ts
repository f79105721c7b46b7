/** Folders of stores, listed and read with bounds. What stands in the way is a StoreError. */

import { type Dir, readlinkSync } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { fileFault, readAtOnce, readStoreFile, storeLimits } from './files.ts';
import { StoreError } from './store-error.ts';

export interface FolderEntry {
  readonly name: string;
  readonly link: boolean;
  readonly folder: boolean;
}

/** Only opening it waits: a promise for every entry costs more than all else that is done with it. */
const readEntries = (folder: Dir): FolderEntry[] => {
  const entries: FolderEntry[] = [];
  for (let entry = folder.readSync(); entry !== null; entry = folder.readSync()) {
    if (entries.length >= storeLimits.folderEntries)
      throw new StoreError(
        'unreadable',
        `${folder.path}: more than ${storeLimits.folderEntries} files, and no more are read`,
      );
    entries.push({ name: entry.name, link: entry.isSymbolicLink(), folder: entry.isDirectory() });
  }
  return entries;
};

/** Names in a folder, sorted. @throws StoreError */
export const readFolder = async (
  path: string,
  signal: AbortSignal,
): Promise<readonly FolderEntry[]> => {
  try {
    const folder = await opendir(path, { bufferSize: 1024 });
    try {
      signal.throwIfAborted();
      const entries = readEntries(folder);
      return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    } finally {
      folder.closeSync();
    }
  } catch (error) {
    signal.throwIfAborted();
    throw await fileFault(path, error);
  }
};

/**
 * What a link in a folder says, undefined where it cannot be read, which reading what it leads to will
 * explain. Synchronous: the folder has just been listed, so that its file system answers.
 */
export const linkTarget = (path: string): string | undefined => {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
};

/**
 * Reads the many small files of a folder that has just been listed. They are read at once, for their file
 * system answers: asking it asynchronously costs several times what reading them does. A link to another
 * folder is waited for, until a file there was read.
 */
export const folderReader = (limit: number) => {
  /** As links write them, with the slash at the end: nothing where they lead to the same folder. */
  const answering = new Set(['']);
  const readElsewhere = async (
    path: string,
    place: string | undefined,
    signal: AbortSignal,
  ): Promise<Buffer> => {
    const bytes = await readStoreFile(path, signal, limit);
    if (place !== undefined) answering.add(place);
    return bytes;
  };
  /** `link`: whether the path is one. @throws StoreError in the promise */
  return (path: string, link: boolean, signal: AbortSignal): Buffer | Promise<Buffer> => {
    const target = link ? linkTarget(path) : '';
    const place = target?.slice(0, target.lastIndexOf('/') + 1);
    return place !== undefined && answering.has(place)
      ? readAtOnce(path, limit)
      : readElsewhere(path, place, signal);
  };
};
