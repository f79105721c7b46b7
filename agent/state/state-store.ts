/** A value that outlives the process: read once, then replaced as a whole, so that all of it is from one moment. */

import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { AgentError, systemCode, systemReason } from '../errors.ts';
import { writeDurably } from './durable-file.ts';
import { lockFolder } from './lock.ts';
import { type Framing, type ReadState, frame, unframe } from './state-file.ts';

export interface StateStoreOptions<T> extends Framing<T> {
  readonly folder: string;
  /** The file's name in the folder. */
  readonly name: string;
  readonly empty: T;
  readonly platform: NodeJS.Platform;
  readonly now: () => Date;
}

export interface StateStore<T> {
  /** What was read, or the empty value. */
  readonly initial: T;
  /** Why the file that was there could not be used, in one line that names where it is now. */
  readonly setAside?: string;
  /**
   * Resolves when the value, or a later one, is on disk, and also when it cannot be written: then problem()
   * says why, and the next save tries again. Never rejects.
   */
  save(value: T): Promise<void>;
  /** Why the last value is not on disk, in one line. */
  problem(): string | undefined;
  /** Waits for a save that is under way, and gives the folder to the next agent. */
  close(): Promise<void>;
}

/** Far more than a host with every gap there is and a year of dead receivers comes to. */
const maxBytes = 64 * 1024 * 1024;

const readFile = async (path: string): Promise<Uint8Array | undefined> => {
  let file;
  try {
    file = await open(path, 'r');
    const { size } = await file.stat();
    if (size > maxBytes) throw new Error(`larger than ${maxBytes} bytes`);
    return await file.readFile();
  } catch (error) {
    // No folder is for the first save to say.
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error))) return undefined;
    throw error;
  } finally {
    await file?.close();
  }
};

const load = async <T>(path: string, framing: Framing<T>): Promise<ReadState<T> | undefined> => {
  try {
    const bytes = await readFile(path);
    return bytes && (await unframe(framing, bytes));
  } catch (error) {
    return { bad: `it cannot be read: ${systemReason(error)}` };
  }
};

/** Moves a file out of the way, so that somebody can look at it. */
const moveAway = async (path: string, now: Date): Promise<string> => {
  const bad = `${path}.bad-${now.toISOString().replaceAll(':', '')}`;
  try {
    await rename(path, bad);
    return `set aside as ${bad}`;
  } catch (error) {
    return `it could not be set aside: ${systemReason(error)}`;
  }
};

/** @throws AgentError `state-in-use` when another agent has the folder */
const lock = async (folder: string, platform: NodeJS.Platform): Promise<() => Promise<void>> => {
  // Where this fails, the first save says so.
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch(() => undefined);
  const taken = await lockFolder(folder, platform);
  if (taken.state === 'taken')
    throw new AgentError(
      'state-in-use',
      `${folder}: another certready uses this folder; give each its own stateDir`,
    );
  return taken.state === 'held' ? taken.release : () => Promise.resolve();
};

/**
 * Opens a state file. A torn, foreign or newer one is set aside, and the value starts empty.
 * @throws AgentError `state-in-use`, and nothing else
 */
export const openStateStore = async <T>(options: StateStoreOptions<T>): Promise<StateStore<T>> => {
  const { folder, name, empty, platform, now } = options;
  const path = join(folder, name);
  const release = await lock(folder, platform);
  const read = await load(path, options);
  const setAside =
    read?.bad === undefined
      ? undefined
      : `${path}: ${read.bad}; starting without it, ${await moveAway(path, now())}`;

  let waiting: { value: T } | undefined;
  let writing: Promise<void> | undefined;
  let problem: string | undefined;

  const write = async (): Promise<void> => {
    // What is asked for while a write is under way is written once, at its end.
    for (let next = waiting; next; next = waiting) {
      waiting = undefined;
      try {
        await writeDurably(path, frame(options, next.value), { platform });
        problem = undefined;
      } catch (error) {
        problem = `${path}: ${systemReason(error)}`;
      }
    }
    writing = undefined;
  };

  return {
    initial: read?.bad === undefined && read !== undefined ? read.data : empty,
    ...(setAside !== undefined && { setAside }),
    save(value) {
      waiting = { value };
      writing ??= write();
      return writing;
    },
    problem: () => problem,
    async close() {
      await writing;
      await release();
    },
  };
};
