/** Is an OCSP response to be believed, and what does it say? (RFC 6960 3.2, RFC 9919 5, RFC 9654) */

import type { GapCode } from '../types.ts';
import type { Certificate } from './certificate.ts';
import { DerError } from './der.ts';
import { archiveCutoffOf, criticalUnknown, nonceOf } from './ocsp-extensions.ts';
import { matchingResponses } from './ocsp-match.ts';
import { findOcspSigner, responderText } from './ocsp-responder.ts';
import {
  type BasicOcspResponse,
  type CertStatus,
  type OcspErrorStatus,
  type OcspResponse,
  type SingleResponse,
  parseOcspResponse,
} from './ocsp-response.ts';
import { statusProblem } from './ocsp-status.ts';
import { answerTimeProblem, delegateInDate, productionProblem } from './ocsp-times.ts';
import type { OcspExpectation, OcspProblem, OcspVerdict } from './ocsp-verdict.ts';

export { ocspToleranceMs } from './ocsp-times.ts';
export {
  type OcspExpectation,
  type OcspProblem,
  type OcspVerdict,
  ocspEvidence,
} from './ocsp-verdict.ts';

const errorCodes: Readonly<Record<OcspErrorStatus, GapCode>> = {
  malformedRequest: 'ocsp-error',
  internalError: 'ocsp-error',
  tryLater: 'ocsp-try-later',
  sigRequired: 'ocsp-error',
  unauthorized: 'ocsp-unauthorized',
};

const severity: Readonly<Record<CertStatus, number>> = { revoked: 2, unknown: 1, good: 0 };

/** Of several current answers the strictest counts: what one of them calls revoked is not good. */
const strictest = (answers: readonly SingleResponse[]): SingleResponse | undefined =>
  [...answers].sort((a, b) => severity[b.status] - severity[a.status])[0];

const newest = (answers: readonly SingleResponse[]): SingleResponse | undefined =>
  [...answers].sort((a, b) => b.thisUpdate.getTime() - a.thisUpdate.getTime())[0];

/** A response that is signed by one who may, about the right certificate: all but the times is settled. */
interface Authentic {
  readonly basic: BasicOcspResponse;
  readonly answers: readonly SingleResponse[];
  readonly delegates: readonly Certificate[];
  readonly facts: Omit<OcspVerdict, 'problems'>;
}

const judgeTimes = (
  { basic, answers, delegates, facts }: Authentic,
  expectation: OcspExpectation,
  at: Date,
): OcspVerdict => {
  const { tolerance } = expectation;
  const signer = delegateInDate(delegates, {
    producedAt: basic.producedAt,
    at,
    ...(tolerance !== undefined && { tolerance }),
  });
  if (signer && 'problem' in signer)
    return { ...facts, signature: 'unchecked', problems: [signer.problem] };
  const current = answers.filter((answer) => !answerTimeProblem(answer, at, expectation));
  const answer = strictest(current) ?? newest(answers);
  if (answer === undefined) throw new Error('an authentic response has an answer');
  const late = answerTimeProblem(answer, at, expectation);
  const production = productionProblem(basic, at, expectation);
  const archiveCutoff = archiveCutoffOf(answer);
  const problems: (OcspProblem | undefined)[] = [
    production,
    facts.nonce === 'different' ? { code: 'ocsp-nonce-mismatch', evidence: {} } : undefined,
    production ? undefined : late,
    production || late ? undefined : statusProblem(basic, answer, expectation),
  ];
  return {
    ...facts,
    ...(signer && { delegate: signer.delegate }),
    answer,
    ...(archiveCutoff && { archiveCutoff }),
    problems: problems.filter((one) => one !== undefined),
  };
};

type Judge = (at: Date) => OcspVerdict;

const always =
  (verdict: OcspVerdict): Judge =>
  () =>
    verdict;

const malformed = (reason: string): OcspProblem => ({
  code: 'ocsp-malformed',
  evidence: { reason },
});

/** The client's checks in the order of RFC 6960 3.2; the first that fails is the reason. */
const prepareBasic = (basic: BasicOcspResponse, expectation: OcspExpectation): Judge => {
  const said = {
    responseStatus: 'successful' as const,
    responder: responderText(basic.responder),
    producedAt: basic.producedAt,
  };
  const refuse = (problem: OcspProblem, signature: OcspVerdict['signature']): Judge =>
    always({ ...said, signature, problems: [problem] });

  const { matching, mismatch } = matchingResponses(basic.responses, expectation);
  if (matching.length === 0)
    return refuse({ code: 'ocsp-certificate-mismatch', evidence: mismatch }, 'unchecked');

  const signer = findOcspSigner(basic, expectation.issuer);
  if (signer.refusal !== undefined) {
    const { refusal: code, reason } = signer;
    return refuse(
      { code, evidence: { reason } },
      code === 'ocsp-signature-invalid' ? 'invalid' : 'unchecked',
    );
  }

  const unknown = criticalUnknown(basic, matching);
  if (unknown !== undefined)
    return refuse(malformed(`unknown critical extension ${unknown}`), 'valid');
  matching.forEach(archiveCutoffOf); // malformed, it is the response's fault whatever the time

  const nonce = nonceOf(basic, expectation.nonce);
  const facts = {
    ...said,
    signature: 'valid' as const,
    scheme: signer.scheme,
    ...(nonce && { nonce }),
  };
  const authentic = { basic, answers: matching, delegates: signer.delegates, facts };
  return (at) => judgeTimes(authentic, expectation, at);
};

/**
 * Does all that does not depend on the time (parsing, matching, signatures) once; what it gives judges
 * the response at any time, cheaply. Takes DER, or a response that is parsed already.
 */
export const prepareOcsp = (
  response: Uint8Array | OcspResponse,
  expectation: OcspExpectation,
): Judge => {
  try {
    const parsed = response instanceof Uint8Array ? parseOcspResponse(response) : response;
    if (parsed.status === 'successful') return prepareBasic(parsed.basic, expectation);
    const { status } = parsed;
    return always({
      responseStatus: status,
      signature: 'unchecked',
      problems: [{ code: errorCodes[status], evidence: { found: status } }],
    });
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    const problems = [malformed(error.message)];
    return always({ signature: 'unchecked', problems });
  }
};

/** Judges an OCSP response, asked for or stapled, as of `at`. */
export const judgeOcsp = (
  response: Uint8Array | OcspResponse,
  { at, ...expectation }: OcspExpectation & { readonly at: Date },
): OcspVerdict => prepareOcsp(response, expectation)(at);
