/** How strong a certificate's key is, and whether that is enough. */

import { type Certificate, certificateKey } from './certificate.ts';

export interface KeyStrength {
  /** As node:crypto names it: `rsa`, `rsa-pss`, `ec`, `ed25519`, …; `unknown` for a kind that it does not know. */
  readonly type: string;
  readonly bits: number;
}

const curveBits: Readonly<Record<string, number>> = {
  prime192v1: 192,
  secp224r1: 224,
  prime256v1: 256,
  secp256k1: 256,
  brainpoolP256r1: 256,
  brainpoolP384r1: 384,
  brainpoolP512r1: 512,
  secp384r1: 384,
  secp521r1: 521,
};

const edwardsBits: Readonly<Record<string, number>> = { ed25519: 256, ed448: 456 };

export const keyStrength = (certificate: Certificate): KeyStrength => {
  const key = certificateKey(certificate);
  const type = key?.asymmetricKeyType ?? 'unknown';
  const details = key?.asymmetricKeyDetails;
  if (type === 'ec') return { type, bits: curveBits[details?.namedCurve ?? ''] ?? 0 };
  return { type, bits: edwardsBits[type] ?? details?.modulusLength ?? 0 };
};

/** `required` counts RSA bits: an elliptic-curve key of 256 bits satisfies up to 3072, of 384 more (NIST SP 800-57, table 2). */
export const isStrongEnough = ({ type, bits }: KeyStrength, required: number): boolean => {
  if (type === 'rsa' || type === 'rsa-pss') return bits >= required;
  return bits >= (required <= 3072 ? 256 : 384);
};
