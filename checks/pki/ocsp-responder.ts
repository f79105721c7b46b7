/** Who signed an OCSP response, and whether the CA gave it the right to (RFC 6960 4.2.2.2). */

import { createHash } from 'node:crypto';
import { type Certificate, certificateKey, isSignedBy, parseCertificate } from './certificate.ts';
import { DerError } from './der.ts';
import { allowsKeyUsage, extendedKeyUsage } from './extensions.ts';
import { canBeFactored, keyStrength } from './key-strength.ts';
import { nameText, sameName } from './name.ts';
import type { BasicOcspResponse, ResponderId } from './ocsp-response.ts';
import { oids } from './oids.ts';
import {
  type SignatureScheme,
  UnsupportedAlgorithm,
  signatureScheme,
  verifySignature,
} from './signature.ts';
import { equalBytes, hex } from './values.ts';

/** What the signature shows, whatever the time is. */
export type OcspSigner =
  | {
      readonly scheme: SignatureScheme;
      /**
       * The certificates by which the signer is the CA's delegate: their dates are still to be judged.
       * Empty: the CA itself signed.
       */
      readonly delegates: readonly Certificate[];
      readonly refusal?: undefined;
    }
  | {
      readonly refusal: 'ocsp-signature-invalid' | 'ocsp-responder-unauthorized';
      readonly reason: string;
    };

/** Certificates that claim to be the responder; more than this are not looked at. */
const maxCandidates = 16;

/** A name, or the upper-case hex of a key hash. */
export const responderText = ({ name, keyHash }: ResponderId): string =>
  name ? nameText(name) : hex(keyHash);

const isResponder = (
  { name, keyHash }: ResponderId,
  certificate: Pick<Certificate, 'subject' | 'publicKeyBits'>,
): boolean =>
  name
    ? sameName(name, certificate.subject)
    : equalBytes(keyHash, createHash('sha1').update(certificate.publicKeyBits).digest());

/** Those of the certificates sent along that the responder id means; what is no certificate is none of them. */
const candidatesOf = ({ responder, certificates }: BasicOcspResponse): Certificate[] => {
  const candidates: Certificate[] = [];
  for (const der of certificates) {
    if (candidates.length >= maxCandidates) break;
    try {
      const certificate = parseCertificate(der);
      if (isResponder(responder, certificate)) candidates.push(certificate);
    } catch (error) {
      if (!(error instanceof DerError)) throw error;
    }
  }
  return candidates;
};

/** Critical extensions of a delegate's certificate that change nothing here or are read below. */
const understood: ReadonlySet<string> = new Set([
  oids.keyUsage,
  oids.extKeyUsage,
  oids.basicConstraints,
  oids.subjectKeyIdentifier,
  oids.authorityKeyIdentifier,
  oids.subjectAltName,
  oids.issuerAltName,
  oids.certificatePolicies,
  oids.authorityInfoAccess,
  oids.crlDistributionPoints,
  oids.ocspNoCheck,
]);

const criticalUnknown = ({ extensions }: Certificate): string | undefined =>
  [...extensions.values()].find(({ critical, oid }) => critical && !understood.has(oid))?.oid;

/**
 * Why `delegate` may not answer for `issuer`: it must be issued by that CA itself and name OCSP signing
 * outright (RFC 6960 4.2.2.2), with a key usage that fits (RFC 5280 4.2.1.12). Undefined: it may.
 */
const whyUnauthorized = (delegate: Certificate, issuer: Certificate): string | undefined => {
  try {
    if (!sameName(delegate.issuer, issuer.subject) || !isSignedBy(delegate, issuer))
      return 'its certificate was not issued by the CA itself';
    if (!extendedKeyUsage(delegate)?.has(oids.ocspSigning))
      return 'its certificate does not name OCSP signing as a purpose';
    if (
      !allowsKeyUsage(delegate, 'digitalSignature') &&
      !allowsKeyUsage(delegate, 'nonRepudiation')
    )
      return 'the key usage of its certificate allows no signatures';
    const strength = keyStrength(delegate);
    if (canBeFactored(strength)) return `its key of ${strength.bits} bits can be factored`;
    const unknown = criticalUnknown(delegate);
    return unknown && `its certificate has the unknown critical extension ${unknown}`;
  } catch (error) {
    if (error instanceof DerError || error instanceof UnsupportedAlgorithm)
      return `its certificate cannot be judged: ${error.message}`;
    throw error;
  }
};

const schemeOf = ({ algorithm }: BasicOcspResponse): SignatureScheme | string => {
  try {
    return signatureScheme(algorithm);
  } catch (error) {
    if (error instanceof DerError || error instanceof UnsupportedAlgorithm) return error.message;
    throw error;
  }
};

/** Finds the signer among the CA itself and the certificates sent along. It follows no chains. */
export const findOcspSigner = (basic: BasicOcspResponse, issuer: Certificate): OcspSigner => {
  const scheme = schemeOf(basic);
  if (typeof scheme === 'string') return { refusal: 'ocsp-signature-invalid', reason: scheme };
  const signed = (by: Certificate): boolean => {
    const key = certificateKey(by);
    const { tbs: data, signature } = basic;
    return key !== undefined && verifySignature(scheme, key, { data, signature });
  };
  const claimsIssuer = isResponder(basic.responder, issuer);
  if (claimsIssuer && signed(issuer)) return { scheme, delegates: [] };

  const candidates = candidatesOf(basic);
  const signers = candidates.filter(signed);
  const judged = signers.map((signer) => ({ signer, reason: whyUnauthorized(signer, issuer) }));
  const delegates = judged.flatMap(({ signer, reason }) => (reason === undefined ? [signer] : []));
  if (delegates.length > 0) return { scheme, delegates };
  const [first] = judged;
  if (first?.reason !== undefined)
    return { refusal: 'ocsp-responder-unauthorized', reason: first.reason };
  if (candidates.length > 0 || claimsIssuer)
    return { refusal: 'ocsp-signature-invalid', reason: "not by the responder's key" };
  return {
    refusal: 'ocsp-responder-unauthorized',
    reason: 'it is not the CA, and sent no certificate of its own',
  };
};
