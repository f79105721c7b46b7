/** How strong a certificate's key is, and whether that is enough. */

import { type Certificate, certificateKey } from './certificate.ts';
import { readSingle } from './der.ts';
import { namedCurve, rsaBits } from './public-key.ts';
import { readAlgorithmIdentifier } from './signature.ts';

export interface KeyStrength {
  /** As node:crypto names it: `rsa`, `rsa-pss`, `ec`, `ed25519`, …; `unknown` for a key that cannot be used (`publicKeyOf`). */
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

const isRsa = (type: string): boolean => type === 'rsa' || type === 'rsa-pss';

const edwardsBits: Readonly<Record<string, number>> = { ed25519: 256, ed448: 456 };

/** The bits of a curve that the SubjectPublicKeyInfo names; 0 where it is not known. */
const ecBits = ({ publicKeyInfo }: Certificate): number =>
  curveBits[namedCurve(readAlgorithmIdentifier(readSingle(publicKeyInfo)))] ?? 0;

/** Read from the certificate itself: Node aborts the process when asked for details of some hostile keys. */
export const keyStrength = (certificate: Certificate): KeyStrength => {
  const type = certificateKey(certificate)?.asymmetricKeyType ?? 'unknown';
  if (type === 'ec') return { type, bits: ecBits(certificate) };
  if (isRsa(type)) return { type, bits: rsaBits(certificate.publicKeyBits) };
  return { type, bits: edwardsBits[type] ?? 0 };
};

/** `required` counts RSA bits: an elliptic-curve key of 256 bits satisfies up to 3072, of 384 more (NIST SP 800-57, table 2). */
export const isStrongEnough = ({ type, bits }: KeyStrength, required: number): boolean => {
  if (isRsa(type)) return bits >= required;
  return bits >= (required <= 3072 ? 256 : 384);
};

/** RSA keys below this have been factored in public. */
const weakestRsaBits = 1024;

/** Whether anybody may sign with it. */
export const canBeFactored = ({ type, bits }: KeyStrength): boolean =>
  isRsa(type) && bits < weakestRsaBits;
