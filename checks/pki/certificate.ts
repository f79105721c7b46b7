/** X.509 certificates (RFC 5280 4.1) as values. What an extension says is read in extensions.ts. */

import { type KeyObject, hash } from 'node:crypto';
import {
  DerError,
  type DerReader,
  contextConstructed,
  contextPrimitive,
  readSingle,
  tags,
} from './der.ts';
import { type Name, readName } from './name.ts';
import { publicKeyOf } from './public-key.ts';
import {
  type AlgorithmIdentifier,
  UnsupportedAlgorithm,
  readAlgorithmIdentifier,
  sameAlgorithm,
  signatureScheme,
  verifySignature,
} from './signature.ts';
import {
  hex,
  readBitString,
  readBitStringBytes,
  readBerDefaultFalse,
  readDefaultFalse,
  readIntegerBytes,
  readOctetString,
  readOid,
  readSmallInteger,
  readTime,
  serialHex,
} from './values.ts';

export interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  /** DER of the extension's value. */
  readonly value: Uint8Array;
}

export interface Certificate {
  readonly raw: Uint8Array;
  /** What the signature covers. */
  readonly tbs: Uint8Array;
  readonly version: 1 | 2 | 3;
  /** Content bytes of the INTEGER, as CRLs and CertIDs carry it. */
  readonly serial: Uint8Array;
  /** Upper-case hex. */
  readonly serialHex: string;
  readonly algorithm: AlgorithmIdentifier;
  readonly issuer: Name;
  readonly subject: Name;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** SubjectPublicKeyInfo DER. */
  readonly publicKeyInfo: Uint8Array;
  /** The key bits alone: what CertIDs and key identifiers hash. */
  readonly publicKeyBits: Uint8Array;
  readonly extensions: ReadonlyMap<string, Extension>;
  readonly signature: Uint8Array;
}

const maxExtensions = 100;

/**
 * Extensions inside a reader that has entered the SEQUENCE OF; duplicates are refused (RFC 5280 4.2). CRLs and
 * OCSP responses are held to DER, certificates are not: some CAs and tools have written an empty list, FALSE
 * (RFC 8410's own example too) and other bytes for TRUE, and every mail server takes them.
 */
export const readExtensions = (
  sequence: DerReader,
  encoding: 'DER' | 'BER' = 'DER',
): Map<string, Extension> => {
  const extensions = new Map<string, Extension>();
  if (encoding === 'DER' && sequence.isDone())
    throw new DerError('empty list of extensions', sequence.offset);
  const readCritical = encoding === 'DER' ? readDefaultFalse : readBerDefaultFalse;
  while (!sequence.isDone()) {
    const at = sequence.offset;
    const inner = sequence.inside();
    const oid = readOid(inner);
    const critical = readCritical(inner);
    const value = readOctetString(inner);
    inner.finish();
    if (extensions.has(oid)) throw new DerError(`extension ${oid} twice`, at);
    if (extensions.size >= maxExtensions)
      throw new DerError(`more than ${maxExtensions} extensions`, at);
    extensions.set(oid, { oid, critical, value });
  }
  return extensions;
};

const readVersion = (tbs: DerReader): 1 | 2 | 3 => {
  if (tbs.peek() !== contextConstructed(0)) return 1;
  const at = tbs.offset;
  const inner = tbs.inside(contextConstructed(0));
  const value = readSmallInteger(inner);
  inner.finish();
  if (value !== 1 && value !== 2) throw new DerError(`certificate version ${value}`, at);
  return value === 1 ? 2 : 3;
};

const skipUniqueId = (tbs: DerReader, n: number): boolean => {
  if (tbs.peek() !== contextPrimitive(n)) return false;
  readBitString(tbs, contextPrimitive(n));
  return true;
};

/** @throws DerError for bytes that are not exactly one certificate. */
export const parseCertificate = (raw: Uint8Array): Certificate => {
  const outer = readSingle(raw);
  const tbsTlv = outer.read(tags.sequence);
  const tbs = outer.enter(tbsTlv);
  const version = readVersion(tbs);
  const serial = readIntegerBytes(tbs);
  const algorithm = readAlgorithmIdentifier(tbs);
  const issuer = readName(tbs);
  const validity = tbs.inside();
  const notBefore = readTime(validity);
  const notAfter = readTime(validity);
  validity.finish();
  const subject = readName(tbs);
  const keyTlv = tbs.read(tags.sequence);
  const key = tbs.enter(keyTlv);
  readAlgorithmIdentifier(key);
  const publicKeyBits = readBitStringBytes(key);
  key.finish();
  const uniqueIds = [skipUniqueId(tbs, 1), skipUniqueId(tbs, 2)];
  if (uniqueIds.includes(true) && version === 1)
    throw new DerError('unique identifier in a version 1 certificate', tbs.offset);
  let extensions = new Map<string, Extension>();
  if (tbs.peek() === contextConstructed(3)) {
    if (version !== 3)
      throw new DerError(`extensions in a version ${version} certificate`, tbs.offset);
    const wrapper = tbs.inside(contextConstructed(3));
    extensions = readExtensions(wrapper.inside(), 'BER');
    wrapper.finish();
  }
  tbs.finish();
  const outerAlgorithm = readAlgorithmIdentifier(outer);
  if (!sameAlgorithm(algorithm, outerAlgorithm))
    throw new DerError('the two signature algorithms differ', tbsTlv.end);
  const signature = readBitStringBytes(outer);
  outer.finish();
  return {
    raw,
    tbs: outer.whole(tbsTlv),
    version,
    serial,
    serialHex: serialHex(serial),
    algorithm,
    issuer,
    subject,
    notBefore,
    notAfter,
    publicKeyInfo: tbs.whole(keyTlv),
    publicKeyBits,
    extensions,
    signature,
  };
};

const fingerprints = new WeakMap<Uint8Array, string>();

/** SHA-256 of the whole certificate, upper-case hex: what identifies it. Made once for one array of bytes. */
export const fingerprint256 = (der: Uint8Array): string => {
  const known = fingerprints.get(der);
  if (known !== undefined) return known;
  const made = hash('sha256', der, 'hex').toUpperCase();
  fingerprints.set(der, made);
  return made;
};

const keys = new WeakMap<Certificate, { key: KeyObject | undefined }>();

/** The certificate's key, or undefined where it cannot be used (`publicKeyOf`); made once. */
export const certificateKey = (certificate: Certificate): KeyObject | undefined => {
  const known = keys.get(certificate);
  if (known) return known.key;
  const key = publicKeyOf(certificate.publicKeyInfo);
  keys.set(certificate, { key });
  return key;
};

/**
 * Whether the signature on `certificate` is by `issuer`'s key. It looks at nothing else.
 * @throws UnsupportedAlgorithm, for the issuer's key too
 */
export const isSignedBy = (certificate: Certificate, issuer: Certificate): boolean => {
  const key = certificateKey(issuer);
  if (key === undefined) throw new UnsupportedAlgorithm('a public key that cannot be used');
  return verifySignature(signatureScheme(certificate.algorithm), key, {
    data: certificate.tbs,
    signature: certificate.signature,
  });
};

/** SHA-1 of the key bits: the usual subjectKeyIdentifier (RFC 5280 4.2.1.2), and the OCSP byKey form. */
export const keyHash = (certificate: Certificate): string =>
  hex(hash('sha1', certificate.publicKeyBits, 'buffer'));

/** Whether `at` lies in the certificate's validity, its first and its last second included (RFC 5280 4.1.2.5). */
export const validityAt = (
  { notBefore, notAfter }: Pick<Certificate, 'notBefore' | 'notAfter'>,
  at: Date,
): 'valid' | 'expired' | 'not-yet-valid' => {
  if (at < notBefore) return 'not-yet-valid';
  return at.getTime() - notAfter.getTime() >= 1000 ? 'expired' : 'valid';
};
