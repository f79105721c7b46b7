/** What a mail host's stapled OCSP response means to those who ask for one. */

import type { PeerFault } from './peer-chain.ts';
import { type Certificate, fingerprint256 } from './pki/certificate.ts';
import { unlessMalformed } from './pki/der.ts';
import { tlsFeatures } from './pki/extensions.ts';
import { nameText } from './pki/name.ts';
import { type OcspVerdict, prepareOcsp } from './pki/ocsp-judge.ts';
import type { GapCode, TlsSession } from './types.ts';

/** What a stapled response says; undefined where none came, or nobody can tell who had to sign it. */
export const judgeStaple = (
  { stapledOcsp }: TlsSession,
  leaf: Certificate,
  { issuer, at }: { issuer: Certificate | undefined; at: Date },
): OcspVerdict | undefined =>
  stapledOcsp && issuer
    ? prepareOcsp(stapledOcsp, { issuer, serial: leaf.serial, certificate: leaf })(at)
    : undefined;

/** With these a response is no answer about the certificate now, to GnuTLS as well. */
const refused: ReadonlySet<GapCode> = new Set([
  'ocsp-malformed',
  'ocsp-signature-invalid',
  'ocsp-responder-unauthorized',
  'ocsp-certificate-mismatch',
  'ocsp-expired',
]);

const isRefused = ({ problems, answer }: OcspVerdict): boolean =>
  problems.some(({ code }) => refused.has(code)) && (!answer || answer.nextUpdate !== undefined);

/** status_request among the TLS features of RFC 7633: "must staple". */
const demandsStaple = (leaf: Certificate): boolean =>
  unlessMalformed(() => tlsFeatures(leaf))?.has(5) ?? false;

/** Whether an answer came that can be read; an error, such as tryLater, is none. */
const isAnswered = ({ stapledOcsp }: TlsSession, verdict: OcspVerdict | undefined): boolean =>
  verdict ? verdict.responseStatus === 'successful' : stapledOcsp !== undefined;

/**
 * A client that asked for a response breaks off where it does not hold (RFC 6066 8), or where the certificate
 * demands one and none came (RFC 7633). GnuTLS does; OpenSSL and Windows do not, so that this is a warning.
 */
export const stapleFaults = (
  tls: TlsSession,
  leaf: Certificate,
  verdict: OcspVerdict | undefined,
): readonly PeerFault[] => {
  const fault = (reason: string, detail = {}): PeerFault => ({
    code: 'chain-untrusted',
    severity: 'warning',
    evidence: {
      reason,
      subject: nameText(leaf.subject),
      sha256: fingerprint256(leaf.raw),
      ...detail,
    },
  });
  const [problem] = verdict?.problems ?? [];
  if (verdict && problem && isRefused(verdict))
    return [fault('stapled-ocsp', { stapledOcsp: problem.code })];
  return demandsStaple(leaf) && !isAnswered(tls, verdict) ? [fault('must-staple')] : [];
};
