/** Each distribution's own store: a folder and bundles that its tool writes from one source. */

import { realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fingerprint256 } from '../pki/certificate.ts';
import type { StoreEntry, StoreProblem, TrustStore } from '../types.ts';
import type { TlsLibrary } from './certificate-form.ts';
import { type CertificateFolder, readCertificateFolder } from './certificate-folder.ts';
import { readDeselected, readLocal } from './debian-selection.ts';
import { type Layout, layoutBelow, layouts } from './distributions.ts';
import { kindOfPath } from './files.ts';
import { type StorePart, mergeParts } from './merge-parts.ts';
import { type PemReader, pemReaders } from './pem.ts';
import { bundlePart } from './openssl.ts';
import { readSources } from './p11-kit.ts';
import { allowsServers } from './root-in-store.ts';
import { type Collected, StoreError, contentsOf } from './store-error.ts';

export const realPath = (path: string): Promise<string> =>
  realpath(path).catch(() => resolve(path));

/** Paths that exist, those that lead to the same file once. */
const distinctFiles = async (paths: readonly string[]): Promise<string[]> => {
  const byFile = new Map<string, string>();
  for (const path of paths) {
    if ((await kindOfPath(path)) === 'absent') continue;
    const file = await realPath(path);
    if (!byFile.has(file)) byFile.set(file, path);
  }
  return [...byFile.values()];
};

/** What explains an absence is not needed to see it: where it cannot be read, nothing is explained. */
const unlessUnread = async (read: Promise<Collected>): Promise<readonly StoreEntry[]> => {
  try {
    return (await read).entries;
  } catch (error) {
    if (error instanceof StoreError) return [];
    throw error;
  }
};

/** Where the tool takes certificates from: what lies there, and whatever it says of them. */
const readSource = async (layout: Layout, signal: AbortSignal): Promise<readonly StoreEntry[]> => {
  const { selection, annotated, otherPurposes = [], sources = [], local } = layout;
  const parts = await Promise.all([
    selection ? readDeselected(selection, signal) : [],
    annotated === undefined ? [] : unlessUnread(bundlePart(annotated, signal)),
    ...otherPurposes.map(async ({ path, purpose }) => {
      const entries = await unlessUnread(bundlePart(path, signal));
      return entries.map((entry): StoreEntry => ({ ...entry, purposes: [purpose] }));
    }),
    sources.length === 0 ? [] : unlessUnread(readSources(sources, signal)),
    local === undefined ? [] : readLocal(local, signal),
  ]);
  return parts.flat();
};

/**
 * What the store leaves out although the machine has it: unsuited, distrusted, deselected, or not yet
 * taken over by the tool.
 */
const readLeftOut = async (
  layout: Layout,
  taken: readonly StoreEntry[],
  signal: AbortSignal,
): Promise<readonly StoreEntry[]> => {
  const known = new Set(taken.map(({ der }) => fingerprint256(der)));
  const source = await readSource(layout, signal);
  return source.flatMap((entry): StoreEntry[] => {
    if (entry.trust !== 'trusted') return [entry];
    if (known.has(fingerprint256(entry.der))) return [];
    if (!allowsServers(entry)) return [entry];
    return [{ ...entry, missingFrom: [{ part: 'store', path: layout.folder }] }];
  });
};

/** Whether the tool that keeps the folder's hash links is there, so that a folder without any lost them. */
const isHashedByItsTool = async ({ selection }: Layout): Promise<boolean> =>
  selection !== undefined && (await kindOfPath(selection.configuration)) === 'file';

const readFolderPart = async (
  layout: Layout,
  { bundles, known }: { readonly bundles: readonly string[]; readonly known: PemReader['known'] },
  signal: AbortSignal,
): Promise<CertificateFolder> => {
  const none = { entries: [], problems: [], hashed: false };
  if ((await kindOfPath(layout.folder)) !== 'folder') return none;
  const inFolder = [...bundles, ...layout.bundles].filter(
    (path) => dirname(path) === layout.folder,
  );
  const except = new Set(inFolder.map((path) => basename(path)));
  // Names below the real folder, so that links into it are recognised
  return readCertificateFolder(await realPath(layout.folder), signal, { except, known });
};

const readLayout = async (
  layout: Layout,
  library: TlsLibrary | 'anyone',
  signal: AbortSignal,
): Promise<Collected> => {
  const files = await distinctFiles(layout.bundles);
  // Most of what lies in the folder stands in the bundle too
  const known: PemReader['known'] = new Map();
  const folder = await readFolderPart(layout, { bundles: files, known }, signal);
  if (files.length === 0 && !folder.hashed)
    throw new StoreError(
      'absent',
      `${layout.folder} has neither a bundle nor hash links: no certificates are installed`,
    );
  const bundles = await Promise.all(
    files.map((path) => bundlePart(path, signal, { ...pemReaders[library], known })),
  );
  const missing = layout.bundles.slice(0, bundles.length === 0 ? 1 : 0);
  const lost = missing.map((path): StorePart => ({ part: 'bundle', path, entries: [] }));
  // Without hash links nobody looks into the folder for roots; a server's own certificate may lie there
  const folders: StorePart[] =
    folder.hashed || (await isHashedByItsTool(layout))
      ? [{ part: 'folder', path: layout.folder, entries: folder.entries }]
      : [];
  const entries = mergeParts([...folders, ...bundles, ...lost]);
  const problems: StoreProblem[] = [...folder.problems, ...bundles.flatMap((b) => b.problems)];
  return { entries: [...entries, ...(await readLeftOut(layout, entries, signal))], problems };
};

/**
 * This machine's own store: one, named by the folder, whatever number of files it is written to. `library` is what
 * mail servers read its bundles with.
 */
export const systemStore = async (
  root = '/',
  library: TlsLibrary | 'anyone' = 'anyone',
): Promise<TrustStore> => {
  const kinds = await Promise.all(
    layouts.map(({ mark }) => kindOfPath(join(root, mark)).catch(() => 'other' as const)),
  );
  const found = layouts.find((_, index) => kinds[index] === 'folder') ?? layouts.at(-1);
  if (found === undefined) throw new Error('no layout');
  const layout = layoutBelow(root, found);
  return {
    kind: found.distribution,
    name: found.folder,
    path: join(root, found.realFolder ?? found.folder),
    mail: 'unknown',
    read: (signal) => contentsOf(() => readLayout(layout, library, signal)),
  };
};

/** Every file and folder that the system's store is made of, by their real paths. */
export const systemPaths = async (root: string): Promise<ReadonlySet<string>> => {
  const all = layouts.flatMap(({ folder, bundles }) => [folder, ...bundles]);
  return new Set(await Promise.all(all.map((path) => realPath(join(root, path)))));
};
