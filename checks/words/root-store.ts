/** Words for the trust stores of this host. */

import type { Finding } from '../types.ts';
import { notVerified } from './consequences.ts';
import { inBrackets, shown, textOf } from './evidence.ts';
import type { GapWords } from './gap-info.ts';
import { onPlatforms } from './on-platforms.ts';
import * as posix from './posix/stores.ts';
import * as powershell from './powershell/stores.ts';
import { rootUpdateWords } from './root-update.ts';
import { keeperOf, rootNameOf, sha256Of, storePathOf } from './store.ts';

const rootIn = (finding: Finding): string =>
  `${shown(rootNameOf(finding), 50)} in ${shown(storePathOf(finding), 60)}`;

const fingerprint = (finding: Finding): string => {
  const sha256 = sha256Of(finding);
  return sha256 === undefined
    ? 'Compare the SHA-256 fingerprint with the one that the CA publishes.'
    : `The SHA-256 fingerprint that the command prints has to be ${sha256.replace(/..(?=.)/g, '$&:')}.`;
};

/** The file that the commands read, where they cannot name the profile. */
const fileNote = (finding: Finding): string =>
  textOf(finding, 'profile') === undefined
    ? " Write the root's certificate to the file first: certready profile show ID --pem, with the profile's id."
    : '';

const howToAdd = (finding: Finding): string => {
  switch (keeperOf(finding)) {
    case 'java':
      return "Import it with keytool, which asks for the keystore's password, and restart the Java programs.";
    case 'nss':
      return "Import it with NSS's certutil and the trust flags C,, (issues server certificates).";
    case 'postfix-chroot':
      return "Postfix runs chrooted and reads its own copy, made when it starts: add the root to the system's store and restart Postfix (a reload is not enough).";
    case 'windows':
      return 'Add it for the machine (LocalMachine), not for a user: mail services run as the machine. In a domain, distribute it by Group Policy.';
    case 'bundle':
    case 'directory':
      return "This store belongs to no tool of the system: add the certificate to it, and look up in the program's configuration whether it wants this store at all.";
    case 'update-ca-certificates':
    case 'update-ca-trust':
    case 'suse':
    case 'p11-kit':
      return "Add it with the distribution's tool, so that it survives updates.";
  }
};

const add = onPlatforms({
  posix: (finding, platform) => posix.addRoot(finding, platform),
  powershell: (finding) => powershell.addRoot(finding),
});

const target = 'r1@/etc/ssl/certs';
const evidence = {
  store: 'openssl-directory',
  path: '/etc/ssl/certs',
  root: 'GlobalSign Root CA - R1',
  sha256: 'EBD41040E4BB3EC742C9E381D31EF2A41A48B6685C96E7CEF3C1DF6CD4331C99',
  profile: 'exchange-online-globalsign-r1',
};
const stores = [
  'Debian: update-ca-certificates(8)',
  'Red Hat: update-ca-trust(8)',
  'Microsoft: Trusted Root Certification Authorities store',
];

export const rootStoreWords: GapWords<'root-store'> = {
  ...rootUpdateWords,
  'root-missing': {
    title: 'Root certificate missing',
    owner: 'server',
    severity: 'critical',
    meaning:
      "The trust store does not hold the root that the mail host's certificate will chain to.",
    consequence: notVerified,
    summary: (finding) => `${rootIn(finding)} is missing`,
    remedy: (finding) =>
      `Add ${shown(rootNameOf(finding))} to ${shown(storePathOf(finding))}, as root or administrator. ${howToAdd(finding)} ${fingerprint(finding)}${fileNote(finding)}`,
    commands: add,
    example: { target, evidence: { ...evidence, trusted: false } },
    seeAlso: ['root-update-disabled', 'root-distrusted', 'root-lookalike'],
    sources: [...stores, 'RFC 5280 section 6.1.1 (trust anchors)'],
  },
  'root-distrusted': {
    title: 'Root certificate switched off',
    owner: 'server',
    severity: 'critical',
    meaning:
      'The root is on this machine, but somebody has deselected it or put it on a block list (Debian: a leading ! in ca-certificates.conf; p11-kit: blocklist; Windows: Disallowed).',
    consequence: `${notVerified} A block list overrides every other store: adding the root again does not help.`,
    summary: (finding) =>
      `${rootIn(finding)} is switched off${inBrackets([textOf(finding, 'origin')])}`,
    remedy: (finding) =>
      `Find out who switched ${shown(rootNameOf(finding))} off and why. If it was the system's vendor, the root is no longer to be trusted: use the profile that follows (certready profile list). If it was a mistake, take it off the list: ${howToUnblock(finding)}`,
    commands: onPlatforms({
      posix: (finding, platform) => posix.trustAgain(finding, platform),
      powershell: (finding) => [...powershell.showDisallowed(), ...powershell.showRoot(finding)],
    }),
    example: { target, evidence: { ...evidence, trusted: false } },
    seeAlso: ['root-missing', 'root-not-for-server-auth'],
    sources: [...stores, 'p11-kit: trust module'],
  },
  'root-expired': {
    title: 'Root certificate has ended',
    owner: 'server',
    severity: 'critical',
    meaning: "The store's copy of the root is past its notAfter at the time at which it is judged.",
    consequence: notVerified,
    summary: (finding) => `${rootIn(finding)} has ended${ended(finding)}`,
    remedy: (finding) =>
      `Check first that this host's clock is right. If the profile's own root has ended, the migration is over: run certready profile list and use the profile that follows. If only this store holds an old copy, add the present one. ${howToAdd(finding)} ${fingerprint(finding)}${fileNote(finding)}`,
    commands: add,
    example: {
      target: 'baltimore@/etc/ssl/certs',
      evidence: {
        ...evidence,
        root: 'Baltimore CyberTrust Root',
        sha256: '16AF57A9F676B0AB126095AA5EBADEF22AB31119D644AC95CD4B93DBF3F26AEB',
        profile: 'exchange-online-baltimore',
        notAfter: '2025-05-12T23:59:00.000Z',
      },
    },
    seeAlso: ['clock-skew', 'certificate-expired', 'root-lookalike'],
    sources: ['RFC 5280 section 4.1.2.5 (validity)', ...stores],
  },
  'root-lookalike': {
    title: 'Another certificate of the same name',
    owner: 'server',
    severity: 'critical',
    meaning:
      "The store holds a certificate with the root's name, but not the root: an older certificate of the same key, or one of another key.",
    consequence: `${notVerified} With another key, whoever holds it can issue certificates for any name that this host then believes.`,
    summary: (finding) => `${rootIn(finding)}: same name, another certificate${foundHash(finding)}`,
    remedy: (finding) =>
      `Compare both SHA-256 fingerprints. ${lookalike(finding)} ${howToAdd(finding)} ${fingerprint(finding)}${fileNote(finding)}`,
    commands: onPlatforms({
      posix: (finding, platform) => [
        ...posix.findFingerprint(finding),
        ...posix.showStore(finding, platform),
        ...posix.addRoot(finding, platform),
      ],
      powershell: (finding) => [...powershell.showRoot(finding), ...powershell.addRoot(finding)],
    }),
    example: {
      target,
      evidence: {
        ...evidence,
        found: '0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF',
      },
    },
    seeAlso: ['root-missing', 'root-expired'],
    sources: ['RFC 5280 section 6.1.1 (trust anchors: name and key)', ...stores],
  },
  'root-not-for-server-auth': {
    title: 'Root certificate not trusted for servers',
    owner: 'server',
    severity: 'critical',
    meaning:
      'The root is in the store and trusted, but for other purposes only, for example e-mail signatures. Mozilla takes the website purpose from old roots and leaves the certificate in place.',
    consequence: notVerified,
    summary: (finding) => `${rootIn(finding)} is not trusted for server authentication`,
    remedy: (finding) =>
      `The vendor has usually withdrawn this purpose on purpose because the CA moves on: run certready profile list first, and see whether the mail host already presents the chain of the profile that follows. If it still needs this root, add it as a local trust anchor for the time being. ${howToAdd(finding)} ${fingerprint(finding)}${fileNote(finding)}`,
    commands: onPlatforms({
      posix: (finding, platform) => [
        ...posix.showStore(finding, platform),
        ...posix.addRoot(finding, platform),
      ],
      powershell: (finding) => [...powershell.showRoot(finding), 'certutil -v -store AuthRoot'],
    }),
    example: {
      target: 'r1@/etc/pki/ca-trust/extracted',
      evidence: {
        ...evidence,
        store: 'p11-kit',
        path: '/etc/pki/ca-trust/extracted',
        purposes: ['emailProtection'],
      },
    },
    seeAlso: ['root-distrusted', 'root-missing', 'old-certificate'],
    sources: [
      'RFC 5280 section 4.2.1.12 (extended key usage)',
      'Mozilla: NSS trust flags',
      ...stores,
    ],
  },
};

function howToUnblock(finding: Finding): string {
  switch (keeperOf(finding)) {
    case 'update-ca-certificates':
    case 'postfix-chroot':
      return 'select it again in dpkg-reconfigure ca-certificates (or remove the ! in /etc/ca-certificates.conf and run update-ca-certificates).';
    case 'update-ca-trust':
    case 'suse':
    case 'p11-kit':
      return 'remove its file from the blocklist folder, then run update-ca-trust extract (SUSE: update-ca-certificates).';
    case 'nss':
      return 'set its trust flags again; the first command shows its nickname, which the second needs.';
    case 'windows':
      return 'remove it from LocalMachine\\Disallowed, or from the Group Policy that puts it there.';
    case 'java':
    case 'bundle':
    case 'directory':
      return 'remove the entry that rejects it, or replace it by the plain certificate.';
  }
}

function ended(finding: Finding): string {
  const notAfter = textOf(finding, 'notAfter');
  return notAfter === undefined ? '' : ` on ${shown(notAfter, 30)}`;
}

function foundHash(finding: Finding): string {
  const found = sha256Of(finding, 'found');
  return found === undefined ? '' : ` (SHA-256 ${found.slice(0, 16)}…)`;
}

function lookalike(finding: Finding): string {
  switch (finding.evidence['sameKey']) {
    case true:
      return 'It has the same key: an older or cross-signed certificate of this root. Add the right one; then the other can go.';
    case false:
      return 'It has another key: find out who put it there, and remove it unless that is explained. Treat it as an intrusion until then.';
    default:
      return 'If its key is the same, it is an older certificate of this root; if not, find out who put it there and treat it as an intrusion until that is explained.';
  }
}
