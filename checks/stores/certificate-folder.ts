/** A folder of certificates. OpenSSL finds in it only what its hash links lead to. */

import { join, sep } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { HashLinks, StoreEntry, StoreProblem } from '../types.ts';
import { soundEntries } from './certificate-form.ts';
import { type FolderEntry, folderReader, readFolder } from './folders.ts';
import { type FolderFile, hashLinks, waysByFile } from './hash-links.ts';
import { type PemReader, looksLikePem, pemReaders, readPemBundle } from './pem.ts';
import { type Collected, StoreError } from './store-error.ts';

export interface CertificateFolder extends Collected {
  /** Whether the folder has any hash links; without one OpenSSL finds nothing in it. */
  readonly hashed: boolean;
}

const certificateName = /\.(?:pem|crt|cer|der)$/i;

/**
 * Who reads the folder: `hash` only OpenSSL, by hash links; `any` whoever the user means, so that a folder
 * without any links counts as it is.
 */
export type FolderLookup = 'hash' | 'any';

/** The most bytes of one file in a folder: a bundle that was put there, at the worst. */
const maxFileBytes = 4 * 1024 * 1024;

const problemOf = (error: unknown, origin: string): StoreProblem => {
  if (!(error instanceof StoreError)) throw error;
  return error.fault === 'absent'
    ? { origin, problem: 'a link that leads nowhere' }
    : { origin, problem: error.message, unreadable: true };
};

type ReadFile = (name: string, origin: string, bytes: Buffer) => FolderFile;

const opensslContentsOf =
  (reader: PemReader): ReadFile =>
  (name, origin, bytes) => {
    if (looksLikePem(bytes)) return { name, isPem: true, ...readPemBundle(bytes, origin, reader) };
    const isDer = /\.(?:der|cer|crt)$/i.test(name) && bytes[0] === 0x30;
    const read: Collected = isDer
      ? soundEntries({ entries: [{ der: bytes, trust: 'trusted', origin }], problems: [] })
      : { entries: [], problems: [{ origin, problem: 'no certificate in it' }] };
    return { name, isPem: false, ...read };
  };

/** Files that are read before others get their turn. */
const filesPerTurn = 64;

const readFiles = async (
  folder: string,
  names: readonly Pick<FolderEntry, 'name' | 'link'>[],
  options: { readonly signal: AbortSignal; readonly readFile: ReadFile },
): Promise<readonly FolderFile[]> => {
  const { signal, readFile } = options;
  const read = folderReader(maxFileBytes);
  const files: FolderFile[] = [];
  const prefix = join(folder, sep);
  for (const { name, link } of names) {
    if (files.length % filesPerTurn === filesPerTurn - 1) {
      await setImmediate();
      signal.throwIfAborted();
    }
    const origin = prefix + name;
    try {
      const bytes = read(origin, link, signal);
      files.push(readFile(name, origin, bytes instanceof Promise ? await bytes : bytes));
    } catch (error) {
      files.push({ name, isPem: false, entries: [], problems: [problemOf(error, origin)] });
    }
  }
  return files;
};

const noWays: HashLinks['ways'] = new Map();

/** Every entry with the links that lead to it: OpenSSL reads a file up to what it cannot read (X509_load_cert_file). */
const linked = (
  folder: string,
  files: readonly FolderFile[],
  waysTo: ReadonlyMap<string, HashLinks['ways']>,
): StoreEntry[] =>
  files.flatMap(({ name, entries, intact = entries.length }) => {
    const hashLinks = { folder, ways: waysTo.get(name) ?? noWays };
    const unread = { folder, ways: noWays };
    return entries.map((entry, n) => ({ ...entry, hashLinks: n < intact ? hashLinks : unread }));
  });

interface FolderOptions {
  readonly lookup?: FolderLookup;
  readonly except?: ReadonlySet<string>;
  readonly known?: PemReader['known'];
}

/**
 * Reads every certificate file of a folder once, whatever number of links lead to it; `except` are
 * names that are no part of it (the bundle that lies in the same folder).
 * @throws StoreError
 */
export const readCertificateFolder = async (
  folder: string,
  signal: AbortSignal,
  options: FolderOptions = {},
): Promise<CertificateFolder> => {
  const { lookup = 'hash', except, known } = options;
  const reader = { ...pemReaders.opensslLookup, ...(known && { known }) };
  const listed = await readFolder(folder, signal);
  const entries = listed.filter((entry) => !entry.folder && !except?.has(entry.name));
  const links = hashLinks(folder, entries);
  const plain = entries.filter(({ name }) => certificateName.test(name)).map(({ name }) => name);
  const isLink = new Map(entries.map(({ name, link }) => [name, link]));
  const names = [...new Set([...links.values(), ...plain])];
  const files = await readFiles(
    folder,
    names.map((name) => ({ name, link: isLink.get(name) ?? false })),
    { signal, readFile: opensslContentsOf(reader) },
  );
  const hashed = links.size > 0;
  return {
    entries:
      lookup === 'any' && !hashed
        ? files.flatMap((file) => file.entries)
        : linked(folder, files, waysByFile(links, files)),
    problems: files.flatMap(({ problems }) => problems),
    hashed,
  };
};

/** Of a file in which something cannot be read GnuTLS takes nothing, and goes on with the next. */
const gnutlsContentsOf: ReadFile = (name, origin, bytes) => {
  const { entries, problems, refused } = readPemBundle(bytes, origin, pemReaders.gnutls);
  return { name, isPem: true, entries: refused ? [] : entries, problems };
};

/**
 * A folder as GnuTLS reads it: every file in it, whatever it is called (gnutls_x509_trust_list_add_trust_dir).
 * @throws StoreError
 */
export const readWholeFolder = async (folder: string, signal: AbortSignal): Promise<Collected> => {
  const listed = (await readFolder(folder, signal)).filter((entry) => !entry.folder);
  const files = await readFiles(folder, listed, { signal, readFile: gnutlsContentsOf });
  return {
    entries: files.flatMap(({ entries }) => entries),
    problems: files.flatMap(({ problems }) => problems),
  };
};
