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

export const allPurposes = Object.values(purposeNames);

const maxPurposes = 64;

const readPurposes = (reader: DerReader): string[] => {
  const purposes: string[] = [];
  while (!reader.isDone() && purposes.length < maxPurposes) purposes.push(readOid(reader));
  reader.finish();
  return purposes;
};

const isAny = (oid: string): boolean => oid === oids.anyExtendedKeyUsage;

export interface TrustSettings {
  readonly der: Uint8Array;
  /** Object identifiers; absent where nothing is said. */
  readonly allowed?: readonly string[];
  readonly rejected: readonly string[];
}

/** Splits the DER of a `TRUSTED CERTIFICATE` into the certificate and its settings. @throws DerError */
export const readTrustSettings = (bytes: Uint8Array): TrustSettings => {
  const reader = new DerReader(bytes);
  const der = reader.whole(reader.read(tags.sequence));
  if (reader.isDone()) return { der: bytes, rejected: [] };
  const aux = reader.inside();
  reader.finish();
  const allowed = aux.peek() === tags.sequence ? readPurposes(aux.inside()) : undefined;
  const rejected =
    aux.peek() === contextConstructed(0) ? readPurposes(aux.inside(contextConstructed(0))) : [];
  return { der, rejected, ...(allowed && { allowed }) };
};

type Trust = Pick<StoreEntry, 'der' | 'trust' | 'purposes'>;

/**
 * As OpenSSL takes the settings: a purpose that is rejected is not trusted; a list of trusted purposes
 * excludes all others (obj_trust in x509_trust.c).
 */
export const opensslTrust = ({ der, allowed, rejected }: TrustSettings): Trust => {
  if (rejected.some(isAny)) return { der, trust: 'distrusted', purposes: [] };
  if (allowed === undefined && rejected.length === 0) return { der, trust: 'trusted' };
  const named =
    allowed === undefined || allowed.some(isAny)
      ? allPurposes
      : allowed.map((oid) => purposeNames[oid] ?? oid);
  const refused = new Set(rejected.map((oid) => purposeNames[oid] ?? oid));
  return { der, trust: 'trusted', purposes: named.filter((purpose) => !refused.has(purpose)) };
};

/** As p11-kit takes them: a certificate that is rejected for something and trusted for nothing is distrusted. */
export const p11KitTrust = (settings: TrustSettings): Trust => {
  const { der, allowed, rejected } = settings;
  const isRejected = allowed === undefined && rejected.length > 0;
  return isRejected ? { der, trust: 'distrusted' } : opensslTrust(settings);
};
