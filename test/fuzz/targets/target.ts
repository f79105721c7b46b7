/** What every fuzz target has, and what they share. */

import { type Certificate, parseCertificate } from '../../../checks/pki/certificate.ts';
import { DerError } from '../../../checks/pki/der.ts';
import { UnsupportedAlgorithm } from '../../../checks/pki/signature.ts';
import { type Identity, makeCa } from '../../helpers/private-ca.ts';
import type { Random } from '../mutate.ts';

/** `believed`: what was signed is untouched, and the verdict is a good one. */
export type Outcome = 'refused' | 'unbelieved' | 'believed';

export interface FuzzTarget {
  readonly seeds: readonly Uint8Array[];
  /** @throws AssertionError where a property does not hold; anything else is a crash */
  readonly run: (input: Uint8Array, next: Random) => Outcome | Promise<Outcome>;
}

export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
export const signedParts = (parts: readonly Uint8Array[]): ReadonlySet<string> =>
  new Set(parts.map(hexOf));

/** The value of `read`, or undefined where the input is refused as it should be. */
export const orRefused = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch (error) {
    if (error instanceof DerError || error instanceof UnsupportedAlgorithm) return undefined;
    throw error;
  }
};

export const url = 'http://crl.example/ca.crl';
export const cas = (): Identity[] => [
  makeCa({ name: 'C=BE, O=Fuzz, CN=RSA CA', key: 'rsa' }),
  makeCa({ name: 'C=BE, O=Fuzz, CN=EC CA', key: 'p256' }),
];
export const certificateOf = ({ der }: Identity): Certificate => parseCertificate(der);
