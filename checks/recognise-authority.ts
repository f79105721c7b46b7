/**
 * Which of the certificates that a URL gave is the authority's? Plain HTTP brings them, so none is
 * taken for it unless the profile pins it by fingerprint or key, or the authority above has signed it.
 */

import {
  type Certificate,
  fingerprint256,
  isSignedBy,
  parseCertificate,
} from './pki/certificate.ts';
import { DerError, unlessMalformed } from './pki/der.ts';
import { basicConstraints } from './pki/extensions.ts';
import { nameText, sameName } from './pki/name.ts';
import { UnsupportedAlgorithm } from './pki/signature.ts';
import { equalBytes } from './pki/values.ts';
import type { Authority, Finding } from './types.ts';

/** How a certificate was recognised: byte for byte, by name and key, or by its issuer's signature. */
export type Recognised = 'same' | 'reissued' | 'signed';

export interface Choice {
  readonly certificate: Certificate;
  /** Absent: it only comes nearest. */
  readonly recognised?: Recognised;
}

/** A certificate, or undefined for bytes that are none. */
export const parsed = (der: Uint8Array): Certificate | undefined =>
  unlessMalformed(() => parseCertificate(der));

/** Signed by the authority above, and not that authority's own certificate. */
const isSigned = (certificate: Certificate, issuer: Certificate | undefined): boolean => {
  if (issuer === undefined || !sameName(certificate.issuer, issuer.subject)) return false;
  if (sameName(certificate.subject, issuer.subject)) return false;
  try {
    return isSignedBy(certificate, issuer);
  } catch (error) {
    if (error instanceof UnsupportedAlgorithm || error instanceof DerError) return false;
    throw error;
  }
};

const isCa = (certificate: Certificate): boolean =>
  unlessMalformed(() => basicConstraints(certificate))?.ca === true;

/** The fingerprint that the profile pins, if it pins one. */
export const pinnedSha256 = ({ sha256, der }: Authority): string | undefined =>
  sha256 ?? (der && fingerprint256(der));

/** The same name and key as the profile's own certificate: a new certificate of the same authority. */
const isReissued = (certificate: Certificate, authority: Authority): boolean => {
  const expected = authority.der && !authority.root ? parsed(authority.der) : undefined;
  return (
    expected !== undefined &&
    sameName(certificate.subject, expected.subject) &&
    equalBytes(certificate.publicKeyInfo, expected.publicKeyInfo)
  );
};

/** `issuer`: the authority above, where it is known. Undefined for an empty list only. */
export const recognise = (
  certificates: readonly Certificate[],
  authority: Authority,
  issuer: Certificate | undefined,
): Choice | undefined => {
  const pinned = pinnedSha256(authority);
  const same = certificates.find(({ raw }) => fingerprint256(raw) === pinned);
  if (same) return { certificate: same, recognised: 'same' };
  const reissued = certificates.find((certificate) => isReissued(certificate, authority));
  if (reissued) return { certificate: reissued, recognised: 'reissued' };
  const signed = certificates.filter((certificate) => isSigned(certificate, issuer));
  const [trusted] = [...signed.filter(isCa), ...signed];
  if (trusted && pinned === undefined) return { certificate: trusted, recognised: 'signed' };
  const certificate = trusted ?? certificates.find(isCa) ?? certificates[0];
  return certificate && { certificate };
};

/** Another certificate than the profile means. */
export const mismatch = (url: string, authority: Authority, found: Certificate): Finding => {
  const expectedSha256 = pinnedSha256(authority);
  return {
    code: 'issuer-mismatch',
    target: url,
    evidence: {
      reason: expectedSha256 === undefined ? 'not-signed-by-issuer' : 'another-certificate',
      expected: authority.name,
      ...(expectedSha256 !== undefined && { expectedSha256 }),
      subject: nameText(found.subject),
      issuer: nameText(found.issuer),
      sha256: fingerprint256(found.raw),
    },
  };
};
