/**
 * A folder of certificates. OpenSSL finds in it only what lies under the hash of its subject
 * (`HHHHHHHH.N`, counted from 0 without a hole; man openssl-rehash, X509_LOOKUP_hash_dir).
 */

import { readlinkSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { DerError } from '../pki/der.ts';
import type { StoreEntry, StoreProblem } from '../types.ts';
import { type FolderEntry, folderReader, readFolder } from './files.ts';
import { looksLikePem, readPemBundle } from './pem.ts';
import { type Collected, StoreError } from './store-error.ts';
import { subjectHash } from './subject-name.ts';

export interface FolderCertificate extends StoreEntry {
  /** Whether OpenSSL finds it by its subject. */
  readonly linked: boolean;
}

export interface CertificateFolder {
  readonly certificates: readonly FolderCertificate[];
  readonly problems: readonly StoreProblem[];
  /** Whether the folder has any hash links; without one OpenSSL finds nothing in it. */
  readonly hashed: boolean;
}

const hashName = /^([0-9a-f]{8})\.(\d{1,5})$/;
const certificateName = /\.(?:pem|crt|cer|der)$/i;

/** The most bytes of one file in a folder: a bundle that was put there, at the worst. */
const maxFileBytes = 4 * 1024 * 1024;

/**
 * The name in the same folder that a link leads to; the link's own name for any other. Synchronous:
 * the folder has just been listed, so that its file system answers.
 */
const targetInFolder = (folder: string, { name, link }: FolderEntry): string => {
  if (!link) return name;
  try {
    const target = readlinkSync(`${folder}/${name}`);
    if (!target.includes('/')) return target;
    const path = resolve(folder, target);
    return dirname(path) === folder ? basename(path) : name;
  } catch {
    return name; // reading it will say why
  }
};

type FileContents = Collected & { readonly name: string; readonly exists: boolean };

const problemOf = (error: unknown, origin: string): StoreProblem => {
  if (!(error instanceof StoreError)) throw error;
  return error.fault === 'absent'
    ? { origin, problem: 'a link that leads nowhere' }
    : { origin, problem: error.message, unreadable: true };
};

const readCertificateFile = async (
  name: string,
  origin: string,
  read: () => Promise<Buffer>,
): Promise<FileContents> => {
  try {
    const bytes = await read();
    if (looksLikePem(bytes)) return { name, exists: true, ...readPemBundle(bytes, origin) };
    const der = /\.(?:der|cer|crt)$/i.test(name) && bytes[0] === 0x30;
    return der
      ? { name, exists: true, entries: [{ der: bytes, trust: 'trusted', origin }], problems: [] }
      : {
          name,
          exists: true,
          entries: [],
          problems: [{ origin, problem: 'no certificate in it' }],
        };
  } catch (error) {
    const problem = problemOf(error, origin);
    return { name, exists: problem.unreadable === true, entries: [], problems: [problem] };
  }
};

/** Files that are read before others get their turn. */
const filesPerTurn = 64;

const readFiles = async (
  folder: string,
  files: readonly Pick<FolderEntry, 'name' | 'link'>[],
  signal: AbortSignal,
): Promise<readonly FileContents[]> => {
  const read = folderReader(folder, maxFileBytes);
  const contents: FileContents[] = [];
  for (const file of files) {
    if (contents.length % filesPerTurn === filesPerTurn - 1) await setImmediate();
    signal.throwIfAborted();
    const { name } = file;
    contents.push(await readCertificateFile(name, join(folder, name), () => read(file)));
  }
  return contents;
};

/** The hash links that OpenSSL comes by: from .0 on as long as each leads to a file, whatever is in it. */
const reachableLinks = (
  links: ReadonlyMap<string, string>,
  existing: ReadonlySet<string>,
): Map<string, Set<string>> => {
  const hashesByFile = new Map<string, Set<string>>();
  for (const first of links.keys()) {
    if (!first.endsWith('.0')) continue;
    const hash = first.slice(0, 8);
    for (let n = 0; ; n++) {
      const file = links.get(`${hash}.${n}`);
      if (file === undefined || !existing.has(file)) break;
      hashesByFile.set(file, (hashesByFile.get(file) ?? new Set()).add(hash));
    }
  }
  return hashesByFile;
};

const isLinked = (der: Uint8Array, hashes: ReadonlySet<string> | undefined): boolean => {
  if (hashes === undefined) return false;
  try {
    return hashes.has(subjectHash(der));
  } catch (error) {
    if (error instanceof DerError) return false;
    throw error;
  }
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
  const names = listed.filter((entry) => !entry.folder && !except.has(entry.name));
  const hashed = names.filter(({ name }) => hashName.test(name));
  const links = new Map(hashed.map((entry) => [entry.name, targetInFolder(folder, entry)]));
  const plain = names.filter(({ name }) => certificateName.test(name)).map(({ name }) => name);
  const isLink = new Map(names.map(({ name, link }) => [name, link]));
  const files = [...new Set([...links.values(), ...plain])].map((name) => ({
    name,
    link: isLink.get(name) ?? false,
  }));
  const contents = await readFiles(folder, files, signal);
  const existing = new Set(contents.filter(({ exists }) => exists).map(({ name }) => name));
  const hashesByFile = reachableLinks(links, existing);
  return {
    certificates: contents.flatMap(({ name, entries }) =>
      entries.map((entry) => ({ ...entry, linked: isLinked(entry.der, hashesByFile.get(name)) })),
    ),
    problems: contents.flatMap(({ problems }) => problems),
    hashed: hashed.length > 0,
  };
};
