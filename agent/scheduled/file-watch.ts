/** Notices when files change, appear or go, however an editor writes them: by looking, now and then. */

import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { Clock } from '../../service/schedule.ts';
import type { WatchedFile } from '../helper/calls.ts';

export interface FileWatch {
  /** Watches these from now on; what has changed since they were as they are given is a change. */
  watch(files: readonly WatchedFile[]): void;
  stop(): void;
}

const pollMs = 5000;

/** What it costs next to nothing to compare. */
const stampOf = async (path: string): Promise<string> => {
  try {
    const { ino, size, mtimeMs } = await stat(path);
    return `${ino} ${size} ${mtimeMs}`;
  } catch {
    return 'none';
  }
};

/** Of a file's content; `none` where it cannot be read. */
export const digestOf = async (path: string): Promise<string> => {
  try {
    return createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
  } catch {
    return 'none';
  }
};

interface Seen {
  digest: string;
  stamp?: string;
}

/** @param onChange is called once for all that changed between two looks */
export const watchFiles = (clock: Clock, onChange: () => void): FileWatch => {
  let files = new Map<string, Seen>();
  let cancel: () => void = () => undefined;

  const hasChanged = async ([path, seen]: [string, Seen]): Promise<boolean> => {
    const stamp = await stampOf(path);
    if (stamp === seen.stamp) return false;
    const before = seen.digest;
    seen.stamp = stamp; // taken first: a change that comes meanwhile has another
    seen.digest = await digestOf(path);
    return seen.digest !== before;
  };
  const look = async (): Promise<void> => {
    const looked = files;
    const changed = await Promise.all([...looked].map(hasChanged));
    if (looked !== files) return; // another list has come, and looks by itself
    arm();
    if (changed.some(Boolean)) onChange();
  };
  const arm = (): void => {
    cancel();
    if (files.size > 0) cancel = clock.after(pollMs, () => void look());
  };
  return {
    watch(watched) {
      files = new Map(watched.map(({ path, digest }) => [path, { digest }]));
      arm();
    },
    stop() {
      cancel();
      files = new Map();
    },
  };
};
