/** One store in several parts (a folder, a bundle): what each certificate is missing from. */

import { fingerprint256 } from '../pki/certificate.ts';
import type { HashLinks, StoreEntry } from '../types.ts';
import { bothLinks } from './hash-links.ts';
import { allowsServers } from './root-in-store.ts';

export interface StorePart {
  readonly part: 'bundle' | 'folder';
  readonly path: string;
  readonly entries: readonly StoreEntry[];
}

interface Merged {
  /** The first as a part is read (programs keep the first too); of several parts' the one that allows least. */
  entry: StoreEntry;
  readonly having: Set<StorePart>;
  /** The links that lead to it, unless it is found without. */
  links: HashLinks | undefined;
  isFound: boolean;
}

const withoutLinks = ({ hashLinks: _links, ...entry }: StoreEntry): StoreEntry => entry;

const linkedBy = (entry: StoreEntry, links: HashLinks | undefined): StoreEntry => {
  if (entry.hashLinks === links) return entry;
  return links ? { ...entry, hashLinks: links } : withoutLinks(entry);
};

const isForServers = (entry: StoreEntry): boolean =>
  entry.trust === 'trusted' && allowsServers(entry);

/** Each certificate once, with the parts that lack it. */
export const mergeParts = (parts: readonly StorePart[]): StoreEntry[] => {
  const merged = new Map<string, Merged>();
  for (const part of parts)
    for (const entry of part.entries) {
      const key = fingerprint256(entry.der);
      const known: Merged = merged.get(key) ?? {
        entry,
        having: new Set(),
        links: undefined,
        isFound: false,
      };
      merged.set(key, known);
      const isFirst = !known.having.has(part);
      if (isFirst && isForServers(known.entry) && !isForServers(entry)) known.entry = entry;
      known.having.add(part);
      if (entry.hashLinks) known.links = bothLinks(known.links, entry.hashLinks);
      else if (part.part === 'folder') known.isFound = true;
    }
  return Array.from(merged.values(), ({ entry: first, having, links, isFound }) => {
    const entry = linkedBy(first, isFound ? undefined : links);
    if (having.size === parts.length) return entry;
    const lacking = parts.filter((part) => !having.has(part));
    return { ...entry, missingFrom: lacking.map(({ part, path }) => ({ part, path })) };
  });
};
