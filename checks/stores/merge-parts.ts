/** One store in several parts (a folder, a bundle): what each certificate is missing from. */

import { fingerprint256 } from '../pki/certificate.ts';
import type { MissingPart, StoreEntry } from '../types.ts';

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
}

/**
 * Each certificate once, the first entry of it as it is read (programs keep the first too), with the
 * parts that lack it.
 */
export const mergeParts = (parts: readonly StorePart[]): StoreEntry[] => {
  const merged = new Map<string, Merged>();
  for (const [index, { entries, path }] of parts.entries())
    for (const { linked, ...entry } of entries) {
      const key = fingerprint256(entry.der);
      const known = merged.get(key) ?? { entry, parts: new Set<number>() };
      merged.set(key, known);
      if (linked === false) known.unlinked ??= path;
      else known.parts.add(index);
    }
  return [...merged.values()].map(({ entry, parts: having, unlinked }) => {
    const missingFrom = parts.flatMap(({ part, path }, index): MissingPart[] => {
      if (having.has(index)) return [];
      return [{ part: path === unlinked ? 'hash-link' : part, path }];
    });
    return missingFrom.length === 0 ? entry : { ...entry, missingFrom };
  });
};
