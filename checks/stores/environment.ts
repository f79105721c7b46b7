/** The stores that the environment names for OpenSSL's programs. */

import { resolve } from 'node:path';
import type { TrustStore } from '../types.ts';
import { opensslBundle, opensslFolder } from './openssl.ts';
import { realPath, systemPaths } from './system.ts';

/** The stores that SSL_CERT_FILE and SSL_CERT_DIR name beside the system's own (man openssl-env). */
export const environmentStores = async (
  env: Readonly<Record<string, string | undefined>>,
  root = '/',
): Promise<readonly TrustStore[]> => {
  const known = await systemPaths(root);
  const named = [
    ...[env['SSL_CERT_FILE'] ?? ''].map((path) => ({ path, open: opensslBundle })),
    ...(env['SSL_CERT_DIR'] ?? '').split(':').map((path) => ({
      path,
      open: (naming: Pick<TrustStore, 'name' | 'path'>) => opensslFolder(naming),
    })),
  ].filter(({ path }) => path !== '');
  const stores: TrustStore[] = [];
  for (const { path, open } of named) {
    const name = resolve(path);
    if (!known.has(await realPath(name))) stores.push(open({ name, path: name }));
  }
  return stores;
};
