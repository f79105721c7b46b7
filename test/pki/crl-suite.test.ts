/** BoringSSL's CRL conformance set: 66 cases, judged at the time that the set names, at most 7 days old. */

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Certificate, parseCertificate } from '../../checks/pki/certificate.ts';
import { type CrlVerdict, judgeCrl } from '../../checks/pki/crl-judge.ts';
import { readCrl } from '../../checks/pki/crl-reader.ts';
import { DerError } from '../../checks/pki/der.ts';
import { crlDistributionPoints } from '../../checks/pki/extensions.ts';
import type { GapCode } from '../../checks/types.ts';

const folder = fileURLToPath(
  new URL('../../../shared/data/crls/boringssl-crl_unittest', import.meta.url),
);
const expectedFile = `${folder}/expected.json`;
const missing = existsSync(expectedFile) ? false : `no ${folder} beside the repository`;

interface Suite {
  readonly verify_time_unix: number;
  readonly tests: readonly {
    readonly file: string;
    readonly expected: 'good' | 'revoked' | 'bad' | 'invalid';
  }[];
}

/** Why a case is refused although it can be read: the suite says only that it is. */
const reasons: Readonly<Record<string, GapCode>> = {
  // The certificate names a cRLIssuer, whose list this is not (RFC 5280 6.3.3 (b)(1)).
  bad_crldp_has_crlissuer: 'crl-out-of-scope',
  bad_fake_critical_extension: 'crl-unsupported-extension',
  bad_fake_critical_crlentryextension: 'crl-unsupported-extension',
  bad_signature: 'crl-signature-invalid',
  bad_thisupdate_in_future: 'crl-not-yet-valid',
  bad_thisupdate_too_old: 'crl-expired',
  bad_nextupdate_too_old: 'crl-expired',
  bad_wrong_issuer: 'crl-wrong-issuer',
  bad_key_rollover_signature: 'crl-signature-invalid',
  bad_idp_contains_wrong_uri: 'crl-out-of-scope',
  // RFC 5280 5.2 does not ask a verifier to process indirect CRLs; where no certificate asks for
  // one by cRLIssuer, certready does not, as OpenSSL and Windows do not.
  bad_idp_indirectcrl: 'crl-unsupported-extension',
  bad_idp_onlycontainsusercerts: 'crl-out-of-scope',
  bad_idp_onlycontainscacerts: 'crl-out-of-scope',
  bad_idp_onlycontainscacerts_no_basic_constraints: 'crl-out-of-scope',
  bad_idp_uri_and_onlycontainsusercerts: 'crl-out-of-scope',
  bad_idp_uri_and_onlycontainscacerts: 'crl-out-of-scope',
  invalid_issuer_keyusage_no_crlsign: 'crl-signature-invalid',
  invalid_key_rollover_issuer_keyusage_no_crlsign: 'crl-signature-invalid',
  // Version 1 and 2 certificates are in neither scope (RFC 5280 5.2.5).
  invalid_idp_onlycontainsusercerts_v1_leaf: 'crl-out-of-scope',
};

const block = (text: string, label: string): Buffer | undefined => {
  const found = new RegExp(`-----BEGIN ${label}-----([^-]+)-----END ${label}-----`).exec(text)?.[1];
  return found === undefined ? undefined : Buffer.from(found, 'base64');
};

const required = (text: string, label: string): Buffer => {
  const found = block(text, label);
  assert.ok(found, `no ${label}`);
  return found;
};

const week = 7 * 24 * 60 * 60 * 1000;

interface Case {
  readonly crl: Buffer;
  readonly issuers: readonly Certificate[];
  readonly certificate: Certificate;
}

const readCase = (file: string): Case => {
  const text = readFileSync(`${folder}/${file}`, 'latin1');
  const second = block(text, 'CA CERTIFICATE 2');
  return {
    crl: required(text, 'CRL'),
    issuers: [required(text, 'CA CERTIFICATE'), ...(second ? [second] : [])].map(parseCertificate),
    certificate: parseCertificate(required(text, 'CERTIFICATE')),
  };
};

const judge = ({ crl, issuers, certificate }: Case, at: Date): CrlVerdict =>
  judgeCrl(readCrl(crl, { wanted: [certificate.serial] }), {
    issuers,
    at,
    // As a client that follows the certificate's own distribution point.
    url: crlDistributionPoints(certificate)?.[0]?.fullName?.uris[0] ?? 'http://example.com/foo.crl',
    subjects: [{ serial: certificate.serial, issuer: certificate.issuer, certificate }],
    maxAgeMs: week,
  });

describe('the CRL conformance set of BoringSSL', { skip: missing }, () => {
  const suite = missing
    ? { verify_time_unix: 0, tests: [] }
    : (JSON.parse(readFileSync(expectedFile, 'utf8')) as Suite);
  const at = new Date(suite.verify_time_unix * 1000);

  it('has 66 cases', () => assert.equal(suite.tests.length, 66));

  for (const { file, expected } of suite.tests)
    it(`${file} is ${expected}`, () => {
      const testCase = readCase(file);
      const reason = reasons[file.replace('.pem', '')];
      if (expected === 'invalid' && reason === undefined) {
        assert.throws(() => judge(testCase, at), DerError);
        return;
      }
      const { problems, subjects } = judge(testCase, at);
      const codes = problems.map(({ code }) => code);
      const revoked = expected === 'revoked' ? ['certificate-revoked'] : [];
      assert.deepEqual(codes, reason === undefined ? revoked : [reason]);
      assert.deepEqual(
        subjects.map(({ status }) => status.status),
        [expected === 'good' || expected === 'revoked' ? expected : 'unknown'],
      );
    });
});
