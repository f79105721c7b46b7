/** The trust stores of a machine, each found by itself. One file per kind of store. */

import { basename, dirname, join, resolve } from 'node:path';
import type { Platform, TrustStore } from '../types.ts';
import { type RunCommand, commandRunner } from './commands.ts';
import { environmentStores } from './environment.ts';
import { kindOfPath, readStart } from './files.ts';
import { keystore, looksLikeKeystore } from './java.ts';
import { javaStores } from './java-homes.ts';
import { askMailServers, mailStores } from './mail/mail-stores.ts';
import { type NodeService, nodeStore } from './node.ts';
import { foundNssDatabases, nssDatabase } from './nss.ts';
import { certificateFile, opensslFolder } from './openssl.ts';
import { p11KitStore } from './p11-kit.ts';
import { asMailServersLoad } from './refused-files.ts';
import { systemPaths, systemStore } from './system.ts';

export interface DiscoveryOptions {
  readonly platform: Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where the machine's file system begins: an image's or a test's; default `/`. */
  readonly root?: string;
  /** How programs are asked; a test's may answer by itself. */
  readonly run?: RunCommand;
  /** Services that bring their roots with them, which nobody finds unless they are named. */
  readonly nodeServices?: readonly NodeService[];
}

const byName = (stores: readonly TrustStore[]): readonly TrustStore[] => {
  const names = new Map<string, TrustStore>();
  for (const store of stores) if (!names.has(store.name)) names.set(store.name, store);
  return [...names.values()];
};

const platformStore = async (
  platform: Platform,
  { root, run }: { readonly root: string; readonly run: RunCommand },
): Promise<TrustStore> => {
  if (platform !== 'win32') return systemStore(root);
  const { machineStore } = await import('./windows/machine-store.ts');
  await (await import('./windows/native.ts')).loadNative(); // once, and not each time the store is read
  return machineStore(run);
};

/** The stores of the Node services that the user names. */
export const nodeServiceStores = async ({
  platform,
  env,
  root = '/',
  run = commandRunner(platform, env),
  nodeServices = [],
}: DiscoveryOptions): Promise<readonly TrustStore[]> => {
  if (nodeServices.length === 0) return [];
  const system = await platformStore(platform, { root, run });
  return nodeServices.map((service) => nodeStore(service, { system, run }));
};

/**
 * The stores that this machine's programs read, and what outgoing mail depends on each for. A platform
 * whose stores are not known has none.
 */
export const discoverTrustStores = async (
  options: DiscoveryOptions,
): Promise<readonly TrustStore[]> => {
  const { platform, env, root = '/', run = commandRunner(platform, env) } = options;
  const named = await nodeServiceStores(options);
  if (platform !== 'linux' && platform !== 'win32') return named;
  const system = await platformStore(platform, { root, run });
  if (platform === 'win32')
    return byName([system, ...named, ...(await javaStores({ platform, env, root }))]);
  const [paths, mailServers, ...found] = await Promise.all([
    systemPaths(root),
    askMailServers({ root, run }),
    environmentStores(env, root),
    javaStores({ platform, env, root }),
    p11KitStore(root).then((store) => [store]),
    foundNssDatabases(root),
  ]);
  const mail = await mailStores(mailServers, { store: system, paths });
  const others = found.flat().map((store) => ({ ...store, mail: mail.others }));
  const library = (['openssl', 'gnutls'] as const).find((one) => mail.systemLibraries.has(one));
  const readSystem = library ? await systemStore(root, library) : system;
  const ofMail = [{ ...readSystem, mail: mail.system }, ...mail.own].map(asMailServersLoad);
  return byName([...ofMail, ...named, ...others]);
};

/** What a file's first bytes say it is; a file that cannot be read says so when its store is. */
const fileStore = async (path: string): Promise<TrustStore> => {
  const naming = { name: path, path };
  const start = await readStart(path).catch(() => Buffer.alloc(0));
  if (basename(path) === 'cert9.db') return nssDatabase({ name: path, path: dirname(path) });
  return looksLikeKeystore(start) ? keystore(naming, 'any') : certificateFile(naming);
};

/**
 * The store that the user means by a path: a file of certificates (PEM, DER), a folder of them, a
 * keystore (JKS, PKCS#12), or the folder of an NSS database.
 * @throws Error where nothing is there, or neither a file nor a folder
 */
export const openTrustStore = async (path: string): Promise<TrustStore> => {
  const name = resolve(path);
  const kind = await kindOfPath(name).catch(() => 'file' as const); // reading it says why it cannot be seen
  if (kind === 'absent') throw new Error(`trust store ${path} does not exist`);
  if (kind === 'other')
    throw new Error(`trust store ${path} is neither a file nor a folder of certificates`);
  if (kind === 'file') return fileStore(name);
  if ((await kindOfPath(join(name, 'cert9.db')).catch(() => 'absent')) === 'file')
    return nssDatabase({ name, path: name });
  const system = await systemStore();
  return system.name === name ? system : opensslFolder({ name, path: name }, 'any');
};
