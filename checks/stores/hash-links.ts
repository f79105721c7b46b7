/**
 * How OpenSSL finds a certificate in a folder: under the hash of its subject, `HHHHHHHH.N`, counted from 0
 * without a hole (man openssl-rehash; get_cert_by_subject_ex in OpenSSL's by_dir.c).
 */

import { basename, dirname, resolve } from 'node:path';
import { unlessMalformed } from '../pki/der.ts';
import type { HashLinkWay, HashLinks, MissingPart, StoreEntry } from '../types.ts';
import { type FolderEntry, linkTarget } from './folders.ts';
import type { Collected } from './store-error.ts';
import { subjectHash } from './subject-name.ts';

const hashName = /^([0-9a-f]{8})\.(\d{1,5})$/;

/** A file of the folder, and what was found in it. */
export interface FolderFile extends Collected {
  readonly name: string;
  /** Whether it is PEM: nothing else is read through a hash link. */
  readonly isPem: boolean;
  /** How many of its entries stand before the first that cannot be read; absent: all. */
  readonly intact?: number;
}

/** The name in the same folder that a link leads to; the link's own name for any other. */
const targetInFolder = (folder: string, { name, link }: FolderEntry): string => {
  const target = link ? linkTarget(`${folder}/${name}`) : undefined;
  if (target === undefined) return name;
  if (!target.includes('/')) return target;
  const path = resolve(folder, target);
  return dirname(path) === folder ? basename(path) : name;
};

/** The files of a folder that its hash links lead to, by the name of the link. */
export const hashLinks = (
  folder: string,
  entries: readonly FolderEntry[],
): ReadonlyMap<string, string> =>
  new Map(
    entries
      .filter(({ name }) => hashName.test(name))
      .map((entry) => [entry.name, targetInFolder(folder, entry)]),
  );

const leadsToNothing = ({ isPem, entries, problems }: FolderFile): boolean =>
  !(isPem && entries.length > 0) && problems.every(({ unreadable }) => unreadable !== true);

/**
 * The ways to each file: from .0 on as long as there is a link. One that leads to no certificate ends
 * them before OpenSSL 3.0.22; newer goes on.
 */
export const waysByFile = (
  links: ReadonlyMap<string, string>,
  files: readonly FolderFile[],
): ReadonlyMap<string, HashLinks['ways']> => {
  const byName = new Map(files.map((file) => [file.name, file]));
  const found = new Map<string, Map<string, HashLinkWay>>();
  for (const first of links.keys()) {
    if (!first.endsWith('.0')) continue;
    const hash = first.slice(0, 8);
    let way: HashLinkWay = {};
    for (let n = 0; ; n++) {
      const link = `${hash}.${n}`;
      const file = byName.get(links.get(link) ?? '');
      if (file === undefined) break;
      const ways = found.get(file.name) ?? new Map<string, HashLinkWay>();
      if (file.isPem && !ways.has(hash)) found.set(file.name, ways.set(hash, way));
      if (leadsToNothing(file)) way = { behindBrokenLink: link, ...way };
    }
  }
  return found;
};

/** The links to one certificate that lies in two files; of two ways by one hash, that past no broken link. */
export const bothLinks = (a: HashLinks | undefined, b: HashLinks): HashLinks => {
  if (a === undefined) return b;
  const ways = new Map(a.ways);
  for (const [hash, way] of b.ways)
    if (ways.get(hash)?.behindBrokenLink !== undefined || !ways.has(hash)) ways.set(hash, way);
  return { folder: a.folder, ways };
};

/**
 * An entry as OpenSSL comes by it: only a link that is named by its subject's hash leads to it. Made of the
 * root in question alone: hashing every subject of a store takes as long as reading it.
 */
export const throughHashLinks = (entry: StoreEntry): StoreEntry & HashLinkWay => {
  const { hashLinks, missingFrom = [] } = entry;
  if (hashLinks === undefined) return entry;
  const way = unlessMalformed(() => hashLinks.ways.get(subjectHash(entry.der)));
  if (way !== undefined) return { ...entry, ...way };
  const link: MissingPart = { part: 'hash-link', path: hashLinks.folder };
  return { ...entry, missingFrom: [link, ...missingFrom] };
};
