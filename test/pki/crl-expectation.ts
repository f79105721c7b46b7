/** What a row about a CRL expects of the judge, and of OpenSSL beside it. */

import type { CrlVerdict } from '../../checks/pki/crl-judge.ts';
import type { GapCode } from '../../checks/types.ts';

export interface CrlExpectation {
  readonly codes: readonly GapCode[];
  readonly status: CrlVerdict['subjects'][number]['status']['status'];
  /** Where OpenSSL does not agree: what it says, and why that is not ours. */
  readonly openssl?: readonly [said: string, why: string];
}

export const good = { codes: [], status: 'good' } as const;
export const revoked = { codes: ['certificate-revoked'], status: 'revoked' } as const;
export const bad = (code: GapCode) => ({ codes: [code], status: 'unknown' }) as const;
