/**
 * NIST's Public Key Interoperability Test Suite (PKITS 1.0.1): paths from its one trust anchor, judged with
 * every CRL of the suite, at the suite's default settings. Debian ships it.
 */

import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  type Certificate,
  fingerprint256,
  parseCertificate,
} from '../../checks/pki/certificate.ts';
import { buildPaths } from '../../checks/pki/chain.ts';
import type { CrlContents } from '../../checks/pki/crl-contents.ts';
import { type CrlVerdict, judgeCrl } from '../../checks/pki/crl-judge.ts';
import { readCrl } from '../../checks/pki/crl-reader.ts';
import { crlIssuersOf } from '../../checks/pki/crl-scope.ts';
import { unlessMalformed } from '../../checks/pki/der.ts';
import { sameName } from '../../checks/pki/name.ts';

const folder = '/usr/lib/python3/dist-packages/cryptography_vectors/x509/PKITS_data';
const missing = existsSync(folder) ? false : 'needs python3-cryptography-vectors';
const at = new Date('2015-06-01T00:00:00Z');

const filesIn = (name: string): string[] => (missing ? [] : readdirSync(join(folder, name)));
const certificateIn = (file: string): Certificate | undefined =>
  unlessMalformed(() => parseCertificate(readFileSync(join(folder, 'certs', file))));

const certificates = filesIn('certs').flatMap((file) => {
  const certificate = certificateIn(file);
  return certificate ? [{ file, certificate }] : [];
});
const isAnchor = (file: string): boolean => file === 'TrustAnchorRootCertificate.crt';
const anchors = certificates.flatMap((each) => (isAnchor(each.file) ? [each.certificate] : []));
const intermediates = certificates.flatMap(({ file, certificate }) =>
  isAnchor(file) || file.endsWith('EE.crt') ? [] : [certificate],
);
const crls = filesIn('crls').flatMap((file) => {
  const bytes = readFileSync(join(folder, 'crls', file));
  const contents = unlessMalformed(() => readCrl(bytes));
  return contents ? [{ bytes, contents }] : [];
});

const reasonsOf = ({ extensions }: CrlContents): readonly number[] => [
  ...(extensions.distributionPoint?.onlySomeReasons ?? []),
];

/** What the suite's CRLs say of a certificate: each complete one, with the delta CRL that applies to it. */
const verdictsOn = (certificate: Certificate): CrlVerdict[] => {
  const { issuer, serial } = certificate;
  const sources = [issuer, ...crlIssuersOf(certificate)];
  const mine = crls
    .filter(({ contents }) => sources.some((source) => sameName(source, contents.issuer)))
    .map(({ bytes }) => readCrl(bytes, { wanted: [serial] }));
  const complete = mine.filter(({ extensions }) => extensions.baseNumber === undefined);
  const deltas = mine.filter(({ extensions }) => extensions.baseNumber !== undefined);
  return complete.map((crl) => {
    const otherReasons = new Set(complete.filter((each) => each !== crl).flatMap(reasonsOf));
    const judge = (delta?: CrlContents): CrlVerdict =>
      judgeCrl(crl, {
        issuers: [...anchors, ...intermediates].filter(({ subject }) =>
          sameName(subject, crl.issuer),
        ),
        at,
        subjects: [{ serial, issuer, certificate, otherReasons }],
        ...(delta && { delta }),
      });
    return deltas.map(judge).find(({ delta }) => delta?.applies) ?? judge();
  });
};

/** Whether the certificate stands, and whoever signed the CRL that says so. */
const stands = (certificate: Certificate, asked: ReadonlySet<string> = new Set()): boolean => {
  const identity = fingerprint256(certificate.raw);
  if (asked.has(identity) || anchors.includes(certificate)) return true;
  const verdicts = verdictsOn(certificate).filter(
    ({ signer }) => signer && stands(signer, new Set([...asked, identity])),
  );
  const statuses = verdicts.flatMap(({ subjects }) => subjects.map(({ status }) => status.status));
  return statuses.includes('good') && !statuses.includes('revoked');
};

const isValid = (leaf: Certificate): boolean => {
  const { trusted, path } = buildPaths(leaf, { intermediates, anchors, at });
  return trusted && path.certificates.every((each) => stands(each));
};

/** Names that do not say what is expected: without an initial policy set the others are valid. */
const unmetPolicies = /^DifferentPoliciesTest(?:4|5|7|8|9|12)EE/;
const isExpected = (file: string): boolean =>
  !file.startsWith('Invalid') && !unmetPolicies.test(file);

/** docs/conformance.md says why. */
const differs: readonly string[] = [
  'ValidDSASignaturesTest4EE.crt', // 4.1.4
  'ValidDSAParameterInheritanceTest5EE.crt', // 4.1.5
  'ValidIDPwithindirectCRLTest22EE.crt', // 4.14.22
];

describe('PKITS', { skip: missing }, () => {
  const leaves = filesIn('certs').filter((file) => file.endsWith('EE.crt'));

  it('has all its end entities', () => assert.equal(leaves.length, 223));

  for (const file of leaves) {
    const expected = isExpected(file) && !differs.includes(file);
    it(`${file.replace('EE.crt', '')}: ${expected ? 'valid' : 'refused'}`, () => {
      const leaf = certificateIn(file);
      assert.equal(leaf !== undefined && isValid(leaf), expected);
    });
  }
});
