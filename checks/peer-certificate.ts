/** Is the certificate that a mail host presents the one that was announced: its names, organization and key? */

import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import type { Certificate } from './pki/certificate.ts';
import { unlessMalformed } from './pki/der.ts';
import { subjectAltName } from './pki/extensions.ts';
import { isStrongEnough, keyStrength } from './pki/key-strength.ts';
import { nameTypes, nameValues } from './pki/name.ts';
import { matchServerName } from './pki/server-name.ts';
import type { PeerFault } from './peer-chain.ts';
import type { ExpectedPeer } from './types.ts';

const maxNamesShown = 20;

/** The names that the certificate speaks for, as far as they are DNS names. */
export const certificateNames = (certificate: Certificate): readonly string[] =>
  // Of malformed ones path validation says so
  (unlessMalformed(() => subjectAltName(certificate))?.dnsNames ?? []).slice(0, maxNamesShown);

const isUnder = (host: string, name: string): boolean => {
  const [own, above] = [host.toLowerCase(), name.toLowerCase().replace(/\.$/, '')];
  return own === above || own.endsWith(`.${above.replace(/^\*\./, '')}`);
};

/** As certificates have names; an address stays as it is. */
const inALabels = (host: string): string => domainToASCII(host) || host;

/**
 * The announced names are what counts, as with a connector's TlsDomain or Postfix's `match`: one of them
 * must be in the certificate, or the host's own name where that lies under one of them. Where the profile
 * announces none, the host's name is due; an address without announced names is not judged.
 */
const nameFaults = (
  certificate: Certificate,
  host: string,
  announced: readonly string[],
): readonly PeerFault[] => {
  const own = inALabels(host.replace(/\.$/, ''));
  const due =
    announced.length === 0
      ? [own].filter((name) => isIP(name) === 0)
      : [...announced, ...[own].filter((name) => announced.some((each) => isUnder(name, each)))];
  const matches = due.map((name) => matchServerName(certificate, name));
  if (due.length === 0 || matches.includes('matches')) return [];
  const names = certificateNames(certificate);
  return [
    {
      code: 'name-mismatch',
      evidence: {
        expected: [...new Set(due)],
        found: names.length > 0 ? names : nameValues(certificate.subject, nameTypes.commonName),
        ...(matches.includes('common-name-only') && {
          reason: 'the name stands in the common name only, which verifiers do not look at',
        }),
      },
    },
  ];
};

const folded = (text: string): string => text.trim().replace(/\s+/g, ' ').toLowerCase();

const organizationFaults = (certificate: Certificate, expected: string): readonly PeerFault[] => {
  const found = nameValues(certificate.subject, nameTypes.organization);
  return found.some((value) => folded(value) === folded(expected))
    ? []
    : [
        {
          code: 'organization-mismatch',
          evidence: { expected, found: found.length > 0 ? found : 'none' },
        },
      ];
};

const keyFaults = (certificate: Certificate, required: number): readonly PeerFault[] => {
  const strength = keyStrength(certificate);
  const { type, bits } = strength;
  return isStrongEnough(strength, required)
    ? []
    : [{ code: 'key-too-weak', evidence: { keyBits: bits, keyType: type, expected: required } }];
};

export const judgePeerCertificate = (
  certificate: Certificate,
  host: string,
  { names = [], organization, keyBits }: Partial<ExpectedPeer>,
): readonly PeerFault[] => [
  ...nameFaults(certificate, host, names),
  ...(organization === undefined ? [] : organizationFaults(certificate, organization)),
  ...(keyBits === undefined ? [] : keyFaults(certificate, keyBits)),
];
