/** Words for OCSP responses that came whole and do not hold. */

import type { Finding } from '../types.ts';
import { noRevocationData } from './consequences.ts';
import {
  destinationOf,
  inBrackets,
  otherMethod,
  reasonOf,
  said,
  shown,
  textOf,
  timeOf,
  urlOf,
} from './evidence.ts';
import type { GapWords } from './gap-info.ts';
import { onPlatforms } from './on-platforms.ts';
import * as posix from './posix/commands.ts';
import * as powershell from './powershell/commands.ts';

type OcspCode = Extract<keyof GapWords<'revocation'>, `ocsp-${string}`>;

const ask = onPlatforms({
  posix: (finding) => posix.askOcsp(finding),
  powershell: (finding) => [...powershell.connect(finding), powershell.verifyWithFetch()],
});

const responder = (finding: Finding): string => `OCSP responder ${shown(urlOf(finding))}`;
const operator = (finding: Finding): string =>
  `the CA that runs ${shown(destinationOf(finding).host)}`;

const filesNeeded =
  "To repeat it by hand you need a file: for openssl the issuing CA's certificate in issuer.pem, for certutil the certificate asked about in certificate.cer.";

const report = (finding: Finding): string =>
  `Ask from outside this network as well. The same answer there: report it to ${operator(finding)}. Another answer there: a cache or proxy on the way changes it; exempt the host.${otherMethod(finding)}`;

const reason = (finding: Finding): string =>
  inBrackets([reasonOf(finding) ?? said(finding, 'responseStatus', 'found')]);

/** The reason and the time that it is about. */
const timed = (finding: Finding, key: string): string =>
  inBrackets([textOf(finding, 'reason') ?? key, timeOf(finding, key)]);

const serial = (finding: Finding): string => inBrackets([said(finding, 'serial', 'asked')]);

const alsoCrl =
  'Verifiers that fall back to the CRL go on as long as the CRL is good; those that do not, refuse the certificate.';

const url = 'http://ocsp.globalsign.com/rootr1';
const evidence = {
  url,
  issuer: 'CN=GlobalSign Root CA, OU=Root CA, O=GlobalSign nv-sa, C=BE',
  serial: '4707B1019A0C57AD39B3E17DA9F9',
};
const times = { thisUpdate: '2025-08-28T00:00:00.000Z', nextUpdate: '2025-09-01T00:00:00.000Z' };
const rfc = 'RFC 6960';

/** What most of them have in common. */
const common = {
  owner: 'ca',
  severity: 'critical',
  consequence: `${noRevocationData} ${alsoCrl}`,
  commands: ask,
} as const;

export const ocspWords: Pick<GapWords<'revocation'>, OcspCode> = {
  'ocsp-malformed': {
    title: 'OCSP response cannot be read',
    ...common,
    meaning:
      'The bytes are meant as an OCSP response, but break the rules of its encoding, its structure or its type.',
    summary: (finding) => `${responder(finding)} answers unreadable bytes${reason(finding)}`,
    remedy: (finding) => `${report(finding)} ${filesNeeded}`,
    example: { target: url, evidence: { ...evidence, reason: 'no response bytes' } },
    seeAlso: ['unexpected-content', 'block-page', 'ocsp-error'],
    sources: [`${rfc} section 4.2 (response syntax)`],
  },
  'ocsp-error': {
    title: 'OCSP responder reports an error',
    ...common,
    meaning:
      'The responder was reached and answered internalError, malformedRequest or sigRequired instead of a status.',
    summary: (finding) => `${responder(finding)} reports an error${reason(finding)}`,
    remedy: (finding) =>
      `After internalError, wait an hour and run again. After malformedRequest, check whether a proxy rewrites the request: compare with the answer from outside. After sigRequired, use the CRL: the responder serves known customers only. Report what stays to ${operator(finding)}. ${filesNeeded}`,
    example: { target: url, evidence: { ...evidence, found: 'internalError' } },
    seeAlso: ['ocsp-try-later', 'ocsp-unauthorized'],
    sources: [`${rfc} sections 2.3 and 4.2.1 (error responses)`],
  },
  'ocsp-try-later': {
    title: 'OCSP responder is busy',
    ...common,
    meaning: 'The responder answered tryLater: it is reached, but cannot answer now.',
    summary: (finding) => `${responder(finding)} says: try later`,
    remedy: (finding) =>
      `Wait an hour and run certready --once again. If it stays, report it to ${operator(finding)}. ${filesNeeded}`,
    example: { target: url, evidence },
    seeAlso: ['ocsp-error', 'http-status'],
    sources: [`${rfc} section 2.3 (tryLater)`],
  },
  'ocsp-unauthorized': {
    title: 'OCSP responder not in charge of the certificate',
    ...common,
    meaning:
      'The responder answered unauthorized: it does not know this issuer or this certificate, or no longer, for example because the certificate has ended.',
    summary: (finding) =>
      `${responder(finding)} is not authorized for this certificate${serial(finding)}`,
    remedy: (finding) =>
      `If the certificate asked about or its issuer has ended, the CA has rightly stopped: run certready profile list and use the profile that follows. With a profile of your own, check that its ocsp entry names the right issuer for this URL. Otherwise report it to ${operator(finding)}. ${filesNeeded}`,
    example: { target: url, evidence },
    seeAlso: ['ocsp-unknown', 'ocsp-error', 'certificate-expired'],
    sources: [`${rfc} section 2.3 (unauthorized)`, 'RFC 9919 (lightweight OCSP)'],
  },
  'ocsp-signature-invalid': {
    title: "OCSP response's signature does not verify",
    ...common,
    meaning:
      "The response's signature was not made with the key of the certificate that it names. It could be a forgery.",
    summary: (finding) =>
      `${responder(finding)} signs with a signature that does not verify${reason(finding)}`,
    remedy: (finding) =>
      `Do not rely on this answer. ${report(finding)} If only this host gets it, treat it as tampering. ${filesNeeded}`,
    example: { target: url, evidence: { ...evidence, reason: 'RSA signature' } },
    seeAlso: ['ocsp-responder-unauthorized', 'ocsp-malformed'],
    sources: [`${rfc} section 3.2 (acceptance of signed responses)`],
  },
  'ocsp-responder-unauthorized': {
    title: 'OCSP response by a signer without the right',
    ...common,
    meaning:
      'The signature is right, but the signer is neither the issuer itself nor a responder that the issuer has certified for OCSP signing and whose certificate is valid.',
    summary: (finding) =>
      `${responder(finding)} signs without the right to answer${reason(finding)}`,
    remedy: (finding) => `${report(finding)} ${filesNeeded}`,
    example: {
      target: url,
      evidence: { ...evidence, responder: 'CN=Example Responder', reason: 'no id-kp-OCSPSigning' },
    },
    seeAlso: ['ocsp-signature-invalid', 'ocsp-certificate-mismatch'],
    sources: [`${rfc} section 4.2.2.2 (authorized responders)`],
  },
  'ocsp-certificate-mismatch': {
    title: 'OCSP answer about another certificate',
    ...common,
    meaning:
      "The response is about other certificates than the one asked about: its issuer's hashes or its serial number differ.",
    summary: (finding) =>
      `${responder(finding)} answers about another certificate${reason(finding)}`,
    remedy: (finding) =>
      `${report(finding)} A cache that ignores the request's body gives everybody the same answer: OCSP over POST must not be cached. ${filesNeeded}`,
    example: { target: url, evidence: { ...evidence, found: '01' } },
    seeAlso: ['ocsp-responder-unauthorized', 'ocsp-unknown'],
    sources: [`${rfc} section 3.2 (acceptance of signed responses)`],
  },
  'ocsp-expired': {
    title: 'OCSP response out of date',
    ...common,
    meaning: "The response's nextUpdate has passed: the responder or a cache serves an old answer.",
    summary: (finding) =>
      `${responder(finding)} answers with an old response${timed(finding, 'nextUpdate')}`,
    remedy: (finding) =>
      `Check first that this host's clock is right. ${report(finding)} ${filesNeeded}`,
    example: { target: url, evidence: { ...evidence, ...times } },
    seeAlso: ['clock-skew', 'ocsp-not-yet-valid', 'crl-expired'],
    sources: [`${rfc} sections 2.4 and 3.2 (times)`, 'RFC 9919 (lightweight OCSP)'],
  },
  'ocsp-not-yet-valid': {
    title: 'OCSP response from the future',
    ...common,
    meaning: "The response's thisUpdate lies ahead of the time at which it is judged.",
    summary: (finding) =>
      `${responder(finding)} answers with a future response${timed(finding, 'thisUpdate')}`,
    remedy: (finding) =>
      `Check first that this host's clock and time zone are right: that is the usual cause. ${report(finding)} ${filesNeeded}`,
    example: { target: url, evidence: { ...evidence, ...times } },
    seeAlso: ['clock-skew', 'ocsp-expired'],
    sources: [`${rfc} sections 2.4 and 3.2 (times)`],
  },
  'ocsp-nonce-mismatch': {
    title: 'OCSP response to another request',
    ...common,
    meaning:
      "The request carried a random number (nonce) and the response carries another: it was made for somebody else's request, or replayed.",
    summary: (finding) => `${responder(finding)} returns another nonce than was sent`,
    remedy: (finding) => `${report(finding)} ${filesNeeded}`,
    example: { target: url, evidence: { ...evidence, expected: '0410A1B2', found: '0410FFEE' } },
    seeAlso: ['ocsp-certificate-mismatch', 'ocsp-expired'],
    sources: ['RFC 9654 (OCSP nonce)'],
  },
  'ocsp-unknown': {
    title: 'OCSP responder does not know the certificate',
    ...common,
    meaning:
      'The responder answers with a valid signature that it does not know the certificate (status unknown): its issuer has no record of it.',
    consequence:
      'Verifiers treat the certificate as not good. Exchange refuses it unless the CRL settles the question: mail queues with 454 4.7.5 Certificate validation failure. Postfix, Exim and OpenSMTPD do not ask.',
    summary: (finding) => `${responder(finding)} does not know the certificate${serial(finding)}`,
    remedy: (finding) =>
      `With a profile of your own, check the issuer and the serial number of its ocsp entry. Otherwise report it to ${operator(finding)}: a certificate that its own issuer does not know must not be used. ${filesNeeded}`,
    example: { target: url, evidence: { ...evidence, certStatus: 'unknown' } },
    seeAlso: ['ocsp-unauthorized', 'certificate-revoked'],
    sources: [`${rfc} section 2.2 (certificate status)`],
  },
};
