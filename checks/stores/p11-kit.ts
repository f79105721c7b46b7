/** p11-kit's trust module: folders of anchors and of blocked certificates (trust(1), update-ca-trust(8)). */

import { join } from 'node:path';
import { fingerprint256 } from '../pki/certificate.ts';
import type { StoreEntry, StoreProblem, TrustStore } from '../types.ts';
import { soundEntries } from './certificate-form.ts';
import { kindOfPath, mapBounded, readStoreFile } from './files.ts';
import { readFolder } from './folders.ts';
import {
  type P11KitContents,
  identitiesOf,
  looksLikeP11Kit,
  readP11KitFile,
} from './p11-kit-file.ts';
import { looksLikePem, pemReaders, readPemBundle } from './pem.ts';
import { type Collected, StoreError, contentsOf } from './store-error.ts';

/** Pairs of what the administrator adds and what the distribution ships, by distribution; the first outweighs. */
export const sourceFolders = {
  redhat: ['/etc/pki/ca-trust/source', '/usr/share/pki/ca-trust-source'],
  suse: ['/etc/pki/trust', '/usr/share/pki/trust'],
  arch: ['/etc/ca-certificates/trust-source', '/usr/share/ca-certificates/trust-source'],
} as const;

/** What a folder says of all certificates in it; those beside the folders speak for themselves. */
const subfolders: readonly (readonly [name: string, trust?: StoreEntry['trust']])[] = [
  ['.'],
  ['anchors', 'trusted'],
  ['blocklist', 'distrusted'],
  ['blacklist', 'distrusted'],
];

const readFile = (
  bytes: Buffer,
  path: string,
  trust: StoreEntry['trust'] | undefined,
): P11KitContents => {
  if (looksLikeP11Kit(bytes)) return readP11KitFile(bytes, path, trust);
  const isPem = looksLikePem(bytes);
  const found: Collected = isPem
    ? readPemBundle(bytes, path, pemReaders.p11Kit)
    : soundEntries({ entries: [{ der: bytes, trust: 'trusted', origin: path }], problems: [] });
  const entries = found.entries.flatMap((entry): StoreEntry[] => {
    // A TRUSTED CERTIFICATE that lies in no folder of anchors is one all the same
    if (trust === undefined) return entry.purposes || entry.trust !== 'trusted' ? [entry] : [];
    return [{ ...entry, trust: entry.trust === 'distrusted' ? 'distrusted' : trust }];
  });
  return { entries, problems: found.problems };
};

const readOneFolder = async (
  folder: string,
  trust: StoreEntry['trust'] | undefined,
  signal: AbortSignal,
): Promise<readonly P11KitContents[]> => {
  if ((await kindOfPath(folder)) !== 'folder') return [];
  const names = (await readFolder(folder, signal)).filter((entry) => !entry.folder);
  return mapBounded(names, async ({ name }): Promise<P11KitContents> => {
    const path = join(folder, name);
    try {
      const bytes = await readStoreFile(path, signal);
      const isCertificate = looksLikeP11Kit(bytes) || looksLikePem(bytes) || bytes[0] === 0x30;
      return isCertificate ? readFile(bytes, path, trust) : { entries: [], problems: [] };
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      const problem: StoreProblem = { origin: path, problem: error.message, unreadable: true };
      return { entries: [], problems: [problem] };
    }
  });
};

/** Of several entries of one certificate p11-kit heeds the first, unless one of them distrusts it. */
const firstOfEach = (entries: readonly StoreEntry[]): StoreEntry[] => {
  const seen = new Set<string>();
  return entries.filter(({ der, trust }) => {
    if (trust === 'distrusted') return true;
    const key = fingerprint256(der);
    return !seen.has(key) && seen.add(key);
  });
};

/**
 * p11-kit distrusts whatever has the key of something distrusted, or its issuer and serial number: another
 * certificate of the same authority too.
 */
const distrusting = (contents: readonly P11KitContents[]): StoreEntry[] => {
  const entries = firstOfEach(contents.flatMap((each) => each.entries));
  const blocked = new Map(contents.flatMap((each) => [...(each.blocked ?? [])]));
  for (const { der, trust, origin } of entries)
    if (trust === 'distrusted')
      for (const identity of identitiesOf(der)) blocked.set(identity, origin);
  if (blocked.size === 0) return entries;
  return entries.map((entry): StoreEntry => {
    const [origin] = identitiesOf(entry.der).flatMap((identity) => blocked.get(identity) ?? []);
    return origin === undefined ? entry : { ...entry, trust: 'distrusted', origin };
  });
};

/** All that some source folders trust and distrust. @throws StoreError where none of them exists */
export const readSources = async (
  folders: readonly string[],
  signal: AbortSignal,
): Promise<Collected> => {
  const kinds = await Promise.all(folders.map((folder) => kindOfPath(folder)));
  if (!kinds.includes('folder'))
    throw new StoreError('absent', `${folders.join(' and ')} do not exist`);
  const parts = await Promise.all(
    folders.flatMap((folder) =>
      subfolders.map(([name, trust]) => readOneFolder(join(folder, name), trust, signal)),
    ),
  );
  const all = parts.flat();
  return {
    entries: distrusting(all),
    problems: all.flatMap(({ problems }) => problems),
  };
};

/** What programs see that ask p11-kit themselves (GnuTLS and NSS of these distributions). */
export const p11KitStore = async (root = '/'): Promise<TrustStore> => {
  for (const folders of Object.values(sourceFolders)) {
    const paths = folders.map((folder) => join(root, folder));
    const [path] = paths;
    const [name] = folders;
    if (path === undefined) continue;
    const kinds = await Promise.all(paths.map((each) => kindOfPath(each).catch(() => 'other')));
    if (!kinds.some((kind) => kind !== 'absent')) continue;
    const read: TrustStore['read'] = (signal) => contentsOf(() => readSources(paths, signal));
    return { kind: 'p11-kit', name, path, mail: 'unknown', read };
  }
  return {
    kind: 'p11-kit',
    name: 'p11-kit',
    path: sourceFolders.redhat[0],
    mail: 'unused',
    read: () => Promise.resolve({ absent: 'p11-kit has no trust sources here' }),
  };
};
