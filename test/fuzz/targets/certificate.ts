/** Certificates and what their extensions say. */

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { type Certificate, isSignedBy, parseCertificate } from '../../../checks/pki/certificate.ts';
import { buildPaths } from '../../../checks/pki/chain.ts';
import * as extensions from '../../../checks/pki/extensions.ts';
import { keyStrength } from '../../../checks/pki/key-strength.ts';
import { nameText } from '../../../checks/pki/name.ts';
import { oids } from '../../../checks/pki/oids.ts';
import { type Identity, testTime } from '../../helpers/private-ca.ts';
import * as write from '../../helpers/x509-writer.ts';
import {
  type FuzzTarget,
  cas,
  certificateOf,
  hexOf,
  orRefused,
  signedParts,
  url,
} from './target.ts';

const readers: readonly ((certificate: Certificate) => unknown)[] = [
  extensions.basicConstraints,
  extensions.keyUsage,
  extensions.extendedKeyUsage,
  extensions.subjectKeyIdentifier,
  extensions.authorityKeyIdentifier,
  extensions.subjectAltName,
  extensions.nameConstraints,
  extensions.crlDistributionPoints,
  extensions.freshestCrl,
  extensions.authorityInfoAccess,
];

/** Keys that OpenSSL reads with more to them than a modulus or a point. */
const unusualKeys = () => [
  generateKeyPairSync('rsa-pss', {
    modulusLength: 1024,
    hashAlgorithm: 'sha256',
    mgf1HashAlgorithm: 'sha256',
  }),
  generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' }),
  generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 }),
];

/** Certificates of every kind. */
export const certificateSeeds = (issuers: readonly Identity[]): Buffer[] =>
  issuers.flatMap((ca) => [
    ca.der,
    ca.issue({ name: 'C=BE, O=Fuzz, CN=plain', key: 'ed25519' }).der,
    ca.issue({
      name: 'C=BE, O=Fuzz, CN=everything',
      extensions: [
        write.extKeyUsage([oids.serverAuth, oids.ocspSigning]),
        write.subjectAltName(
          write.dnsName('a.example'),
          write.emailName('a@b.example'),
          write.ipName(Buffer.of(192, 0, 2, 1)),
          write.directoryName(ca.name),
        ),
        write.crlDistributionPoints({ uris: [url], reasons: [1] }, { crlIssuer: ca.name }),
        write.freshestCrl({ uris: [url] }),
        write.authorityInfoAccess({ ocsp: ['http://o/'], caIssuers: ['http://c/'] }),
        write.nameConstraints({
          permitted: [write.dnsName('example')],
          excluded: [write.uriName('x')],
        }),
      ],
    }).der,
  ]);

/** Leaves that a mutated issuer's key is tried with. */
const leavesOf = (issuers: readonly Identity[]): readonly Certificate[] =>
  issuers
    .flatMap((ca) =>
      [ca, ca].map((issuer, index) => issuer.issue({ name: 'leaf', pss: index > 0 })),
    )
    .map(certificateOf);

export const certificateTarget = (): FuzzTarget => {
  const issuers = cas();
  const [first] = issuers;
  const unusual = unusualKeys().flatMap(
    (key) => first?.issue({ name: 'odd', key, ca: true }) ?? [],
  );
  const seeds = [...certificateSeeds(issuers), ...unusual.map(({ der }) => der)];
  const leaves = leavesOf(issuers);
  const sound = signedParts(seeds.map((seed) => parseCertificate(seed).tbs));
  const certificates = issuers.map(certificateOf);
  return {
    seeds,
    run(input) {
      const certificate = orRefused(() => parseCertificate(input));
      if (!certificate) return 'refused';
      nameText(certificate.subject);
      keyStrength(certificate);
      for (const leaf of leaves) {
        orRefused(() => isSignedBy(leaf, certificate));
        buildPaths(leaf, { intermediates: [certificate], anchors: certificates, at: testTime });
      }
      const path = { intermediates: [certificate], anchors: certificates, at: testTime };
      const { trusted } = buildPaths(certificate, path);
      assert.ok(!trusted || sound.has(hexOf(certificate.tbs)), 'a changed certificate is trusted');
      for (const read of readers) orRefused(() => read(certificate));
      const signed = certificates.some(
        (issuer) => orRefused(() => isSignedBy(certificate, issuer)) === true,
      );
      assert.ok(!signed || sound.has(hexOf(certificate.tbs)), 'a changed certificate verifies');
      return signed ? 'believed' : 'unbelieved';
    },
  };
};
