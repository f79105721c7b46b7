/** Words for the trust stores of this host. */

import type { Finding } from '../types.ts';
import { notVerified } from './consequences.ts';
import { inBrackets, shown, textOf, timeOf } from './evidence.ts';
import type { GapWords } from './gap-info.ts';
import { onPlatforms } from './on-platforms.ts';
import { addRoot } from './posix/add-root.ts';
import * as posix from './posix/stores.ts';
import * as powershell from './powershell/stores.ts';
import {
  addIt,
  explainLookalike,
  howMissing,
  lookalikePlace,
  missingRemedy,
  rootIn,
  unblock,
} from './root-remedies.ts';
import { rootUpdateWords } from './root-update.ts';
import { keeperOf, rootNameOf } from './store.ts';

const add = onPlatforms({
  posix: (finding, platform) => addRoot(finding, platform),
  powershell: (finding) => [...powershell.addRoot(finding), ...powershell.showRoot(finding)],
});

/** Of two entries of one certificate programs keep the first: what restricts it is replaced, not added to. */
const isReplaced = (finding: Finding): boolean =>
  finding.code === 'root-not-for-server-auth' &&
  ['bundle', 'directory', 'update-ca-certificates'].includes(keeperOf(finding));

/** Look at what stands there first, then add the right one. */
const lookAndAdd = onPlatforms({
  posix: (finding, platform) => [
    ...posix.showEntry(finding),
    ...posix.showStore(finding, platform),
    ...(isReplaced(finding) ? posix.replaceEntry(finding) : addRoot(finding, platform)),
  ],
  powershell: (finding) => [
    ...powershell.showRoot(finding),
    ...(isReplaced(finding) ? powershell.rootToFile(finding) : powershell.addRoot(finding)),
  ],
});

const ended = (finding: Finding): string => {
  const notAfter = timeOf(finding, 'notAfter');
  return notAfter === undefined ? '' : ` on ${shown(notAfter, 30)}`;
};

const whereUnused = 'a warning in a store that no mail is verified with';
const target = 'r1@/etc/ssl/certs';
const evidence = {
  store: 'debian',
  path: '/etc/ssl/certs',
  root: 'GlobalSign Root CA - R1',
  sha256: 'EBD41040E4BB3EC742C9E381D31EF2A41A48B6685C96E7CEF3C1DF6CD4331C99',
  profile: 'exchange-online-globalsign-r1',
  trusted: false,
  mail: 'verifies',
};
const stores = [
  'Debian: update-ca-certificates(8)',
  'Red Hat: update-ca-trust(8)',
  'Microsoft: Trusted Root Certification Authorities certificate store',
];

export const rootStoreWords: GapWords<'root-store'> = {
  ...rootUpdateWords,
  'root-missing': {
    title: 'Root certificate missing',
    owner: 'server',
    severity: 'critical',
    severityNote: whereUnused,
    meaning:
      "The trust store does not hold the root that the mail host's certificate will chain to, or holds it where programs do not find it.",
    consequence: notVerified,
    summary: (finding) => `${rootIn(finding)} ${howMissing(finding)}`,
    remedy: missingRemedy,
    commands: add,
    example: { target, evidence: { ...evidence, reason: 'absent' } },
    seeAlso: ['root-update-disabled', 'root-distrusted', 'root-lookalike'],
    sources: [...stores, 'RFC 5280 section 6.1.1 (trust anchors)'],
  },
  'root-distrusted': {
    title: 'Root certificate on a block list',
    owner: 'server',
    severity: 'critical',
    severityNote: whereUnused,
    meaning:
      'The root is on this machine and explicitly distrusted: by a block list (p11-kit), by the Disallowed store (Windows), by trust flags (NSS) or by rejected purposes (OpenSSL).',
    consequence: `${notVerified} Distrust outweighs trust: adding the root again does not help.`,
    summary: (finding) =>
      `${rootIn(finding)} is distrusted${inBrackets([textOf(finding, 'origin')])}`,
    remedy: (finding) =>
      `Find out who distrusted ${shown(rootNameOf(finding))} and why. If it was the system's vendor, the root is not to be trusted again: use the profile that follows (certready profile list). If it was a mistake, ${unblock(finding)}. Run the commands as root or administrator.`,
    commands: onPlatforms({
      posix: (finding, platform) => posix.trustAgain(finding, platform),
      powershell: (finding) => [
        ...powershell.showDisallowed(),
        ...powershell.showRoot(finding),
        ...powershell.allow(finding),
      ],
    }),
    example: {
      target: 'r1@/etc/pki/tls/certs',
      evidence: {
        ...evidence,
        store: 'redhat',
        path: '/etc/pki/tls/certs',
        origin: '/etc/pki/ca-trust/source/blocklist/globalsign-r1.pem',
      },
    },
    seeAlso: ['root-missing', 'root-not-for-server-auth'],
    sources: [...stores, 'p11-kit: trust module (blocklist)'],
  },
  'root-expired': {
    title: 'Root certificate has ended',
    owner: 'server',
    severity: 'critical',
    severityNote: whereUnused,
    meaning: 'The root is in the store, but past its notAfter at the time at which it is judged.',
    consequence: notVerified,
    summary: (finding) => `${rootIn(finding)} has ended${ended(finding)}`,
    remedy: (finding) =>
      `Check first that this host's clock is right. If it is, nothing can bring ${shown(rootNameOf(finding))} back: this migration is over. Run certready profile list and use the profile that follows.`,
    commands: onPlatforms({
      posix: (finding) => ['date -u', ...posix.showEntry(finding), 'certready profile list'],
      powershell: (finding) => [
        'Get-Date -Format u',
        ...powershell.showRoot(finding),
        'certready profile list',
      ],
    }),
    example: {
      target: 'baltimore@/etc/ssl/certs',
      evidence: {
        ...evidence,
        root: 'Baltimore CyberTrust Root',
        sha256: '16AF57A9F676B0AB126095AA5EBADEF22AB31119D644AC95CD4B93DBF3F26AEB',
        profile: 'exchange-online-baltimore',
        notAfter: '2025-05-12T23:59:00.000Z',
        origin: '/etc/ssl/certs/ca-certificates.crt#9',
      },
    },
    seeAlso: ['clock-skew', 'certificate-expired', 'root-lookalike'],
    sources: ['RFC 5280 section 4.1.2.5 (validity)', ...stores],
  },
  'root-lookalike': {
    title: 'Another certificate of the same name',
    owner: 'server',
    severity: 'critical',
    severityNote: whereUnused,
    meaning:
      "The store holds a certificate with the root's name, but not the root: another certificate of the same key, or one of another key.",
    consequence: `${notVerified} If its key is another one, whoever holds that key can issue certificates for any name, and this host believes them.`,
    summary: (finding) =>
      `${rootIn(finding)}: same name, another certificate${lookalikePlace(finding)}`,
    remedy: (finding) =>
      `Look at the certificate that is there, as root or administrator. ${explainLookalike(finding)} ${addIt(finding)}`,
    commands: lookAndAdd,
    example: {
      target,
      evidence: {
        ...evidence,
        found: '0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF',
        likeness: 'same-key',
        origin: '/etc/ssl/certs/ca-certificates.crt#12',
      },
    },
    seeAlso: ['root-missing', 'root-expired'],
    sources: ['RFC 5280 section 6.1.1 (trust anchors: name and key)', ...stores],
  },
  'root-not-for-server-auth': {
    title: 'Root certificate not trusted for servers',
    owner: 'server',
    severity: 'critical',
    severityNote: whereUnused,
    meaning:
      'The root is in the store and trusted, but for other purposes only, for example signed e-mail. Mozilla takes the website purpose from old roots and leaves the certificate in place.',
    consequence: notVerified,
    summary: (finding) => `${rootIn(finding)} is not trusted for server authentication`,
    remedy: (finding) =>
      `Usually the vendor has taken this purpose away because the CA moves on. Run certready profile list first, and see whether the mail host already presents the chain of the profile that follows. If it still needs this root, ${isReplaced(finding) ? 'replace the entry, which rejects or restricts it, by the plain certificate, as the last commands do.' : `add it as a trust anchor of your own for the time being, as root or administrator. ${addIt(finding)}`}`,
    commands: lookAndAdd,
    example: {
      target: 'r1@/etc/pki/tls/certs',
      evidence: {
        ...evidence,
        store: 'redhat',
        path: '/etc/pki/tls/certs',
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
