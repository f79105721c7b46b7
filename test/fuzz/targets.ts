/** What is fuzzed. */

import { certificateTarget } from './targets/certificate.ts';
import { crlTarget } from './targets/crl.ts';
import { ocspTarget } from './targets/ocsp.ts';
import { pkcs7Target } from './targets/pkcs7.ts';
import type { FuzzTarget } from './targets/target.ts';

export type { FuzzTarget, Outcome } from './targets/target.ts';

export const fuzzTargets = {
  crl: crlTarget,
  ocsp: ocspTarget,
  certificate: certificateTarget,
  pkcs7: pkcs7Target,
} as const satisfies Readonly<Record<string, () => FuzzTarget>>;

export type FuzzTargetName = keyof typeof fuzzTargets;
export const fuzzTargetNames = Object.keys(fuzzTargets) as readonly FuzzTargetName[];
