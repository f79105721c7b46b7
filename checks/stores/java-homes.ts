/** Every Java runtime of a machine, and the trust store that each reads (JSSE Reference Guide, "Customizing the Default Keystores"). */

import { realpath } from 'node:fs/promises';
import { posix, win32 } from 'node:path';
import type { Platform, StoreEntry, TrustStore } from '../types.ts';
import { fingerprint256 } from '../pki/certificate.ts';
import { kindOfPath, readStoreFile } from './files.ts';
import { readFolder } from './folders.ts';
import { keystore } from './java.ts';
import { StoreError } from './store-error.ts';

/** Folders whose own folders are Java runtimes, by the habits of packages and installers. */
const parents: Readonly<Record<Platform, readonly string[]>> = {
  linux: ['/usr/lib/jvm', '/usr/lib64/jvm', '/usr/java', '/opt/java', '/opt', '/usr/local/java'],
  win32: [
    'Java',
    'Eclipse Adoptium',
    'AdoptOpenJDK',
    'Microsoft',
    'Amazon Corretto',
    'Zulu',
    'BellSoft',
    'Semeru',
    'RedHat',
  ],
  darwin: ['/Library/Java/JavaVirtualMachines'],
  other: [],
};

/** Below a runtime's home; the first that exists is read. A JDK up to 8 keeps its runtime in `jre`. */
const storePlaces = ['lib/security', 'jre/lib/security', 'Contents/Home/lib/security'] as const;
const storeNames = ['jssecacerts', 'cacerts'] as const;

type Join = (...parts: readonly string[]) => string;

/** Paths as the platform writes them, whichever platform this runs on. */
const pathsOf = (platform: Platform): { join: Join; dirname: (path: string) => string } => {
  const paths = platform === 'win32' ? win32 : posix;
  return { join: (...parts) => paths.join(...parts), dirname: (path) => paths.dirname(path) };
};

export interface JavaOptions {
  readonly platform: Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly root?: string;
}

const isKind = async (path: string, kind: 'file' | 'folder'): Promise<boolean> =>
  (await kindOfPath(path).catch(() => 'other')) === kind;

const foldersIn = async (parent: string): Promise<readonly string[]> => {
  try {
    const entries = await readFolder(parent, AbortSignal.timeout(5000));
    return entries.filter(({ folder, link }) => folder || link).map(({ name }) => name);
  } catch (error) {
    if (error instanceof StoreError) return [];
    throw error;
  }
};

/** The home of what `java` runs, wherever a link leads. */
const homeOfCommand = async ({ platform, root = '/' }: JavaOptions): Promise<string[]> => {
  if (platform !== 'linux') return [];
  const command = await realpath(posix.join(root, 'usr/bin/java')).catch(() => undefined);
  return command === undefined ? [] : [posix.dirname(posix.dirname(command))];
};

/** Candidates for a runtime's home, whether or not there is one. */
const homes = async (options: JavaOptions): Promise<string[]> => {
  const { platform, env, root = '/' } = options;
  const { join } = pathsOf(platform);
  const bases =
    platform === 'win32'
      ? [env['ProgramFiles'], env['ProgramFiles(x86)'], env['ProgramW6432']].flatMap((base) =>
          base === undefined ? [] : parents.win32.map((name) => join(base, name)),
        )
      : parents[platform].map((parent) => join(root, parent));
  const named = [env['JAVA_HOME'], env['JRE_HOME']].filter(
    (home) => home !== undefined && home !== '',
  );
  const found = await Promise.all(
    [...new Set(bases)].map(async (base) =>
      (await foldersIn(base)).map((name) => join(base, name)),
    ),
  );
  return [...named.map((home) => home ?? ''), ...(await homeOfCommand(options)), ...found.flat()];
};

const cacertsOf = async (home: string, join: Join): Promise<string | undefined> => {
  for (const place of storePlaces)
    for (const name of storeNames) {
      const path = join(home, place, name);
      if (await isKind(path, 'file')) return path;
    }
  return undefined;
};

/** What the runtime refuses whatever its store says: SHA-256 of certificates, a line each. */
const readBlocked = async (path: string, signal: AbortSignal): Promise<ReadonlySet<string>> => {
  try {
    const text = (await readStoreFile(path, signal, 1024 * 1024)).toString('latin1');
    return new Set(text.match(/^[0-9A-Fa-f]{64}$/gm)?.map((line) => line.toUpperCase()));
  } catch (error) {
    if (error instanceof StoreError) return new Set();
    throw error;
  }
};

/** The store as its runtimes see it: without what one of their `blocked.certs` refuses. */
const withBlocked = (store: TrustStore, lists: readonly string[]): TrustStore => ({
  ...store,
  async read(signal) {
    const contents = await store.read(signal);
    if (contents.entries === undefined) return contents;
    const blocked: StoreEntry[] = [];
    for (const list of lists) {
      const refused = await readBlocked(list, signal);
      if (refused.size === 0) continue;
      for (const entry of contents.entries)
        if (refused.has(fingerprint256(entry.der)))
          blocked.push({ ...entry, trust: 'distrusted', origin: list });
    }
    return { ...contents, entries: [...contents.entries, ...blocked] };
  },
});

/** One store for each file, whatever number of runtimes share it; an absent one where there is no Java. */
export const javaStores = async (options: JavaOptions): Promise<readonly TrustStore[]> => {
  const { join, dirname } = pathsOf(options.platform);
  const runtimes = new Map<string, string[]>();
  for (const home of await homes(options)) {
    const path = await cacertsOf(home, join);
    if (path === undefined) continue;
    const file = await realpath(path).catch(() => path);
    const blocked = join(dirname(path), 'blocked.certs');
    const lists = runtimes.get(file) ?? [];
    runtimes.set(file, lists.includes(blocked) ? lists : [...lists, blocked]);
  }
  if (runtimes.size === 0) return [noJava];
  const found: TrustStore[] = [];
  for (const [path, lists] of runtimes) {
    const files = await Promise.all(lists.map((list) => realpath(list).catch(() => undefined)));
    const distinct = [...new Set(files.filter((file) => file !== undefined))];
    found.push(withBlocked(keystore({ name: path, path }, 'java'), distinct));
  }
  return found;
};

const noJava: TrustStore = {
  kind: 'java',
  name: 'java',
  path: 'cacerts',
  mail: 'unused',
  read: () => Promise.resolve({ absent: 'no Java runtime was found' }),
};
