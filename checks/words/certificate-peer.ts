/** Words for a mail host's certificate that is not the one announced. */

import type { Finding } from '../types.ts';
import {
  keeperOfCertificate,
  place,
  showCertificate,
  verifyCertificate,
} from './certificate-source.ts';
import { notVerified, whereUnverified } from './consequences.ts';
import { capital, inBrackets, said, shown } from './evidence.ts';
import type { GapWords } from './gap-info.ts';

type PeerWords = Pick<
  GapWords<'certificate'>,
  'name-mismatch' | 'organization-mismatch' | 'key-too-weak' | 'unexpected-root' | 'old-certificate'
>;

const target = 'contoso-com.mail.protection.outlook.com:25';
const owner = 'peer';

const mailFlows =
  'Mail still flows as long as the root is trusted here. Rules that pin the announced certificate';

const found = (finding: Finding): string => {
  const text = said(finding, 'found', 'names', 'subject');
  return text === undefined ? '' : `: ${shown(text, 60)}`;
};

const expected = (finding: Finding): string => {
  const text = said(finding, 'expected');
  return text === undefined ? 'what the profile names' : shown(text, 60);
};

const rootOf = (finding: Finding): string | undefined => said(finding, 'root', 'found', 'issuer');

export const peerWords: PeerWords = {
  'name-mismatch': {
    title: 'Certificate for another name',
    owner: 'ca',
    severity: 'critical',
    severityNote: whereUnverified,
    meaning:
      "None of the certificate's names is the name that the profile expects of the mail host.",
    consequence: notVerified,
    summary: (finding) =>
      `${place(finding)} presents a certificate for another name${found(finding)}`,
    remedy: (finding) =>
      `Check that the host name is right: for Exchange Online it is the MX name DOMAIN-TLD.mail.protection.outlook.com, whose certificate is for ${expected(finding)}. If it is, ${keeperOfCertificate(finding)} has to present a certificate for its name. On Exchange compare the connector's TlsDomain, on Postfix the names that "match=" allows.`,
    commands: verifyCertificate,
    example: {
      target,
      owner,
      evidence: { expected: 'mail.protection.outlook.com', found: 'mail.example.com' },
    },
    seeAlso: ['organization-mismatch', 'tls-intercepted'],
    sources: ['RFC 9525 (service identity)', 'RFC 7817 (server identity for mail)'],
  },
  'organization-mismatch': {
    title: 'Certificate of another organization',
    owner: 'ca',
    severity: 'warning',
    meaning: "The certificate's organization is not the one that the profile expects.",
    consequence: `${mailFlows} by its organization refuse it.`,
    summary: (finding) =>
      `${place(finding)} presents a certificate of another organization${found(finding)}`,
    remedy: (finding) =>
      `Compare with ${expected(finding)} and with the operator's announcement. If the operator has changed it, adapt the profile; if not, ask ${keeperOfCertificate(finding)}.`,
    commands: showCertificate,
    example: {
      target,
      owner,
      evidence: { expected: 'Microsoft Corporation', found: 'Contoso Ltd' },
    },
    seeAlso: ['name-mismatch', 'unexpected-root'],
    sources: ['RFC 5280 section 4.1.2.6 (subject)'],
  },
  'key-too-weak': {
    title: "Certificate's key is too short",
    owner: 'ca',
    severity: 'warning',
    meaning: "The certificate's key is shorter than the profile expects.",
    consequence:
      'Mail still flows. Systems with a strict policy (OpenSSL security level 2, FIPS mode) refuse RSA keys under 2048 bits: Postfix there logs "ee key too small" and defers.',
    summary: (finding) => {
      const bits = said(finding, 'keyBits', 'bits', 'found') ?? 'too few';
      return `${place(finding)} presents a key of ${shown(bits, 20)} bits`;
    },
    remedy: (finding) =>
      `${capital(keeperOfCertificate(finding))} has to present a certificate with an RSA key of at least 2048 bits or an elliptic-curve key of at least 256 bits.`,
    commands: showCertificate,
    example: { target, owner, evidence: { keyBits: 1024, expected: 2048 } },
    seeAlso: ['tls-version-too-low', 'no-forward-secrecy'],
    sources: ['CA/Browser Forum Baseline Requirements, section 6.1.5', 'NIST SP 800-57 Part 1'],
  },
  'unexpected-root': {
    title: 'Chain ends in another root than announced',
    owner: 'ca',
    severity: 'warning',
    meaning:
      "The mail host's chain is good and ends in a root that this host trusts, but the profile neither expects nor replaces that root.",
    consequence: `${mailFlows} by its root refuse it, and what this profile checks says little about the certificate really in use.`,
    summary: (finding) =>
      `${place(finding)} chains to another root${inBrackets([rootOf(finding)])}`,
    remedy: () =>
      'The mail host has moved to another authority than this profile describes. Run certready profile list and use the profile that names this root; where there is none, make one from the chain: certready profile derive chain.pem.',
    commands: showCertificate,
    example: {
      target,
      owner,
      evidence: { root: 'CN=DigiCert Global Root G2, O=DigiCert Inc, C=US' },
    },
    seeAlso: ['old-certificate', 'tls-intercepted', 'root-missing'],
    sources: ['RFC 5280 section 6.1 (path validation)'],
  },
  'old-certificate': {
    title: 'Mail host still presents the old chain',
    owner: 'ca',
    severity: 'warning',
    severityNote: 'critical where this host does not trust the old root',
    meaning:
      "The change was due, but the mail host's chain still ends in a root that the profile says is replaced.",
    consequence:
      'Mail flows as long as the old root is trusted here. When it leaves the trust stores or ends, mail queues with 454 4.7.5 Certificate validation failure on Exchange and "Server certificate not verified" on Postfix at level verify.',
    summary: (finding) =>
      `${place(finding)} still chains to the old root${inBrackets([rootOf(finding)])}`,
    remedy: (finding) =>
      `Keep the old root in the store until the host has moved, and have the new one ready. Ask ${keeperOfCertificate(finding)} for the date. A device with an old certificate in between (a relay or gateway of your own) can also be the one that answers: check the address.`,
    commands: showCertificate,
    example: {
      target,
      owner,
      evidence: { root: 'CN=Baltimore CyberTrust Root, O=Baltimore, C=IE' },
    },
    seeAlso: ['unexpected-root', 'root-missing', 'root-not-for-server-auth'],
    sources: ['Microsoft: Exchange Online TLS certificate announcements', 'RFC 5280 section 6.1'],
  },
};
