/** Certificates with properties as Windows serialises them. */

import { createHash } from 'node:crypto';
import { oid, sequence } from '../../helpers/der-writer.ts';

export const propertyIds = {
  sha1: 3,
  purposes: 9,
  friendlyName: 11,
  certificate: 32,
  disallowedSince: 104,
  disallowedPurposes: 122,
  notBefore: 126,
  notBeforePurposes: 127,
  disallowedCaSince: 128,
} as const;

const property = (id: number, value: Uint8Array): Buffer => {
  const head = Buffer.alloc(12);
  head.writeUInt32LE(id, 0);
  head.writeUInt32LE(1, 4);
  head.writeUInt32LE(value.length, 8);
  return Buffer.concat([head, value]);
};

/** A FILETIME: 100 ns since 1601. */
export const fileTime = (time: Date): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE((BigInt(time.getTime()) + 11_644_473_600_000n) * 10_000n);
  return bytes;
};

export const purposeList = (...oids: readonly string[]): Buffer => sequence(...oids.map(oid));

export const blobOf = (
  der: Uint8Array,
  properties: Partial<Record<keyof typeof propertyIds, Uint8Array>> = {},
): Buffer =>
  Buffer.concat([
    ...Object.entries(properties).map(([name, value]) =>
      property(propertyIds[name as keyof typeof propertyIds], value),
    ),
    property(propertyIds.certificate, der),
  ]);

/** The name of a certificate's registry key. */
export const thumbprint = (der: Uint8Array): string =>
  createHash('sha1').update(der).digest('hex').toUpperCase();
