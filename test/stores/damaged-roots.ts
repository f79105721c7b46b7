/** Certificates that are damaged in one place. */

import assert from 'node:assert/strict';
import { makeCa } from '../helpers/private-ca.ts';
import { r2 } from './example-roots.ts';

const changedAt = (bytes: Uint8Array, at: number, to: number): Buffer => {
  const changed = Buffer.from(bytes);
  changed.writeUInt8(to, at);
  return changed;
};

/** Changes the byte `after` bytes behind the first of some bytes, given in hex. */
export const changedBehind = (
  bytes: Uint8Array,
  hex: string,
  after: number,
  to: number,
): Buffer => {
  const at = Buffer.from(bytes).indexOf(Buffer.from(hex, 'hex'));
  assert.ok(at >= 0);
  return changedAt(bytes, at + after, to);
};

export const commonName = '0603550403';
export const rsa = makeCa({ name: 'CN=RSA Root', key: 'rsa' });
export const rsaKey = '06092a864886f70d010101';
export const lengthOfTbs = changedAt(r2.der, 6, (r2.der[6] ?? 0) ^ 1);
