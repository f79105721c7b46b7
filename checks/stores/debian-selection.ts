/**
 * What /etc/ca-certificates.conf leaves out (Debian, Alpine; man update-ca-certificates): a line that
 * begins with `!` deselects a certificate, and one that is not listed was never selected.
 */

import { join } from 'node:path';
import type { StoreEntry } from '../types.ts';
import { mapBounded, readStoreFile } from './files.ts';
import { readFolder } from './folders.ts';
import { looksLikePem, readPemBundle } from './pem.ts';
import { StoreError } from './store-error.ts';

export interface SelectionPaths {
  readonly configuration: string;
  /** The folder that the configuration's lines are relative to. */
  readonly certificates: string;
}

const ignoreUnread = async <T>(read: Promise<T>, otherwise: T): Promise<T> => {
  try {
    return await read;
  } catch (error) {
    if (error instanceof StoreError) return otherwise;
    throw error;
  }
};

/** Names of certificate files below a folder, two levels deep as the packages lay them. */
const certificateFiles = async (folder: string, signal: AbortSignal): Promise<string[]> => {
  const names: string[] = [];
  for (const { name, folder: isFolder } of await readFolder(folder, signal)) {
    if (!isFolder) names.push(name);
    else
      for (const inner of await readFolder(join(folder, name), signal))
        names.push(`${name}/${inner.name}`);
  }
  return names.filter((name) => name.endsWith('.crt'));
};

const readCertificates = async (
  folder: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<readonly StoreEntry[]> => {
  const found = await mapBounded(names, async (name): Promise<readonly StoreEntry[]> => {
    const path = join(folder, name);
    const bytes = await ignoreUnread(readStoreFile(path, signal), Buffer.alloc(0));
    return looksLikePem(bytes) ? readPemBundle(bytes, path).entries : [];
  });
  return found.flat();
};

/**
 * The certificates that this machine has and does not use. A selection that cannot be read explains
 * nothing, and nothing else depends on it.
 */
export const readDeselected = async (
  { configuration, certificates }: SelectionPaths,
  signal: AbortSignal,
): Promise<readonly StoreEntry[]> => {
  const text = await ignoreUnread(
    readStoreFile(configuration, signal).then((bytes) => bytes.toString('utf8')),
    undefined,
  );
  if (text === undefined) return [];
  const lines = text.split('\n').map((line) => line.trim());
  const selected = new Set(lines.filter((line) => !/^(?:[!#]|$)/.test(line)));
  const available = await ignoreUnread(certificateFiles(certificates, signal), []);
  const left = available.filter((name) => !selected.has(name));
  const entries = await readCertificates(certificates, left, signal);
  return entries.map((entry) => ({ ...entry, trust: 'deselected' }));
};

/** The certificates that the administrator added; the tool takes them all over when it runs. */
export const readLocal = async (
  folder: string,
  signal: AbortSignal,
): Promise<readonly StoreEntry[]> =>
  readCertificates(folder, await ignoreUnread(certificateFiles(folder, signal), []), signal);
