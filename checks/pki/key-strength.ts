/** How strong a certificate's key is, and whether that is enough. */

import { type Certificate, certificateKey } from './certificate.ts';
import { DerError, DerReader, readSingle, tags } from './der.ts';
import { readAlgorithmIdentifier } from './signature.ts';
import { readIntegerBytes, readOid, serialHex } from './values.ts';

export interface KeyStrength {
  /** As node:crypto names it: `rsa`, `rsa-pss`, `ec`, `ed25519`, …; `unknown` for a kind that it does not know. */
  readonly type: string;
  readonly bits: number;
}

/** Named curves (SEC 2, RFC 5639) by their object identifiers. */
const curveBits: Readonly<Record<string, number>> = {
  '1.2.840.10045.3.1.1': 192,
  '1.3.132.0.33': 224,
  '1.2.840.10045.3.1.7': 256,
  '1.3.132.0.10': 256,
  '1.3.36.3.3.2.8.1.1.7': 256,
  '1.3.36.3.3.2.8.1.1.11': 384,
  '1.3.36.3.3.2.8.1.1.13': 512,
  '1.3.132.0.34': 384,
  '1.3.132.0.35': 521,
};

const edwardsBits: Readonly<Record<string, number>> = { ed25519: 256, ed448: 456 };

/** The bits of a curve that the SubjectPublicKeyInfo names; 0 where it is spelled out or unknown. */
const ecBits = ({ publicKeyInfo }: Certificate): number => {
  const { parameters } = readAlgorithmIdentifier(readSingle(publicKeyInfo));
  if (parameters?.[0] !== tags.oid) return 0;
  return curveBits[readOid(new DerReader(parameters))] ?? 0;
};

/** The bits of the modulus of an RSAPublicKey (RFC 8017 A.1.1). */
const rsaBits = ({ publicKeyBits }: Certificate): number => {
  const modulus = serialHex(readIntegerBytes(readSingle(publicKeyBits)));
  return modulus.length * 4 - (Math.clz32(Number.parseInt(modulus.slice(0, 1), 16)) - 28);
};

/** Read from the certificate itself: Node aborts the process when asked for details of some hostile keys. */
export const keyStrength = (certificate: Certificate): KeyStrength => {
  const type = certificateKey(certificate)?.asymmetricKeyType ?? 'unknown';
  try {
    if (type === 'ec') return { type, bits: ecBits(certificate) };
    if (type === 'rsa' || type === 'rsa-pss') return { type, bits: rsaBits(certificate) };
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return { type, bits: 0 };
  }
  return { type, bits: edwardsBits[type] ?? 0 };
};

/** `required` counts RSA bits: an elliptic-curve key of 256 bits satisfies up to 3072, of 384 more (NIST SP 800-57, table 2). */
export const isStrongEnough = ({ type, bits }: KeyStrength, required: number): boolean => {
  if (type === 'rsa' || type === 'rsa-pss') return bits >= required;
  return bits >= (required <= 3072 ? 256 : 384);
};
