/**
 * A certificate with its properties as Windows serialises it: the registry's `Blob`, an element of a
 * serialised store, and what CertSerializeCertificateStoreElement gives (wincrypt.h, CERT_*_PROP_ID).
 */

import { hash } from 'node:crypto';
import { DerError, readSingle } from '../../pki/der.ts';
import { readOid } from '../../pki/values.ts';
import type { StoreEntry } from '../../types.ts';
import { allPurposes, purposeNames } from '../trusted-certificate.ts';

const propertyIds = {
  sha1: 3,
  enhancedKeyUsage: 9,
  certificate: 32,
  disallowedFileTime: 104,
  disallowedEnhancedKeyUsage: 122,
  notBeforeFileTime: 126,
  notBeforeEnhancedKeyUsage: 127,
  disallowedCaFileTime: 128,
} as const;

/** Bytes that are not a list of (id, encoding, length, value). */
export class BlobError extends Error {
  override readonly name = 'BlobError';
}

const maxProperties = 200;

/** Properties by id. @throws BlobError */
export const readProperties = (blob: Buffer): ReadonlyMap<number, Buffer> => {
  const properties = new Map<number, Buffer>();
  let at = 0;
  while (at < blob.length) {
    if (at + 12 > blob.length) throw new BlobError(`cut short at byte ${at}`);
    const id = blob.readUInt32LE(at);
    const length = blob.readUInt32LE(at + 8);
    const end = at + 12 + length;
    if (end > blob.length) throw new BlobError(`property ${id} runs past the end`);
    if (properties.size >= maxProperties) throw new BlobError('too many properties');
    properties.set(id, blob.subarray(at + 12, end));
    at = end;
  }
  return properties;
};

/** Names of the purposes in a SEQUENCE OF object identifiers. */
const purposesIn = (value: Buffer): readonly string[] => {
  try {
    const reader = readSingle(value);
    const purposes: string[] = [];
    while (!reader.isDone()) {
      const oid = readOid(reader);
      purposes.push(purposeNames[oid] ?? oid);
    }
    return purposes;
  } catch (error) {
    if (error instanceof DerError) throw new BlobError(`list of purposes: ${error.message}`);
    throw error;
  }
};

/**
 * What Windows trusts a certificate of these properties for. A date from which on it is disallowed, or
 * after which certificates under it are not trusted, takes purposes away: those that it names, or all.
 * @throws BlobError
 */
export const trustOf = (
  properties: ReadonlyMap<number, Buffer>,
): Pick<StoreEntry, 'trust' | 'purposes'> => {
  const list = (id: number): readonly string[] | undefined => {
    const value = properties.get(id);
    return value === undefined ? undefined : purposesIn(value);
  };
  const isDisallowed =
    properties.has(propertyIds.disallowedFileTime) ||
    properties.has(propertyIds.disallowedCaFileTime);
  const disallowed = list(propertyIds.disallowedEnhancedKeyUsage);
  if (isDisallowed && disallowed === undefined) return { trust: 'distrusted' };
  const isLimited = properties.has(propertyIds.notBeforeFileTime);
  const limited = isLimited ? (list(propertyIds.notBeforeEnhancedKeyUsage) ?? allPurposes) : [];
  const allowed = list(propertyIds.enhancedKeyUsage);
  const refused = new Set([...(disallowed ?? []), ...limited]);
  if (allowed === undefined && refused.size === 0) return { trust: 'trusted' };
  const purposes = (allowed ?? allPurposes).filter((purpose) => !refused.has(purpose));
  return { trust: 'trusted', purposes };
};

/** Windows leaves out what lies under another thumbprint than its own, by the property where it has that. */
const requireThumbprint = (
  properties: ReadonlyMap<number, Buffer>,
  der: Buffer,
  thumbprint: string,
): void => {
  const own = properties.get(propertyIds.sha1)?.toString('hex') ?? hash('sha1', der, 'hex');
  if (own.toUpperCase() !== thumbprint.toUpperCase())
    throw new BlobError(`has the thumbprint ${own.toUpperCase()}: Windows leaves it out`);
};

export interface SerializedCertificate {
  readonly der: Buffer;
  readonly properties: ReadonlyMap<number, Buffer>;
}

/** @param thumbprint the registry's name of it, where it comes from there. @throws BlobError */
export const readSerialized = (blob: Buffer, thumbprint?: string): SerializedCertificate => {
  const properties = readProperties(blob);
  const der = properties.get(propertyIds.certificate);
  if (der === undefined) throw new BlobError('no certificate in it');
  if (thumbprint !== undefined) requireThumbprint(properties, der, thumbprint);
  return { der, properties };
};
