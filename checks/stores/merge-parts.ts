/** One store in several parts (a folder, a bundle): what each certificate is missing from. */

import { fingerprint256 } from '../pki/certificate.ts';
import type { HashLinks, MissingPart, StoreEntry } from '../types.ts';
import { bothLinks } from './hash-links.ts';

export interface StorePart {
  readonly part: 'bundle' | 'folder';
  readonly path: string;
  readonly entries: readonly (StoreEntry & { readonly linked?: boolean })[];
}

interface Merged {
  readonly entry: StoreEntry;
  /** The index of each part that has it. */
  readonly parts: Set<number>;
  /** It lies in the folder under no name that OpenSSL looks for. */
  unlinked?: string;
  /** The links that lead to it, unless it is found without. */
  hashLinks?: HashLinks;
  isFound: boolean;
}

/**
 * Each certificate once, the first entry of it as it is read (programs keep the first too), with the
 * parts that lack it.
 */
export const mergeParts = (parts: readonly StorePart[]): StoreEntry[] => {
  const merged = new Map<string, Merged>();
  for (const [index, { part, entries, path }] of parts.entries())
    for (const { linked, hashLinks, ...entry } of entries) {
      const key = fingerprint256(entry.der);
      const known: Merged = merged.get(key) ?? { entry, parts: new Set<number>(), isFound: false };
      merged.set(key, known);
      if (linked === false) known.unlinked ??= path;
      else known.parts.add(index);
      if (hashLinks) known.hashLinks = bothLinks(known.hashLinks, hashLinks);
      else if (part === 'folder' && linked !== false) known.isFound = true;
    }
  return [...merged.values()].map(({ entry: first, parts: having, unlinked, ...by }) => {
    const { hashLinks, isFound } = by;
    const entry = hashLinks && !isFound ? { ...first, hashLinks } : first;
    const missingFrom = parts.flatMap(({ part, path }, index): MissingPart[] => {
      if (having.has(index)) return [];
      return [{ part: path === unlinked ? 'hash-link' : part, path }];
    });
    return missingFrom.length === 0 ? entry : { ...entry, missingFrom };
  });
};
