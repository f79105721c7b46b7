/** Whether a store's bytes are a certificate, and for whom: one that a library cannot read costs it all that lies beside it. */

import { X509Certificate } from 'node:crypto';
import { DerError, unlessMalformed } from '../pki/der.ts';
import { publicKeyOf } from '../pki/public-key.ts';
import type { StoreEntry, StoreProblem } from '../types.ts';
import { fieldsFit, walkCertificate } from './certificate-walk.ts';
import type { Collected } from './store-error.ts';
import { publicKeyInfoOf } from './subject-name.ts';

/** The libraries that mail servers read PEM and certificates with. */
export type TlsLibrary = 'openssl' | 'gnutls';

export interface CertificateFault {
  readonly problem: string;
  /** Who does not read it at all; others may, and then fail to verify anything with it. */
  readonly refusedBy: readonly TlsLibrary[];
}

/** OpenSSL itself, as Node brings it. */
const opensslReads = (der: Uint8Array): boolean => {
  try {
    return new X509Certificate(der).raw.length > 0;
  } catch {
    return false;
  }
};

const look = (der: Uint8Array): CertificateFault | undefined => {
  try {
    const { doubt, isKeyKnown } = walkCertificate(der);
    if (doubt !== undefined && !opensslReads(der))
      return { problem: doubt, refusedBy: ['openssl'] };
    const key = isKeyKnown ? undefined : unlessMalformed(() => publicKeyInfoOf(der));
    if (isKeyKnown || (key && publicKeyOf(key))) return undefined;
    return { problem: 'a public key that cannot be read', refusedBy: [] };
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    const refusedBy: readonly TlsLibrary[] = opensslReads(der) ? ['gnutls'] : ['openssl', 'gnutls'];
    return { problem: error.message, refusedBy };
  }
};

const looked = new WeakMap<Uint8Array, { readonly fault: CertificateFault | undefined }>();

/**
 * What is wrong with the bytes as a certificate; undefined where every program reads it, and its key. Looked for
 * once in one array of bytes.
 */
export const certificateFault = (der: Uint8Array): CertificateFault | undefined => {
  const known = looked.get(der);
  if (known) return known.fault;
  const fault = look(der);
  looked.set(der, { fault });
  return fault;
};

/**
 * The same as far as the fields of a certificate show it, for stores where a damaged one costs nothing but itself:
 * it takes a tenth of the time.
 */
export const fieldsFault = (der: Uint8Array): CertificateFault | undefined =>
  fieldsFit(der) ? undefined : certificateFault(der);

/**
 * The entries that are certificates; those that are none, or that not every program reads, are told. `file` is one
 * of which nothing is read because of them.
 */
export const soundEntries = ({ entries, problems }: Collected, file?: string): Collected => {
  const sound: StoreEntry[] = [];
  const broken: StoreProblem[] = [];
  for (const entry of entries) {
    const fault = file === undefined ? fieldsFault(entry.der) : certificateFault(entry.der);
    const isRead = fault === undefined || fault.refusedBy.length === 0;
    if (isRead) sound.push(entry);
    if (fault === undefined) continue;
    const problem: StoreProblem = { origin: entry.origin, problem: fault.problem };
    broken.push(isRead || file === undefined ? problem : { ...problem, spoils: file });
  }
  return { entries: sound, problems: [...problems, ...broken] };
};
