/** A folder of certificates. OpenSSL finds in it only what its hash links lead to. */

import { join, sep } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { StoreEntry, StoreProblem } from '../types.ts';
import { type FolderEntry, folderReader, readFolder } from './folders.ts';
import { type FolderFile, hashLinks, waysByFile } from './hash-links.ts';
import { looksLikePem, readPemBundle } from './pem.ts';
import { type Collected, StoreError } from './store-error.ts';

export interface FolderCertificate extends StoreEntry {
  /** Whether any hash link leads to it; whether the right one does, its `hashLinks` say. */
  readonly linked: boolean;
}

export interface CertificateFolder {
  readonly certificates: readonly FolderCertificate[];
  readonly problems: readonly StoreProblem[];
  /** Whether the folder has any hash links; without one OpenSSL finds nothing in it. */
  readonly hashed: boolean;
}

const certificateName = /\.(?:pem|crt|cer|der)$/i;

/** The most bytes of one file in a folder: a bundle that was put there, at the worst. */
const maxFileBytes = 4 * 1024 * 1024;

const problemOf = (error: unknown, origin: string): StoreProblem => {
  if (!(error instanceof StoreError)) throw error;
  return error.fault === 'absent'
    ? { origin, problem: 'a link that leads nowhere' }
    : { origin, problem: error.message, unreadable: true };
};

const contentsOf = (name: string, origin: string, bytes: Buffer): FolderFile => {
  if (looksLikePem(bytes)) return { name, isPem: true, ...readPemBundle(bytes, origin) };
  const isDer = /\.(?:der|cer|crt)$/i.test(name) && bytes[0] === 0x30;
  const read: Collected = isDer
    ? { entries: [{ der: bytes, trust: 'trusted', origin }], problems: [] }
    : { entries: [], problems: [{ origin, problem: 'no certificate in it' }] };
  return { name, isPem: false, ...read };
};

/** Files that are read before others get their turn. */
const filesPerTurn = 64;

const readFiles = async (
  folder: string,
  entries: readonly FolderEntry[],
  signal: AbortSignal,
): Promise<readonly FolderFile[]> => {
  const read = folderReader(maxFileBytes);
  const files: FolderFile[] = [];
  const prefix = join(folder, sep);
  for (const { name, kind } of entries) {
    if (files.length % filesPerTurn === filesPerTurn - 1) {
      await setImmediate();
      signal.throwIfAborted();
    }
    const origin = prefix + name;
    try {
      const bytes = read(origin, kind, signal);
      files.push(contentsOf(name, origin, bytes instanceof Promise ? await bytes : bytes));
    } catch (error) {
      files.push({ name, isPem: false, entries: [], problems: [problemOf(error, origin)] });
    }
  }
  return files;
};

/**
 * Reads every certificate file of a folder once, whatever number of links lead to it; `except` are
 * names that are no part of it (the bundle that lies in the same folder).
 * @throws StoreError
 */
export const readCertificateFolder = async (
  folder: string,
  signal: AbortSignal,
  except: ReadonlySet<string> = new Set(),
): Promise<CertificateFolder> => {
  const listed = await readFolder(folder, signal);
  const entries = listed.filter(({ name, kind }) => kind !== 'folder' && !except.has(name));
  const links = hashLinks(folder, entries);
  const plain = entries.filter(({ name }) => certificateName.test(name)).map(({ name }) => name);
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  const names = [...new Set([...links.values(), ...plain])];
  const files = await readFiles(
    folder,
    names.map((name) => byName.get(name) ?? { name, kind: 'other' }),
    signal,
  );
  const ways = waysByFile(links, files);
  return {
    certificates: files.flatMap(({ name, entries: certificates }) =>
      certificates.map((entry) => {
        const to = ways.get(name);
        return to
          ? { ...entry, linked: true, hashLinks: { folder, ways: to } }
          : { ...entry, linked: false };
      }),
    ),
    problems: files.flatMap(({ problems }) => problems),
    hashed: links.size > 0,
  };
};
