/** Notices when files change, appear or go, however an editor writes them: by looking, now and then. */

import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { Clock } from '../../service/schedule.ts';

export interface FileWatch {
  /** Watches these from now on, as they are now. */
  watch(paths: readonly string[]): Promise<void>;
  stop(): void;
}

const pollMs = 5000;

/** What a look costs nothing to compare. */
const stampOf = async (path: string): Promise<string> => {
  try {
    const { ino, size, mtimeMs } = await stat(path);
    return `${ino} ${size} ${mtimeMs}`;
  } catch {
    return 'none';
  }
};

const digestOf = async (path: string): Promise<string> => {
  try {
    return createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
  } catch {
    return 'none';
  }
};

interface Seen {
  readonly stamp: string;
  readonly digest: string;
}

const look = async (path: string): Promise<Seen> => ({
  stamp: await stampOf(path),
  digest: await digestOf(path),
});

/** @param onChange is called once for what changed between two looks */
export const watchFiles = (clock: Clock, onChange: () => void): FileWatch => {
  let seen = new Map<string, Seen>();
  let cancel: () => void = () => undefined;

  const hasChanged = async (path: string, before: Seen): Promise<boolean> => {
    if ((await stampOf(path)) === before.stamp) return false;
    const now = await look(path);
    seen.set(path, now);
    return now.digest !== before.digest;
  };
  const poll = async (): Promise<void> => {
    const looked = seen;
    const changed = await Promise.all([...looked].map((file) => hasChanged(...file)));
    // Another list may have come meanwhile: it was looked at then.
    if (looked === seen && changed.some(Boolean)) onChange();
    arm();
  };
  const arm = (): void => {
    cancel();
    cancel = clock.after(pollMs, () => void poll());
  };
  return {
    async watch(paths) {
      seen = new Map(
        await Promise.all(paths.map(async (path) => [path, await look(path)] as const)),
      );
      arm();
    },
    stop() {
      cancel();
      cancel = () => undefined;
      seen = new Map();
    },
  };
};
