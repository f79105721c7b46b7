/**
 * OpenSSL's `TRUSTED CERTIFICATE`: a certificate with what it is and is not trusted for behind it
 * (X509_CERT_AUX; man openssl-x509, "Trust Settings").
 */

import { DerReader, contextConstructed, tags } from '../pki/der.ts';
import { oids } from '../pki/oids.ts';
import { readOid } from '../pki/values.ts';
import type { StoreEntry } from '../types.ts';

/** The purposes that a store can tell apart, by their object identifiers. */
export const purposeNames: Readonly<Record<string, string>> = {
  [oids.serverAuth]: 'serverAuth',
  [oids.clientAuth]: 'clientAuth',
  [oids.codeSigning]: 'codeSigning',
  [oids.emailProtection]: 'emailProtection',
  [oids.timeStamping]: 'timeStamping',
  [oids.ocspSigning]: 'ocspSigning',
};

const allPurposes = Object.values(purposeNames);

const maxPurposes = 64;

const readPurposes = (reader: DerReader): string[] => {
  const purposes: string[] = [];
  while (!reader.isDone() && purposes.length < maxPurposes) purposes.push(readOid(reader));
  reader.finish();
  return purposes;
};

const isAny = (oid: string): boolean => oid === oids.anyExtendedKeyUsage;

/**
 * Splits the DER of a `TRUSTED CERTIFICATE` into the certificate and its trust. A purpose that is
 * rejected is not trusted; a list of trusted purposes excludes all others (obj_trust in x509_trust.c).
 * @throws DerError
 */
export const readTrustedCertificate = (
  bytes: Uint8Array,
): Pick<StoreEntry, 'der' | 'trust' | 'purposes'> => {
  const reader = new DerReader(bytes);
  const der = reader.whole(reader.read(tags.sequence));
  if (reader.isDone()) return { der, trust: 'trusted' };
  const aux = reader.inside();
  reader.finish();
  const allowed = aux.peek() === tags.sequence ? readPurposes(aux.inside()) : undefined;
  const rejected =
    aux.peek() === contextConstructed(0) ? readPurposes(aux.inside(contextConstructed(0))) : [];
  if (rejected.some(isAny)) return { der, trust: 'distrusted', purposes: [] };
  if (allowed === undefined && rejected.length === 0) return { der, trust: 'trusted' };
  const named =
    allowed === undefined || allowed.some(isAny)
      ? allPurposes
      : allowed.map((oid) => purposeNames[oid] ?? oid);
  const refused = new Set(rejected.map((oid) => purposeNames[oid] ?? oid));
  return { der, trust: 'trusted', purposes: named.filter((purpose) => !refused.has(purpose)) };
};
