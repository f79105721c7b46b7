/** Whether an OCSP answer, and the delegate that signed it, are in date (RFC 6960 3.2, RFC 9919 5). */

import { type Certificate, validityAt } from './certificate.ts';
import type { BasicOcspResponse, SingleResponse } from './ocsp-response.ts';
import type { OcspExpectation, OcspProblem } from './ocsp-verdict.ts';

/** How far the responder's clock may be from the one that validity is judged by, milliseconds. */
export const ocspToleranceMs = 5 * 60_000;

type TimeLimits = Pick<OcspExpectation, 'maxAge' | 'tolerance'>;

const iso = (time: Date): string => time.toISOString();

/**
 * Why the answer is not current at `at`; undefined: it is. thisUpdate and nextUpdate give way by the
 * tolerance, both ends included; the age is exact.
 */
export const answerTimeProblem = (
  { thisUpdate, nextUpdate }: SingleResponse,
  at: Date,
  { maxAge, tolerance = ocspToleranceMs }: TimeLimits,
): OcspProblem | undefined => {
  const now = at.getTime();
  const times = { thisUpdate: iso(thisUpdate), nextUpdate: nextUpdate ? iso(nextUpdate) : null };
  const expired = (reason: string): OcspProblem => ({
    code: 'ocsp-expired',
    evidence: { ...times, reason },
  });
  if (nextUpdate && nextUpdate < thisUpdate) return expired('nextUpdate before thisUpdate');
  if (thisUpdate.getTime() > now + tolerance)
    return {
      code: 'ocsp-not-yet-valid',
      evidence: { ...times, reason: 'thisUpdate in the future' },
    };
  if (nextUpdate && nextUpdate.getTime() < now - tolerance) return expired('nextUpdate has passed');
  if (maxAge !== undefined && thisUpdate.getTime() < now - maxAge)
    return expired('thisUpdate is too old');
  if (!nextUpdate && maxAge === undefined) return expired('no nextUpdate');
  return undefined;
};

/** producedAt against the time judged at, and against the certificate that the response speaks of. */
export const productionProblem = (
  { producedAt }: BasicOcspResponse,
  at: Date,
  { certificate, tolerance = ocspToleranceMs }: Pick<OcspExpectation, 'certificate' | 'tolerance'>,
): OcspProblem | undefined => {
  if (producedAt.getTime() > at.getTime() + tolerance)
    return {
      code: 'ocsp-not-yet-valid',
      evidence: { producedAt: iso(producedAt), reason: 'producedAt in the future' },
    };
  if (certificate && producedAt.getTime() < certificate.notBefore.getTime() - tolerance)
    return {
      code: 'ocsp-certificate-mismatch',
      evidence: {
        producedAt: iso(producedAt),
        notBefore: iso(certificate.notBefore),
        reason: 'produced before the certificate was valid',
      },
    };
  return undefined;
};

/**
 * The first delegate's certificate that was in date when the response was produced and still is: the
 * signer must be authorized currently (RFC 6960 3.2). None: the problem with the first of them.
 */
export const delegateInDate = (
  delegates: readonly Certificate[],
  {
    producedAt,
    at,
    tolerance = ocspToleranceMs,
  }: { producedAt: Date; at: Date; tolerance?: number },
): { readonly delegate: Certificate } | { readonly problem: OcspProblem } | undefined => {
  const [first] = delegates;
  if (first === undefined) return undefined;
  const validAt = (certificate: Certificate, time: number): boolean =>
    [-tolerance, tolerance].some(
      (shift) => validityAt(certificate, new Date(time + shift)) === 'valid',
    );
  const delegate = delegates.find(
    (candidate) => validAt(candidate, producedAt.getTime()) && validAt(candidate, at.getTime()),
  );
  if (delegate) return { delegate };
  const reason = validAt(first, producedAt.getTime())
    ? "the responder's certificate is not in date"
    : "the responder's certificate was not in date when it answered";
  return {
    problem: {
      code: 'ocsp-responder-unauthorized',
      evidence: { reason, notBefore: iso(first.notBefore), notAfter: iso(first.notAfter) },
    },
  };
};
