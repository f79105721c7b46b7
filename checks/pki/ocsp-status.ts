/** What an OCSP answer that holds says of its certificate (RFC 6960 2.2). */

import type { BasicOcspResponse, SingleResponse } from './ocsp-response.ts';
import { archiveCutoffOf } from './ocsp-extensions.ts';
import type { OcspExpectation, OcspProblem } from './ocsp-verdict.ts';
import { oids } from './oids.ts';
import { reasons } from './revocation-reasons.ts';

/** How a responder calls a certificate revoked that its CA has never issued (RFC 6960 2.2 and 4.4.8). */
const isNonIssued = ({ extensions }: BasicOcspResponse, { revocation }: SingleResponse): boolean =>
  extensions.has(oids.ocspExtendedRevoke) &&
  revocation?.reason === reasons.certificateHold &&
  revocation.time.getTime() === 0;

/**
 * A responder keeps no status of certificates that ended before its archive cutoff (RFC 6960 4.4.4): that
 * it knows of no revocation says nothing of them.
 */
const forgotten = (
  answer: SingleResponse,
  { certificate }: OcspExpectation,
): OcspProblem | undefined => {
  const cutoff = archiveCutoffOf(answer);
  if (!cutoff || !certificate || certificate.notAfter >= cutoff) return undefined;
  return {
    code: 'ocsp-unknown',
    evidence: {
      reason: 'the certificate ended before the archive cutoff',
      notAfter: certificate.notAfter.toISOString(),
      archiveCutoff: cutoff.toISOString(),
    },
  };
};

/** Undefined: the certificate is good. */
export const statusProblem = (
  basic: BasicOcspResponse,
  answer: SingleResponse,
  expectation: OcspExpectation,
): OcspProblem | undefined => {
  const { status, revocation } = answer;
  if (status === 'good') return forgotten(answer, expectation);
  if (status === 'unknown') return { code: 'ocsp-unknown', evidence: {} };
  const evidence = {
    ...(revocation && { revokedAt: revocation.time.toISOString() }),
    ...(isNonIssued(basic, answer) && { reason: 'the responder knows of no such certificate' }),
  };
  return { code: 'certificate-revoked', evidence };
};
