/** Java's trust stores: the `cacerts` of each Java runtime, and any keystore file. */

import type { TrustStore } from '../types.ts';
import { readStoreFile } from './files.ts';
import { looksLikeJks, readJks } from './jks.ts';
import { looksLikePkcs12, readPkcs12 } from './pkcs12.ts';
import { asLoaded } from './refused-files.ts';
import { type Collected, StoreError, contentsOf } from './store-error.ts';

export const looksLikeKeystore = (bytes: Buffer): boolean =>
  looksLikeJks(bytes) || looksLikePkcs12(bytes);

/** Certificates of a JKS, JCEKS or PKCS#12 file, whichever it is. @throws StoreError */
const readKeystore = (
  bytes: Buffer,
  path: string,
  reader: 'java' | 'any',
): Collected | Promise<Collected> => {
  if (looksLikeJks(bytes)) return readJks(bytes, path);
  if (looksLikePkcs12(bytes)) return readPkcs12(bytes, path, reader);
  throw new StoreError('unreadable', `${path}: neither JKS nor PKCS#12`);
};

/** A keystore that `reader` uses: Java itself, or whoever the user has in mind. */
export const keystore = (
  { name, path }: Pick<TrustStore, 'name' | 'path'>,
  reader: 'java' | 'any',
): TrustStore => ({
  kind: 'java',
  name,
  path,
  mail: 'unknown',
  read: (signal) =>
    contentsOf(async () => {
      const contents = await readKeystore(await readStoreFile(path, signal), path, reader);
      return reader === 'java' ? asLoaded(contents) : contents;
    }),
});
