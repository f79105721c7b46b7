/** Words for certificate revocation lists that came whole and do not hold. */

import type { Finding } from '../types.ts';
import { noRevocationData } from './consequences.ts';
import { destinationOf, inBrackets, reasonOf, said, shown, timeOf, urlOf } from './evidence.ts';
import type { GapWords } from './gap-info.ts';
import { onPlatforms } from './on-platforms.ts';
import * as posix from './posix/commands.ts';
import * as powershell from './powershell/commands.ts';

type CrlCode = Extract<keyof GapWords<'revocation'>, `crl-${string}`>;

const showCrl = onPlatforms({
  posix: (finding) => posix.showCrl(finding),
  powershell: (finding) => [powershell.fetch(finding), powershell.dump()],
});

const showAndVerify = onPlatforms({
  posix: (finding) => [...posix.showCrl(finding), posix.verifyCrl()],
  powershell: (finding) => [powershell.fetch(finding), powershell.dump(), powershell.verifyCrl()],
});

const file = (finding: Finding): string => `CRL ${shown(urlOf(finding))}`;
const operator = (finding: Finding): string =>
  `the CA that runs ${shown(destinationOf(finding).host)}`;

/** The same bytes from elsewhere tell a CA's fault from a cache's. */
const compareOutside = (finding: Finding): string =>
  `Fetch it from outside this network too. If it differs there, a cache or proxy on the way gives this host an old or changed copy: have the network team clear it. If it is the same, report it to ${operator(finding)}.`;

const issuerNeeded =
  "The last command needs the certificate of the CRL's issuer, as PEM, in issuer.pem (issuer.cer on Windows).";

const found = (finding: Finding): string => {
  const text = said(finding, 'found', 'reason');
  return text === undefined ? '' : `: ${shown(text, 34)}`;
};

const expected = (finding: Finding): string => {
  const text = said(finding, 'expected');
  return text === undefined ? '' : ` Expected is ${shown(text, 120)}.`;
};

/** ` since 2025-09-04 00:00 UTC`, or nothing. */
const timed = (finding: Finding, word: string, key: string): string => {
  const time = timeOf(finding, key);
  return time === undefined ? '' : ` ${word} ${shown(time, 30)}`;
};

const numbers = (finding: Finding): string => {
  const number = said(finding, 'crlNumber', 'found');
  const before = said(finding, 'previous', 'expected');
  if (number === undefined) return '';
  const seen = before === undefined ? '' : ` after ${shown(before, 40)}`;
  return `: number ${shown(number, 40)}${seen}`;
};

const url = 'http://crl.globalsign.com/gsorganizationvalsha2g3.crl';
const issuer = 'CN=GlobalSign Organization Validation CA - SHA256 - G3, O=GlobalSign nv-sa, C=BE';
const times = { thisUpdate: '2025-08-28T00:00:00.000Z', nextUpdate: '2025-09-04T00:00:00.000Z' };
const rfc = 'RFC 5280';

/** What most of them have in common. */
const common = {
  owner: 'ca',
  severity: 'critical',
  consequence: noRevocationData,
  commands: showCrl,
} as const;

export const crlWords: Pick<GapWords<'revocation'>, CrlCode> = {
  'crl-malformed': {
    title: 'CRL cannot be read',
    ...common,
    meaning: 'The bytes are meant as a CRL, but break the rules of its encoding or its structure.',
    summary: (finding) => `${file(finding)} cannot be read${inBrackets([reasonOf(finding)])}`,
    remedy: (finding) => compareOutside(finding),
    example: { target: url, evidence: { url, reason: 'trailing bytes after the CRL' } },
    seeAlso: ['unexpected-content', 'response-truncated', 'crl-signature-invalid'],
    sources: [`${rfc} section 5.1 (CRL fields)`, 'ITU-T X.690 (DER)'],
  },
  'crl-signature-invalid': {
    title: "CRL's signature does not verify",
    ...common,
    meaning:
      "The CRL names the right issuer, but its signature was not made with that issuer's key, the issuer may not sign CRLs, or the algorithm is refused. It could be a forgery.",
    summary: (finding) =>
      `${file(finding)} has a signature that does not verify${inBrackets([reasonOf(finding)])}`,
    remedy: (finding) =>
      `Do not rely on this CRL. ${compareOutside(finding)} If only this host gets it, treat it as tampering. ${issuerNeeded}`,
    commands: showAndVerify,
    example: { target: url, evidence: { url, issuer, signature: 'invalid' } },
    seeAlso: ['crl-wrong-issuer', 'crl-malformed', 'issuer-mismatch'],
    sources: [`${rfc} section 6.3.3 (CRL processing)`, `${rfc} section 4.2.1.3 (cRLSign)`],
  },
  'crl-wrong-issuer': {
    title: 'CRL of another issuer',
    ...common,
    meaning:
      'At this address stands the CRL of another certificate authority than the one whose certificates it should cover.',
    summary: (finding) => `${file(finding)} is from another issuer${found(finding)}`,
    remedy: (finding) =>
      `${compareOutside(finding)} With a profile of your own, check first that its crls entry names the right issuer for this URL.${expected(finding)}`,
    example: {
      target: url,
      evidence: { url, expected: issuer, found: 'CN=GlobalSign Root CA, O=GlobalSign nv-sa, C=BE' },
    },
    seeAlso: ['crl-signature-invalid', 'crl-out-of-scope'],
    sources: [`${rfc} sections 5.1.2.3 and 6.3.3`],
  },
  'crl-expired': {
    title: 'CRL out of date',
    ...common,
    meaning:
      "The CRL's nextUpdate has passed: its issuer should have published a newer one. A CA that has ended no longer publishes.",
    summary: (finding) => `${file(finding)} is out of date${timed(finding, 'since', 'nextUpdate')}`,
    remedy: (finding) =>
      `Check first that this host's clock is right. ${compareOutside(finding)} If the issuer's own certificate has ended, no newer CRL will come: run certready profile list and use the profile that follows.`,
    example: { target: url, evidence: { url, issuer, ...times } },
    seeAlso: ['clock-skew', 'crl-not-yet-valid', 'crl-number-rollback'],
    sources: [`${rfc} section 5.1.2.5 (nextUpdate)`, 'CA/Browser Forum Baseline Requirements'],
  },
  'crl-not-yet-valid': {
    title: 'CRL from the future',
    ...common,
    meaning: "The CRL's thisUpdate lies ahead of the time at which it is judged.",
    summary: (finding) => `${file(finding)} is not valid${timed(finding, 'before', 'thisUpdate')}`,
    remedy: (finding) =>
      `Check first that this host's clock and time zone are right: that is the usual cause. ${compareOutside(finding)}`,
    example: { target: url, evidence: { url, issuer, ...times } },
    seeAlso: ['clock-skew', 'crl-expired'],
    sources: [`${rfc} section 5.1.2.4 (thisUpdate)`],
  },
  'crl-unsupported-extension': {
    title: 'CRL with an unknown critical extension',
    ...common,
    meaning:
      'The CRL carries an extension that is marked critical and that certready does not process; the standard forbids using such a CRL.',
    summary: (finding) =>
      `${file(finding)} carries an unknown critical extension${inBrackets([said(finding, 'extension', 'criticalExtension', 'reason')])}`,
    remedy: (finding) =>
      `Report it to ${operator(finding)}: verifiers that follow the standard cannot use this CRL. Use the CA's OCSP responder meanwhile, where the certificates name one.`,
    example: { target: url, evidence: { url, issuer, extension: '2.5.29.99' } },
    seeAlso: ['crl-malformed', 'crl-out-of-scope'],
    sources: [`${rfc} section 5.2 (CRL extensions)`],
  },
  'crl-out-of-scope': {
    title: 'CRL for other certificates',
    ...common,
    meaning:
      'The CRL says by its issuingDistributionPoint that it does not cover the certificates asked about: another address, another kind of certificate, or only some reasons.',
    summary: (finding) => `${file(finding)} covers other certificates${found(finding)}`,
    remedy: (finding) =>
      `Compare the address with the one in the certificate's CRL distribution points. With a profile of your own, correct its crls entry. Otherwise report it to ${operator(finding)}.`,
    commands: onPlatforms({
      posix: (finding) => [posix.fetch(finding), posix.crlText()],
      powershell: (finding) => [powershell.fetch(finding), powershell.dump()],
    }),
    example: { target: url, evidence: { url, issuer, found: 'onlyContainsUserCerts' } },
    seeAlso: ['crl-wrong-issuer', 'crl-unsupported-extension'],
    sources: [`${rfc} sections 5.2.5 (issuingDistributionPoint) and 6.3.3`],
  },
  'crl-number-rollback': {
    title: 'CRL older than one seen before',
    ...common,
    meaning:
      "The CRL's number is lower than that of a CRL of the same issuer that certready has already seen: an old list is served again.",
    consequence:
      'A certificate that was revoked since then counts as good again, for everyone who gets the old list. When the old list ends, revocation cannot be checked at all and Exchange refuses the certificate: mail queues with 454 4.7.5 Certificate validation failure.',
    summary: (finding) => `${file(finding)} is older than one seen before${numbers(finding)}`,
    remedy: (finding) => compareOutside(finding),
    example: { target: url, evidence: { url, issuer, crlNumber: '4711', expected: '4712' } },
    seeAlso: ['crl-expired', 'crl-wrong-issuer'],
    sources: [`${rfc} section 5.2.3 (CRL number)`],
  },
};
