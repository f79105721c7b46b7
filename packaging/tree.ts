/** A tree of files in the making: the same modes and times wherever and whenever it is made. */

import { chmod, copyFile, link, lutimes, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface Entry {
  /** Below the tree's root, without a slash in front. */
  readonly path: string;
  /** What is in it, or which file it is. */
  readonly content: string | Uint8Array | { readonly file: string };
  readonly isExecutable?: boolean;
  /** Of an administrator's: what he changed is kept. */
  readonly isConfiguration?: boolean;
}

const parents = (path: string): readonly string[] => {
  const parent = dirname(path);
  return parent === '.' ? [] : [parent, ...parents(parent)];
};

/** The folders that hold the entries, the deepest first. */
export const foldersOf = (entries: readonly Entry[]): readonly string[] =>
  [...new Set(entries.flatMap(({ path }) => parents(path)))].sort().reverse();

export const layTree = async (
  root: string,
  entries: readonly Entry[],
  date: Date,
): Promise<void> => {
  for (const { path, content, isExecutable = false } of entries) {
    const full = join(root, path);
    await mkdir(dirname(full), { recursive: true });
    if (typeof content === 'string' || content instanceof Uint8Array)
      await writeFile(full, content);
    else await link(content.file, full).catch(() => copyFile(content.file, full)); // another disk
    await chmod(full, isExecutable ? 0o755 : 0o644);
    await lutimes(full, date, date);
  }
  for (const folder of [...foldersOf(entries), '.']) {
    await chmod(join(root, folder), 0o755);
    await lutimes(join(root, folder), date, date);
  }
};
