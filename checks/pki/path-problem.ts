/** What can be wrong with a certification path: a reason, a gap code and evidence. */

import type { Evidence, GapCode } from '../types.ts';
import { type Certificate, fingerprint256 } from './certificate.ts';
import { nameText, sameName } from './name.ts';

/** Why a path does not hold. Times and weak keys have gap codes of their own; all else is `chain-untrusted`. */
export type PathReason =
  | 'expired'
  | 'not-yet-valid'
  | 'issuer-missing'
  | 'untrusted-root'
  | 'self-signed'
  | 'signature-algorithm'
  | 'sha1-signature'
  | 'key-identifier'
  | 'unusable-key'
  | 'too-long'
  | 'too-complex'
  | 'malformed-extension'
  | 'critical-extension'
  | 'precertificate'
  | 'not-a-ca'
  | 'key-usage'
  | 'path-length'
  | 'name-constraints'
  | 'policy'
  | 'purpose'
  | 'key-too-weak';

/** One fault of a path: its gap code, and as evidence the reason and the certificate concerned. */
export interface PathProblem {
  readonly code: GapCode;
  readonly reason: PathReason;
  readonly certificate: Certificate;
  readonly evidence: Evidence;
}

/** `serverAuth`: the leaf is a TLS server's. `ca`: the leaf is a CA's that is to issue. */
export type PathPurpose = 'serverAuth' | 'ca';

const codes: Partial<Record<PathReason, GapCode>> = {
  expired: 'certificate-expired',
  'not-yet-valid': 'certificate-not-yet-valid',
  'issuer-missing': 'chain-incomplete',
  'key-too-weak': 'key-too-weak',
};

export const pathProblem = (
  reason: PathReason,
  certificate: Certificate,
  detail?: Evidence,
): PathProblem => ({
  code: codes[reason] ?? 'chain-untrusted',
  reason,
  certificate,
  evidence: {
    reason,
    subject: nameText(certificate.subject),
    issuer: nameText(certificate.issuer),
    sha256: fingerprint256(certificate.raw),
    ...detail,
  },
});

/** RFC 5280 6.1: issued in its own name, whether or not by its own key. */
export const isSelfIssued = ({ subject, issuer }: Certificate): boolean =>
  sameName(subject, issuer);
