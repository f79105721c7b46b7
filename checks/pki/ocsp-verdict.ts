/** What is asked of an OCSP response, what comes out, and its evidence. */

import type { Evidence, GapCode } from '../types.ts';
import type { Certificate } from './certificate.ts';
import { nameText } from './name.ts';
import type { OcspQuestion } from './ocsp-request.ts';
import type { OcspErrorStatus, SingleResponse } from './ocsp-response.ts';
import { oids } from './oids.ts';
import { reasonName } from './revocation-reasons.ts';
import { type SignatureScheme, hashName } from './signature.ts';

export interface OcspExpectation extends OcspQuestion {
  /** The nonce that was sent. Absent: none was, and one that comes back is ignored (RFC 9919 5). */
  readonly nonce?: Uint8Array;
  /**
   * How old thisUpdate may be, milliseconds. A response without nextUpdate is judged by this alone;
   * where it is absent too, such a response is refused (RFC 9919 5).
   */
  readonly maxAge?: number;
  /** How far the responder's clock may be from the one judged by, milliseconds; default `ocspToleranceMs`. */
  readonly tolerance?: number;
}

export interface OcspProblem {
  readonly code: GapCode;
  readonly evidence: Evidence;
}

export interface OcspVerdict {
  /** None: the response is authentic and current, and the certificate is good. */
  readonly problems: readonly OcspProblem[];
  readonly responseStatus?: 'successful' | OcspErrorStatus;
  /** `valid`: by one who may answer for the CA. */
  readonly signature: 'valid' | 'invalid' | 'unchecked';
  readonly scheme?: SignatureScheme;
  /** The responder as it names itself: a name, or the upper-case hex of its key's SHA-1. */
  readonly responder?: string;
  readonly producedAt?: Date;
  /** The CA's delegate that signed; absent where the CA signed itself. */
  readonly delegate?: Certificate;
  /** The answer that counts; only of an authentic response. */
  readonly answer?: SingleResponse;
  /** How far back the responder keeps the status of expired certificates (RFC 6960 4.4.4). */
  readonly archiveCutoff?: Date;
  /** Whether the nonce that was sent came back. */
  readonly nonce?: 'equal' | 'absent' | 'different';
}

/** The verdict as the report shows it (contract: `ocsp` evidence), times in ISO 8601. */
export const ocspEvidence = (verdict: OcspVerdict): Evidence => {
  const { answer, delegate, producedAt, responder, signature, scheme, archiveCutoff, nonce } =
    verdict;
  const revocation = answer?.revocation;
  return {
    ...(verdict.responseStatus && { responseStatus: verdict.responseStatus }),
    ...(answer && { certStatus: answer.status }),
    ...(revocation && { revokedAt: revocation.time.toISOString() }),
    ...(revocation?.reason !== undefined && { reason: reasonName(revocation.reason) }),
    ...(producedAt && { producedAt: producedAt.toISOString() }),
    ...(answer && {
      thisUpdate: answer.thisUpdate.toISOString(),
      nextUpdate: answer.nextUpdate?.toISOString() ?? null,
      hash: hashName(answer.certId.hashAlgorithm.oid) ?? answer.certId.hashAlgorithm.oid,
    }),
    ...(responder !== undefined && { responder }),
    ...(answer && { delegated: delegate !== undefined }),
    ...(delegate && {
      delegate: nameText(delegate.subject),
      // Without ocsp-nocheck its own revocation would have to be asked, of itself: it is not
      delegateRevocation: delegate.extensions.has(oids.ocspNoCheck) ? 'nocheck' : 'unchecked',
    }),
    signature,
    ...(scheme && { signatureAlgorithm: scheme.name }),
    ...(scheme?.weak && { weak: true }),
    ...(archiveCutoff && { archiveCutoff: archiveCutoff.toISOString() }),
    ...(nonce && { nonce }),
  };
};
