/**
 * Public keys (RFC 5280 4.1.2.7, RFC 8017 A.1.1, RFC 5480 2.1.1), held to bounds before OpenSSL computes
 * with them: a certificate that a stranger sent must neither be costly nor end the process.
 */

import { type KeyObject, createPublicKey } from 'node:crypto';
import { DerError, DerReader, readSingle, tags } from './der.ts';
import { type AlgorithmIdentifier, readAlgorithmIdentifier } from './signature.ts';
import { readBitStringBytes, readIntegerBytes, readOid } from './values.ts';

const algorithms: Readonly<Record<string, 'rsa' | 'ec'>> = {
  '1.2.840.113549.1.1.1': 'rsa',
  '1.2.840.113549.1.1.10': 'rsa', // id-RSASSA-PSS
  '1.2.840.10045.2.1': 'ec',
};

/** OpenSSL's own bound. */
const maxModulusBits = 16_384;
/** BoringSSL's bound; Windows takes 32. OpenSSL has one for large moduli only, and a long exponent costs as much as signing. */
const maxExponentBits = 33;

/** The bits of a positive INTEGER's content. */
const bitsOf = (content: Uint8Array): number => {
  const first = content.findIndex((byte) => byte !== 0);
  return first < 0 ? 0 : (content.length - first) * 8 - (Math.clz32(content[first] ?? 0) - 24);
};

const isOdd = (content: Uint8Array): boolean => ((content.at(-1) ?? 0) & 1) === 1;

/** An RSAPublicKey's modulus, in bits. @throws DerError for a key that no honest CA makes */
export const rsaBits = (publicKeyBits: Uint8Array): number => {
  const reader = readSingle(publicKeyBits);
  const modulus = readIntegerBytes(reader);
  const exponent = readIntegerBytes(reader);
  reader.finish();
  const bits = { modulus: bitsOf(modulus), exponent: bitsOf(exponent) };
  if ([modulus, exponent].some((value) => (value[0] ?? 0) >= 0x80))
    throw new DerError('negative RSA modulus or exponent', 0);
  // Whoever knows the modulus can sign for an exponent of 1; even ones, and even moduli, are no RSA at all.
  if (!isOdd(modulus) || !isOdd(exponent) || bits.exponent < 2)
    throw new DerError('RSA modulus or exponent that is none', 0);
  if (bits.modulus > maxModulusBits || bits.exponent > maxExponentBits)
    throw new DerError(`RSA key of ${bits.modulus} bits, exponent of ${bits.exponent}`, 0);
  return bits.modulus;
};

/** The OID of the curve. @throws DerError where it is spelled out, which RFC 5480 2.1.1 forbids. */
export const namedCurve = ({ parameters }: AlgorithmIdentifier): string => {
  if (parameters?.[0] !== tags.oid) throw new DerError('elliptic curve without a name', 0);
  const reader = new DerReader(parameters);
  return readOid(reader);
};

/** @throws DerError for a key that OpenSSL is not to see. */
const requireHonest = (subjectPublicKeyInfo: Uint8Array): void => {
  const reader = readSingle(subjectPublicKeyInfo);
  const algorithm = readAlgorithmIdentifier(reader);
  const key = readBitStringBytes(reader);
  reader.finish();
  const kind = algorithms[algorithm.oid];
  if (kind === 'rsa') rsaBits(key);
  if (kind === 'ec') namedCurve(algorithm);
};

/** A public key from SubjectPublicKeyInfo DER, or undefined for one of no known kind, or beyond the bounds. */
export const publicKeyOf = (subjectPublicKeyInfo: Uint8Array): KeyObject | undefined => {
  try {
    requireHonest(subjectPublicKeyInfo);
    return createPublicKey({ key: Buffer.from(subjectPublicKeyInfo), format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
};
