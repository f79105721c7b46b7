/** Words for certificates that break the chain. */

import {
  keeperOfCertificate,
  place,
  showCertificate,
  showStaple,
  sourceOf,
  verifyCertificate,
} from './certificate-source.ts';
import { notVerified } from './consequences.ts';
import type { Finding } from '../types.ts';
import { capital, inBrackets, isPeer, reasonOf, said, shown, textOf, timeOf } from './evidence.ts';
import type { GapWords } from './gap-info.ts';

type ChainWords = Pick<
  GapWords<'certificate'>,
  | 'issuer-malformed'
  | 'issuer-mismatch'
  | 'certificate-expired'
  | 'certificate-not-yet-valid'
  | 'chain-incomplete'
  | 'chain-untrusted'
>;

const aiaUrl = 'http://secure.globalsign.com/cacert/gsorganizationvalsha2g3.crt';
const mailHost = 'contoso-com.mail.protection.outlook.com:25';
const rfc = 'RFC 5280';

const chainBroken =
  "Verifiers that build the chain by this address cannot complete it and refuse the mail host's certificate: Exchange queues with 454 4.7.5 Certificate validation failure. A CRL or OCSP response of that issuer cannot be verified either. Verifiers that get the certificate elsewhere go on.";

const when = (finding: Finding, key: string, words: string): string => {
  const time = timeOf(finding, key);
  return time === undefined ? '' : ` ${words} ${shown(time, 30)}`;
};

const found = (finding: Finding): string => {
  const text = said(finding, 'found', 'subject', 'reasons', 'reason');
  return text === undefined ? '' : `: ${shown(text, 34)}`;
};

const expected = (finding: Finding): string => {
  const text = said(finding, 'expected');
  return text === undefined ? '' : ` Expected is ${shown(text, 120)}.`;
};

/** The chain holds, but what was sent of its revocation does not satisfy those who ask for it. */
const stapling = (finding: Finding): string | undefined => {
  const reason = textOf(finding, 'reason');
  if (reason === 'must-staple') return 'demands a stapled OCSP response, and none was sent';
  return reason === 'stapled-ocsp'
    ? `was sent with a stapled OCSP response that does not hold${inBrackets([textOf(finding, 'stapledOcsp')])}`
    : undefined;
};

export const chainWords: ChainWords = {
  'issuer-malformed': {
    title: "Issuer's certificate cannot be read",
    owner: 'ca',
    severity: 'critical',
    meaning:
      "What was fetched as the issuer's certificate is neither a certificate in DER or PEM nor a PKCS#7 bundle of certificates.",
    consequence: chainBroken,
    summary: (finding) =>
      `${place(finding)} is no readable certificate${inBrackets([reasonOf(finding)])}`,
    remedy: (finding) =>
      `Fetch it from outside this network too. If it differs there, a proxy or filter changes it: exempt the host. If it is the same, report it to ${keeperOfCertificate(finding)}.`,
    commands: showCertificate,
    example: { target: aiaUrl, evidence: { url: aiaUrl, reason: 'truncated DER' } },
    seeAlso: ['unexpected-content', 'block-page', 'issuer-mismatch'],
    sources: [`${rfc} section 4.2.2.1 (authority information access)`, 'ITU-T X.690 (DER)'],
  },
  'issuer-mismatch': {
    title: "Another certificate than the issuer's",
    owner: 'ca',
    severity: 'critical',
    meaning:
      "The certificate at this address, or in the profile itself, is not the issuer that the profile means: another name, another key, not a CA, or not signed by the profile's root.",
    consequence: chainBroken,
    summary: (finding) =>
      sourceOf(finding) === 'profile'
        ? `${place(finding)} does not hold as an issuer's${inBrackets([said(finding, 'reasons')])}`
        : `${place(finding)} is not the issuer due${found(finding)}`,
    remedy: (finding) =>
      sourceOf(finding) === 'profile'
        ? 'Compare the certificate with the one that the CA publishes, and check whom the profile names as its issuer. Put the right one into the profile, or run certready profile list for a newer profile.'
        : `With a profile of your own, check the authority's url and issuer first. Compare with what is fetched from outside this network. If the CA has put another certificate there, run certready profile list for a newer profile, or report it to ${keeperOfCertificate(finding)}.${expected(finding)}`,
    commands: showCertificate,
    example: {
      target: aiaUrl,
      evidence: { url: aiaUrl, found: 'CN=Other CA', expected: 'CN=GlobalSign Root CA' },
    },
    seeAlso: ['issuer-malformed', 'crl-wrong-issuer', 'chain-incomplete'],
    sources: [`${rfc} sections 4.2.2.1 and 6.1`],
  },
  'certificate-expired': {
    title: 'Certificate has ended',
    owner: 'ca',
    severity: 'critical',
    severityNote:
      'at a mail host a warning where this server is known not to verify; a warning for a certificate of the profile that nothing is verified with',
    meaning: "The certificate's notAfter has passed at the time at which it is judged.",
    consequence: `${notVerified} Its issuer also stops answering for it: no newer CRL, no OCSP.`,
    summary: (finding) =>
      `${place(finding)} has ended${when(finding, 'notAfter', 'on')}${inBrackets([textOf(finding, 'subject')])}`,
    remedy: (finding) => {
      if (isPeer(finding) || finding.owner === 'server')
        return `${capital(keeperOfCertificate(finding))} has to install a renewed certificate. Check first that this host's clock is right.`;
      return sourceOf(finding) === 'profile'
        ? `Check first that this host's clock is right. If it is, put the certificate that the CA has now into the profile, or run certready profile list and use the profile that follows.`
        : `Check first that this host's clock is right. If it is, this migration is over: run certready profile list and use the profile that follows.`;
    },
    commands: showCertificate,
    example: { target: aiaUrl, evidence: { url: aiaUrl, notAfter: '2025-09-04T00:00:00.000Z' } },
    seeAlso: ['clock-skew', 'root-expired', 'own-certificate', 'crl-expired'],
    sources: [`${rfc} section 4.1.2.5 (validity)`],
  },
  'certificate-not-yet-valid': {
    title: 'Certificate not valid yet',
    owner: 'ca',
    severity: 'critical',
    severityNote: 'at a mail host a warning where this server is known not to verify',
    meaning: "The certificate's notBefore lies ahead of the time at which it is judged.",
    consequence: notVerified,
    summary: (finding) => `${place(finding)} is not valid${when(finding, 'notBefore', 'before')}`,
    remedy: (finding) =>
      `Check first that this host's clock and time zone are right: that is the usual cause. If they are, ${keeperOfCertificate(finding)} has put the certificate in place too early.`,
    commands: showCertificate,
    example: {
      target: mailHost,
      owner: 'peer',
      evidence: { notBefore: '2026-12-01T00:00:00.000Z' },
    },
    seeAlso: ['clock-skew', 'certificate-expired'],
    sources: [`${rfc} section 4.1.2.5 (validity)`],
  },
  'chain-incomplete': {
    title: 'Intermediate certificate missing',
    owner: 'ca',
    severity: 'critical',
    severityNote: 'at a mail host a warning where this server is known not to verify',
    meaning:
      'From the certificate no path leads to a root, because an issuer in between was neither sent nor could be fetched.',
    consequence: `${notVerified} Verifiers that have the intermediate from elsewhere go on, so some senders fail and others do not.`,
    summary: (finding) =>
      `${place(finding)}: an issuer is missing${inBrackets([textOf(finding, 'issuer')])}`,
    remedy: (finding) =>
      finding.owner === 'server'
        ? 'Install the whole chain with the certificate: the server has to send every intermediate (Postfix: in smtpd_tls_chain_files; Exchange: in LocalMachine\\CA).'
        : `Ask ${keeperOfCertificate(finding)} to send the whole chain${inBrackets([textOf(finding, 'issuer')])}. Until then the missing intermediate can be added to this server's store of intermediates (Windows: LocalMachine\\CA); do not add it as a root.`,
    commands: verifyCertificate,
    example: {
      target: mailHost,
      owner: 'peer',
      evidence: { issuer: 'CN=GlobalSign Organization Validation CA - SHA256 - G3' },
    },
    seeAlso: ['chain-untrusted', 'issuer-mismatch', 'issuer-malformed'],
    sources: [`${rfc} section 6.1 (path validation)`, 'RFC 8446 section 4.4.2 (Certificate)'],
  },
  'chain-untrusted': {
    title: 'Chain does not lead to a trusted root',
    owner: 'ca',
    severity: 'critical',
    severityNote:
      'at a mail host a warning where this server is known not to verify, or only stapling is at fault',
    meaning:
      'The certificate is signed by itself, or its chain does not verify: a signature, a constraint or a use that is not allowed. As a warning: a stapled OCSP response does not hold, or is missing where the certificate demands one.',
    consequence: `${notVerified} Stapled OCSP responses are looked at by GnuTLS (Exim on Debian, msmtp), not by OpenSSL and Windows.`,
    summary: (finding) => {
      const staple = stapling(finding);
      return staple === undefined
        ? `${place(finding)} leads to no trusted root${inBrackets([reasonOf(finding), textOf(finding, 'subject')])}`
        : `The certificate of ${place(finding)} ${staple}`;
    },
    remedy: (finding) => {
      if (stapling(finding) !== undefined)
        return `Check first that this host's clock is right. If it is, ${keeperOfCertificate(finding)} has to staple the responder's present answer with the issuer's certificate in the chain, or to switch stapling off and use a certificate that does not demand it.`;
      return finding.owner === 'server'
        ? 'Install a certificate of a public authority, with its intermediates.'
        : `Look at the chain with the commands below and ask ${keeperOfCertificate(finding)} to present one that ends in a public root. Do not trust the certificate itself just to make mail flow.`;
    },
    commands: (finding, platform) =>
      stapling(finding) === undefined
        ? verifyCertificate(finding, platform)
        : showStaple(finding, platform),
    example: {
      target: mailHost,
      owner: 'peer',
      evidence: { subject: 'CN=mx1', issuer: 'CN=mx1', reason: 'self-signed' },
    },
    seeAlso: ['tls-intercepted', 'chain-incomplete', 'unexpected-root', 'root-missing'],
    sources: [
      `${rfc} section 6.1 (path validation)`,
      'RFC 6066 section 8 and RFC 7633 (stapled OCSP responses)',
    ],
  },
};
