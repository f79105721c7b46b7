/** Keys of every kind that certready verifies, and signatures by them. */

import { type KeyObject, constants, generateKeyPairSync, sign } from 'node:crypto';
import { oids } from '../../checks/pki/oids.ts';
import { type Der, bitString, context, integer, nullValue, oid, sequence } from './der-writer.ts';

export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

export type KeyKind =
  'rsa' | 'rsa1024' | 'rsa3072' | 'p256' | 'p384' | 'p521' | 'ed25519' | 'ed448';

export const generateKey = (kind: KeyKind): KeyPair => {
  if (kind === 'ed25519') return generateKeyPairSync('ed25519');
  if (kind === 'ed448') return generateKeyPairSync('ed448');
  if (kind.startsWith('rsa')) {
    const modulusLength = Number(kind.slice(3) || 2048);
    return generateKeyPairSync('rsa', { modulusLength });
  }
  return generateKeyPairSync('ec', { namedCurve: kind.replace('p', 'P-') });
};

export interface SigningOptions {
  /** A hash as node:crypto names it; default the one that fits the key. */
  readonly hash?: string;
  /** RSASSA-PSS instead of PKCS#1 v1.5, with a salt as long as the hash. */
  readonly pss?: boolean;
}

const rsaAlgorithms: Readonly<Record<string, string>> = {
  md5: '1.2.840.113549.1.1.4',
  sha1: '1.2.840.113549.1.1.5',
  sha256: '1.2.840.113549.1.1.11',
  sha384: '1.2.840.113549.1.1.12',
  sha512: '1.2.840.113549.1.1.13',
};
const ecdsaAlgorithms: Readonly<Record<string, string>> = {
  sha1: '1.2.840.10045.4.1',
  sha256: '1.2.840.10045.4.3.2',
  sha384: '1.2.840.10045.4.3.3',
  sha512: '1.2.840.10045.4.3.4',
};
const hashOids: Readonly<Record<string, string>> = {
  sha1: oids.sha1,
  sha256: oids.sha256,
  sha384: oids.sha384,
  sha512: oids.sha512,
};
const saltLengths: Readonly<Record<string, number>> = {
  sha1: 20,
  sha256: 32,
  sha384: 48,
  sha512: 64,
};

const known = <T>(table: Readonly<Record<string, T>>, key: string): T => {
  const value = table[key];
  if (value === undefined) throw new Error(`no ${key} in the table`);
  return value;
};

const curveHashes: Readonly<Record<string, string>> = { secp384r1: 'sha384', secp521r1: 'sha512' };

const defaultHash = (key: KeyObject): string =>
  curveHashes[key.asymmetricKeyDetails?.namedCurve ?? ''] ?? 'sha256';

const pssAlgorithm = (hash: string): Der => {
  const hashAlgorithm = sequence(oid(known(hashOids, hash)), nullValue());
  return sequence(
    oid('1.2.840.113549.1.1.10'),
    sequence(
      context(0, hashAlgorithm),
      context(1, sequence(oid(oids.mgf1), hashAlgorithm)),
      context(2, integer(known(saltLengths, hash))),
    ),
  );
};

/** The AlgorithmIdentifier that `signBytes` signs by. */
export const signatureAlgorithm = (key: KeyObject, options: SigningOptions = {}): Der => {
  const type = key.asymmetricKeyType;
  const hash = options.hash ?? defaultHash(key);
  if (type === 'rsa' && options.pss) return pssAlgorithm(hash);
  if (type === 'rsa') return sequence(oid(known(rsaAlgorithms, hash)), nullValue());
  if (type === 'ec') return sequence(oid(known(ecdsaAlgorithms, hash)));
  return sequence(oid(type === 'ed25519' ? '1.3.101.112' : '1.3.101.113'));
};

export const signBytes = (
  privateKey: KeyObject,
  bytes: Uint8Array,
  options: SigningOptions = {},
): Buffer => {
  const type = privateKey.asymmetricKeyType;
  if (type !== 'rsa' && type !== 'ec') return sign(null, bytes, privateKey);
  const hash = options.hash ?? defaultHash(privateKey);
  if (!options.pss) return sign(hash, bytes, privateKey);
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  return sign(hash, bytes, { key: privateKey, padding, saltLength: known(saltLengths, hash) });
};

/** `SEQUENCE { tbs, algorithm, signature }`: a certificate, a CRL, a basic OCSP response. */
export const signed = (
  tbs: Uint8Array,
  privateKey: KeyObject,
  options: SigningOptions & {
    outerAlgorithm?: Uint8Array;
    signature?: (value: Buffer) => Buffer;
  } = {},
): Der => {
  const value = signBytes(privateKey, tbs, options);
  return sequence(
    tbs,
    options.outerAlgorithm ?? signatureAlgorithm(privateKey, options),
    bitString(options.signature?.(value) ?? value),
  );
};
