/** What OpenSSL's programs read: bundles, and folders with hash links. */

import { parseCertificate } from '../pki/certificate.ts';
import { DerError } from '../pki/der.ts';
import type { TrustStore } from '../types.ts';
import { type FolderLookup, readCertificateFolder } from './certificate-folder.ts';
import { readStoreFile } from './files.ts';
import { type StorePart, mergeParts } from './merge-parts.ts';
import { type PemReader, looksLikePem, pemReaders, readPemBundle } from './pem.ts';
import { type Collected, StoreError, contentsOf } from './store-error.ts';
import { soundEntries } from './certificate-form.ts';

type StoreNaming = Pick<TrustStore, 'name' | 'path'>;

/** Programs keep the first of equal certificates, and so does this. */
export const bundlePart = async (
  path: string,
  signal: AbortSignal,
  reader: PemReader = pemReaders.anyone,
): Promise<StorePart & Collected> => {
  const bytes = await readStoreFile(path, signal);
  const { entries, problems, refused } = readPemBundle(bytes, path, reader);
  const spoiling = refused ? problems.map((problem) => ({ ...problem, spoils: path })) : problems;
  return { part: 'bundle', path, entries, problems: spoiling };
};

export const opensslBundle = ({ name, path }: StoreNaming, reader?: PemReader): TrustStore => ({
  kind: 'openssl-bundle',
  name,
  path,
  mail: 'unknown',
  read: (signal) =>
    contentsOf(async () => {
      const part = await bundlePart(path, signal, reader);
      return { entries: mergeParts([part]), problems: part.problems };
    }),
});

/** A file that the user names: a PEM bundle, or one certificate in DER. */
const readCertificateFile = (bytes: Buffer, path: string): Collected => {
  if (bytes.length === 0 || looksLikePem(bytes)) return readPemBundle(bytes, path);
  try {
    parseCertificate(bytes);
    return soundEntries({
      entries: [{ der: bytes, trust: 'trusted', origin: path }],
      problems: [],
    });
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw new StoreError('unreadable', `${path}: neither PEM, DER, JKS nor PKCS#12`);
  }
};

export const certificateFile = ({ name, path }: StoreNaming): TrustStore => ({
  kind: 'openssl-bundle',
  name,
  path,
  mail: 'unknown',
  read: (signal) =>
    contentsOf(async () => {
      const read = readCertificateFile(await readStoreFile(path, signal), path);
      const entries = mergeParts([{ part: 'bundle', path, entries: read.entries }]);
      return { entries, problems: read.problems };
    }),
});

/** A folder of certificates. */
export const opensslFolder = (
  { name, path }: StoreNaming,
  lookup: FolderLookup = 'hash',
): TrustStore => ({
  kind: 'openssl-directory',
  name,
  path,
  mail: 'unknown',
  read: (signal) =>
    contentsOf(async () => {
      const { entries, problems } = await readCertificateFolder(path, signal, { lookup });
      return { entries: mergeParts([{ part: 'folder', path, entries }]), problems };
    }),
});
