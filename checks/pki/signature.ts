/** Signature algorithms (RFC 3279, 4055, 5758, 8410) and verification by node:crypto. */

import { type KeyObject, type Verify, constants, createVerify, verify } from 'node:crypto';
import { DerError, DerReader, contextConstructed, readSingle, tags } from './der.ts';
import { oids } from './oids.ts';
import { equalBytes, readOid, readSmallInteger } from './values.ts';

/** An AlgorithmIdentifier as it stands: compared byte for byte where two must be equal. */
export interface AlgorithmIdentifier {
  readonly raw: Uint8Array;
  readonly oid: string;
  /** DER of the parameters, if there are any. */
  readonly parameters?: Uint8Array;
}

export const readAlgorithmIdentifier = (reader: DerReader): AlgorithmIdentifier => {
  const tlv = reader.read(tags.sequence);
  const inner = reader.enter(tlv);
  const oid = readOid(inner);
  const raw = reader.whole(tlv);
  if (inner.isDone()) return { raw, oid };
  const parameters = inner.whole(inner.read());
  inner.finish();
  return { raw, oid, parameters };
};

export const sameAlgorithm = (a: AlgorithmIdentifier, b: AlgorithmIdentifier): boolean =>
  equalBytes(a.raw, b.raw);

/** How an algorithm is verified. `weak`: still verified, but no longer collision resistant (SHA-1). */
export type SignatureScheme =
  | {
      readonly kind: 'rsa' | 'ecdsa';
      readonly name: string;
      readonly hash: string;
      readonly weak: boolean;
    }
  | {
      readonly kind: 'rsa-pss';
      readonly name: string;
      readonly hash: string;
      readonly saltLength: number;
      readonly weak: boolean;
    }
  | {
      readonly kind: 'ed25519' | 'ed448';
      readonly name: string;
      readonly hash: null;
      readonly weak: boolean;
    };

/** An algorithm that certready does not verify, and why: MD5 for its weakness, DSA for its age, others for being unknown. */
export class UnsupportedAlgorithm extends Error {
  override readonly name = 'UnsupportedAlgorithm';
}

const rsa = (hash: string): SignatureScheme => ({
  kind: 'rsa',
  name: `${hash}WithRSAEncryption`,
  hash,
  weak: hash === 'sha1',
});
const ecdsa = (hash: string): SignatureScheme => ({
  kind: 'ecdsa',
  name: `ecdsa-with-${hash.toUpperCase()}`,
  hash,
  weak: hash === 'sha1',
});

const schemes = new Map<string, SignatureScheme>([
  ['1.2.840.113549.1.1.5', rsa('sha1')],
  ['1.2.840.113549.1.1.14', rsa('sha224')],
  ['1.2.840.113549.1.1.11', rsa('sha256')],
  ['1.2.840.113549.1.1.12', rsa('sha384')],
  ['1.2.840.113549.1.1.13', rsa('sha512')],
  ['1.2.840.10045.4.1', ecdsa('sha1')],
  ['1.2.840.10045.4.3.1', ecdsa('sha224')],
  ['1.2.840.10045.4.3.2', ecdsa('sha256')],
  ['1.2.840.10045.4.3.3', ecdsa('sha384')],
  ['1.2.840.10045.4.3.4', ecdsa('sha512')],
  ['1.3.101.112', { kind: 'ed25519', name: 'Ed25519', hash: null, weak: false }],
  ['1.3.101.113', { kind: 'ed448', name: 'Ed448', hash: null, weak: false }],
]);

const refused = new Map<string, string>([
  ['1.2.840.113549.1.1.2', 'MD2 signatures can be forged'],
  ['1.2.840.113549.1.1.3', 'MD4 signatures can be forged'],
  ['1.2.840.113549.1.1.4', 'MD5 signatures can be forged'],
  // TLS 1.3 and every browser have dropped it, and its keys in use were of 1024 bits
  ['1.2.840.10040.4.3', 'DSA is no longer accepted'],
  ['2.16.840.1.101.3.4.3.1', 'DSA is no longer accepted'],
  ['2.16.840.1.101.3.4.3.2', 'DSA is no longer accepted'],
]);

const rsaPss = '1.2.840.113549.1.1.10';

const hashes = new Map<string, string>([
  [oids.sha1, 'sha1'],
  [oids.sha224, 'sha224'],
  [oids.sha256, 'sha256'],
  [oids.sha384, 'sha384'],
  [oids.sha512, 'sha512'],
]);

/** The name that node:crypto has for a hash's object identifier. */
export const hashName = (oid: string): string | undefined => hashes.get(oid);

const hashOf = ({ oid, parameters }: AlgorithmIdentifier): string => {
  const name = hashes.get(oid);
  if (name === undefined) throw new UnsupportedAlgorithm(`hash ${oid}`);
  requireNullOrNothing(parameters);
  return name;
};

const requireNullOrNothing = (parameters: Uint8Array | undefined): void => {
  if (parameters !== undefined && !equalBytes(parameters, Uint8Array.of(tags.null, 0)))
    throw new DerError('algorithm parameters where NULL is due', 0);
};

const maskHashOf = ({ oid, parameters }: AlgorithmIdentifier): string => {
  if (oid !== oids.mgf1 || parameters === undefined)
    throw new UnsupportedAlgorithm(`mask generation ${oid}`);
  const reader = new DerReader(parameters);
  const hash = hashOf(readAlgorithmIdentifier(reader));
  reader.finish();
  return hash;
};

/** RSASSA-PSS-params (RFC 4055 3.1): the same hash for message and mask, trailer 1. */
const pssScheme = (parameters: Uint8Array | undefined): SignatureScheme => {
  let hash = 'sha1';
  let maskHash = 'sha1';
  let saltLength = 20;
  if (parameters !== undefined) {
    const reader = readSingle(parameters);
    const field = <T>(n: number, read: (inner: DerReader) => T): T | undefined => {
      if (reader.peek() !== contextConstructed(n)) return undefined;
      const inner = reader.inside(contextConstructed(n));
      const value = read(inner);
      inner.finish();
      return value;
    };
    const hashField = field(0, readAlgorithmIdentifier);
    if (hashField) hash = hashOf(hashField);
    const mask = field(1, readAlgorithmIdentifier);
    if (mask) maskHash = maskHashOf(mask);
    saltLength = field(2, readSmallInteger) ?? saltLength;
    if ((field(3, readSmallInteger) ?? 1) !== 1)
      throw new UnsupportedAlgorithm('RSASSA-PSS trailer');
    reader.finish();
  }
  if (hash !== maskHash) throw new UnsupportedAlgorithm('RSASSA-PSS with two hashes');
  return {
    kind: 'rsa-pss',
    name: `RSASSA-PSS with ${hash}`,
    hash,
    saltLength,
    weak: hash === 'sha1',
  };
};

/** @throws UnsupportedAlgorithm, or DerError for parameters that the algorithm does not have. */
export const signatureScheme = ({ oid, parameters }: AlgorithmIdentifier): SignatureScheme => {
  if (oid === rsaPss) return pssScheme(parameters);
  const bad = refused.get(oid);
  if (bad !== undefined) throw new UnsupportedAlgorithm(bad);
  const scheme = schemes.get(oid);
  if (scheme === undefined) throw new UnsupportedAlgorithm(`signature algorithm ${oid}`);
  if (scheme.kind === 'rsa') requireNullOrNothing(parameters);
  else if (parameters !== undefined) throw new DerError(`${scheme.name} with parameters`, 0);
  return scheme;
};

/** Whether a key is of the kind that this scheme needs. */
export const fits = (scheme: SignatureScheme, key: KeyObject): boolean => {
  const type = key.asymmetricKeyType;
  switch (scheme.kind) {
    case 'rsa':
      return type === 'rsa';
    case 'rsa-pss':
      return type === 'rsa' || type === 'rsa-pss';
    case 'ecdsa':
      return type === 'ec';
    case 'ed25519':
    case 'ed448':
      return type === scheme.kind;
  }
};

/**
 * An RSA signature is as long as the modulus (RFC 8017 8.1.2, 8.2.2); OpenSSL takes a shorter PSS one too.
 * The details of other kinds of key are not asked for: Node aborts the process over some hostile ones.
 */
const isOfKeySize = (key: KeyObject, signature: Uint8Array): boolean => {
  if (key.asymmetricKeyType !== 'rsa') return true;
  const bits = key.asymmetricKeyDetails?.modulusLength;
  return bits === undefined || signature.length === Math.ceil(bits / 8);
};

/** A hash in progress, for data that arrives in pieces; Ed25519 and Ed448 need their data in one piece. */
export const startVerification = (scheme: SignatureScheme): Verify | undefined =>
  scheme.hash === null ? undefined : createVerify(scheme.hash);

const keyInput = (scheme: SignatureScheme, key: KeyObject) =>
  scheme.kind === 'rsa-pss'
    ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: scheme.saltLength }
    : { key };

/** Ends `started`; it can be ended once. */
export const finishVerification = (
  started: Verify,
  scheme: SignatureScheme,
  { key, signature }: { key: KeyObject; signature: Uint8Array },
): boolean => {
  try {
    return (
      fits(scheme, key) &&
      isOfKeySize(key, signature) &&
      started.verify(keyInput(scheme, key), signature)
    );
  } catch {
    return false;
  }
};

/** Whether `signature` over `data` was made with the private half of `key`. False, never a throw, for a key of another kind. */
export const verifySignature = (
  scheme: SignatureScheme,
  key: KeyObject,
  { data, signature }: { data: Uint8Array; signature: Uint8Array },
): boolean => {
  try {
    return (
      fits(scheme, key) &&
      isOfKeySize(key, signature) &&
      verify(scheme.hash, data, keyInput(scheme, key), signature)
    );
  } catch {
    return false;
  }
};
