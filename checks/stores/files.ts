/** Files of stores, read with bounds. What stands in the way is a StoreError. */

import { closeSync, constants, fstatSync, open, openSync, readSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { StoreError } from './store-error.ts';

/** More than any real store has: the largest bundle in use is under 1 MB, with 200 certificates. */
export const storeLimits = {
  fileBytes: 32 * 1024 * 1024,
  folderEntries: 20_000,
  certificates: 20_000,
} as const;

/** Files that are read at once; more only waits in libuv's queue. */
const concurrency = 16;

const errorCode = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;

/** A link that leads to itself leads nowhere. */
const absentCodes = new Set(['ENOENT', 'ENOTDIR', 'ELOOP']);

/** Whether an error of the file system says that nothing is there. */
export const isAbsent = (error: unknown): boolean => absentCodes.has(errorCode(error) ?? '');

/** The name of a user, by this machine's /etc/passwd. */
const userName = async (uid: number): Promise<string> => {
  if (uid === 0) return 'root';
  const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '');
  const line = passwd.split('\n').find((one) => one.split(':')[2] === String(uid));
  return line?.split(':')[0] ?? `uid ${uid}`;
};

/** The owner of the path, or of the nearest folder above it that can be seen. */
const ownerOf = async (path: string): Promise<string> => {
  for (let at = path; ; at = dirname(at)) {
    const found = await stat(at).catch(() => undefined);
    if (found) return userName(found.uid);
    if (dirname(at) === at) return 'root';
  }
};

/** The StoreError for an error of the file system; anything else is a bug and stays what it is. */
export const fileFault = async (path: string, error: unknown): Promise<unknown> => {
  const code = errorCode(error);
  if (code === undefined || code === 'ABORT_ERR') return error;
  if (isAbsent(error)) return new StoreError('absent', `${path} does not exist`);
  if (code === 'EACCES' || code === 'EPERM')
    return new StoreError(
      'unreadable',
      `${path}: this account may not read it; run certready as ${await ownerOf(path)}`,
    );
  return new StoreError('unreadable', `${path}: ${code}`);
};

/** Follows links. @throws StoreError */
const statStore = async (path: string) => {
  try {
    return await stat(path);
  } catch (error) {
    throw await fileFault(path, error);
  }
};

/** What a path leads to, through links. @throws StoreError where that cannot be told. */
export const kindOfPath = async (path: string): Promise<'file' | 'folder' | 'absent' | 'other'> => {
  try {
    const found = await statStore(path);
    if (found.isDirectory()) return 'folder';
    return found.isFile() ? 'file' : 'other';
  } catch (error) {
    if (error instanceof StoreError && error.fault === 'absent') return 'absent';
    throw error;
  }
};

const openFile = promisify(open);

/** Opened like this, a pipe without a writer does not make the reader wait. */
const openFlags = constants.O_RDONLY | constants.O_NONBLOCK;

const readWhole = (descriptor: number, path: string, limit: number): Buffer => {
  const found = fstatSync(descriptor);
  if (!found.isFile()) throw new StoreError('unreadable', `${path}: not a regular file`);
  if (found.size > limit)
    throw new StoreError(
      'unreadable',
      `${path}: ${found.size} bytes, and at most ${limit} are read`,
    );
  const bytes = Buffer.allocUnsafe(found.size);
  let length = 0;
  while (length < bytes.length) {
    const read = readSync(descriptor, bytes, length, bytes.length - length, length);
    if (read === 0) break;
    length += read;
  }
  return bytes.subarray(0, length);
};

/** Room for all of nearly every file that holds one certificate. */
const room = Buffer.allocUnsafeSlow(16 * 1024);

/**
 * A small file without asking first what it is and how large, which costs as much as reading it: pipes and
 * terminals refuse to be read at a position, so that nothing is taken out of them. Undefined where asking is due.
 */
const readSmall = (descriptor: number): Buffer | undefined => {
  try {
    const length = readSync(descriptor, room, 0, room.length, 0);
    return length > 0 && length < room.length ? Buffer.from(room.subarray(0, length)) : undefined;
  } catch {
    return undefined;
  }
};

/** The whole of an opened file, which is then closed. */
const readOpened = (descriptor: number, path: string, limit: number): Buffer => {
  try {
    const small = limit < room.length ? undefined : readSmall(descriptor);
    return small ?? readWhole(descriptor, path, limit);
  } finally {
    closeSync(descriptor);
  }
};

/**
 * A whole regular file of at most `limit` bytes, through links. Only opening waits for a file system
 * that does not answer: that is the asynchronous part.
 * @throws StoreError
 */
export const readStoreFile = async (
  path: string,
  signal: AbortSignal,
  limit: number = storeLimits.fileBytes,
): Promise<Buffer> => {
  signal.throwIfAborted();
  try {
    return readOpened(await openFile(path, openFlags), path, limit);
  } catch (error) {
    throw await fileFault(path, error);
  }
};

const failed = async (path: string, error: unknown): Promise<never> => {
  throw await fileFault(path, error);
};

/** The same at once, of a file system that is known to answer; only a failure, a StoreError, is a promise. */
export const readAtOnce = (path: string, limit: number): Buffer | Promise<never> => {
  try {
    return readOpened(openSync(path, openFlags), path, limit);
  } catch (error) {
    return failed(path, error);
  }
};

/** The first bytes of a file: enough to tell its format. */
export const readStart = async (path: string): Promise<Buffer> => {
  const descriptor = await openFile(path, openFlags);
  try {
    const bytes = Buffer.alloc(64);
    return bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(descriptor);
  }
};

/** Maps with a bound on how many are under way at once; results keep the order of the items. */
export const mapBounded = async <T, R>(
  items: readonly T[],
  map: (item: T) => Promise<R>,
): Promise<R[]> => {
  const results = new Array<R>(items.length);
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await map(item);
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, worker));
  return results;
};
