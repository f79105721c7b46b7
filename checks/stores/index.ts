/** The trust stores of a machine, each found by itself. One file per kind of store. */

import { resolve } from 'node:path';
import type { Platform, TrustStore } from '../types.ts';
import { kindOfPath } from './files.ts';
import { environmentStores, opensslBundle, opensslFolder, systemStore } from './openssl.ts';

export interface DiscoveryOptions {
  readonly platform: Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where the machine's file system begins: an image's or a test's; default `/`. */
  readonly root?: string;
}

const byName = (stores: readonly TrustStore[]): readonly TrustStore[] => {
  const names = new Map<string, TrustStore>();
  for (const store of stores) if (!names.has(store.name)) names.set(store.name, store);
  return [...names.values()];
};

/** The stores that this machine's programs read. A platform whose stores are not known has none. */
export const discoverTrustStores = async ({
  platform,
  env,
  root = '/',
}: DiscoveryOptions): Promise<readonly TrustStore[]> => {
  if (platform !== 'linux') return [];
  return byName([await systemStore(root), ...(await environmentStores(env, root))]);
};

/**
 * The store that the user means by a path: a PEM bundle, or a folder of certificates.
 * @throws Error where nothing is there, or neither a file nor a folder
 */
export const openTrustStore = async (path: string): Promise<TrustStore> => {
  const name = resolve(path);
  const kind = await kindOfPath(name).catch(() => 'file' as const); // reading it says why it cannot be seen
  if (kind === 'absent') throw new Error(`trust store ${path} does not exist`);
  if (kind === 'other')
    throw new Error(`trust store ${path} is neither a file nor a folder of certificates`);
  if (kind === 'file') return opensslBundle({ name, path: name });
  const system = await systemStore();
  return system.name === name ? system : opensslFolder({ name, path: name }, 'any');
};
