import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Certificate, parseCertificate } from '../../checks/pki/certificate.ts';
import { DerError } from '../../checks/pki/der.ts';
import { judgeOcsp, ocspEvidence } from '../../checks/pki/ocsp-judge.ts';
import { buildOcspRequest } from '../../checks/pki/ocsp-request.ts';
import { serialBytes } from '../../checks/pki/values.ts';

const data = fileURLToPath(new URL('../../../shared/data/', import.meta.url));
const suite = join(data, 'ocsp/boringssl-ocsp_unittest');
const chain = join(data, 'chains/ov-g3-azure-2021');
const missing = (folder: string): string | false =>
  existsSync(folder) ? false : `needs the data set ${folder}`;

const block = (text: string, label: string): Buffer => {
  const match = new RegExp(`-----BEGIN ${label}-----([^-]+)-----END ${label}-----`).exec(text);
  if (match?.[1] === undefined) throw new Error(`no ${label}`);
  return Buffer.from(match[1], 'base64');
};

/** What ours calls each outcome of the suite: the gap codes that it may give. */
const codes = {
  GOOD: [],
  REVOKED: ['certificate-revoked'],
  UNKNOWN: ['ocsp-unknown'],
  ERROR_RESPONSE: ['ocsp-error'],
  PARSE_RESPONSE_ERROR: ['ocsp-malformed'],
  PARSE_RESPONSE_DATA_ERROR: ['ocsp-malformed'],
  NO_MATCHING_RESPONSE: ['ocsp-certificate-mismatch'],
  UNHANDLED_CRITICAL_EXTENSION: ['ocsp-malformed'],
  INVALID_DATE: ['ocsp-expired', 'ocsp-not-yet-valid'],
  BAD_PRODUCED_AT: ['ocsp-certificate-mismatch', 'ocsp-not-yet-valid'],
  /** The suite says UNKNOWN and leaves open why; the file's name says it. */
  bad_signature: ['ocsp-signature-invalid'],
  ocsp_sign_bad_indirect: ['ocsp-responder-unauthorized'],
  ocsp_sign_indirect_missing: ['ocsp-responder-unauthorized'],
} as const satisfies Record<string, readonly string[]>;

interface Case {
  readonly file: string;
  readonly revocation_status: 'GOOD' | 'REVOKED' | 'UNKNOWN';
  readonly response_status: string;
}

const expectedCodes = ({ file, revocation_status, response_status }: Case): readonly string[] => {
  const table: Readonly<Record<string, readonly string[]>> = codes;
  const name = file.replace('.pem', '');
  const outcome = response_status === 'PROVIDED' ? revocation_status : response_status;
  return table[name] ?? table[outcome] ?? assert.fail(`no outcome ${outcome}`);
};

/** The suite's certificate with the serial 00 05 is no DER: its serial is given as it stands instead. */
const subjectOf = (der: Uint8Array): { serial: Uint8Array; certificate?: Certificate } => {
  try {
    const certificate = parseCertificate(der);
    return { serial: certificate.serial, certificate };
  } catch (error) {
    assert.ok(error instanceof DerError);
    return { serial: Uint8Array.of(0, 5) };
  }
};

describe('the boringssl OCSP suite', { skip: missing(suite) }, () => {
  if (missing(suite) !== false) return;
  const { tests, verify_time } = JSON.parse(readFileSync(join(suite, 'expected.json'), 'utf8')) as {
    tests: Case[];
    verify_time: string;
  };

  it('has a case for every file', () => {
    const files = readdirSync(suite).filter((name) => name.endsWith('.pem'));
    assert.deepEqual(tests.map(({ file }) => file).sort(), files.sort());
    assert.equal(tests.length, 36);
  });

  for (const test of tests)
    it(test.file, () => {
      const text = readFileSync(join(suite, test.file), 'utf8');
      const issuer = parseCertificate(block(text, 'CA CERTIFICATE'));
      const question = { issuer, ...subjectOf(block(text, 'CERTIFICATE')) };
      const verdict = judgeOcsp(block(text, 'OCSP RESPONSE'), {
        ...question,
        at: new Date(verify_time),
        maxAge: 7 * 24 * 3600_000,
      });
      const found = verdict.problems.map(({ code }) => code);
      const expected = expectedCodes(test);
      if (expected.length === 0) assert.deepEqual(found, []);
      else {
        assert.equal(found.length, 1);
        assert.ok(expected.includes(found[0] ?? ''), `${found[0]} for ${test.response_status}`);
      }
      const authentic = verdict.signature === 'valid' && verdict.answer !== undefined;
      if (test.revocation_status === 'GOOD') assert.equal(verdict.answer?.status, 'good');
      assert.equal(ocspEvidence(verdict)['certStatus'] !== undefined, authentic);
      assert.deepEqual(
        Buffer.from(buildOcspRequest({ ...question, hash: 'sha1' })),
        block(text, 'OCSP REQUEST'),
      );
    });
});

describe('a real responder of 2022', { skip: missing(chain) }, () => {
  if (missing(chain) !== false) return;
  const issuer = parseCertificate(
    block(readFileSync(join(chain, 'issuer.crt.pem'), 'latin1'), 'CERTIFICATE'),
  );
  const certificate = parseCertificate(
    block(readFileSync(join(chain, '5615310882.crt.pem'), 'latin1'), 'CERTIFICATE'),
  );
  const question = { issuer, serial: certificate.serial, certificate };

  for (const hash of ['sha1', 'sha256'] as const) {
    const suffix = hash === 'sha1' ? '' : '.sha256';
    const response = readFileSync(join(chain, `ocspResponse${suffix}.der`));

    it(`is asked by ${hash} with the bytes that it was asked by`, () => {
      assert.deepEqual(
        Buffer.from(buildOcspRequest({ ...question, hash })),
        readFileSync(join(chain, `ocspRequest${suffix}.der`)),
      );
      assert.deepEqual(serialBytes(certificate.serialHex), Buffer.from(certificate.serial));
    });

    it(`answers a ${hash} CertID by key hash, through a delegate`, () => {
      const verdict = judgeOcsp(response, { ...question, at: new Date('2022-01-14T02:00:00Z') });
      assert.deepEqual(verdict.problems, []);
      const evidence = ocspEvidence(verdict);
      assert.deepEqual(
        [
          'certStatus',
          'thisUpdate',
          'nextUpdate',
          'responder',
          'delegated',
          'hash',
          'signature',
        ].map((key) => evidence[key]),
        [
          'good',
          '2022-01-14T01:46:39.000Z',
          '2022-01-18T01:46:39.000Z',
          '9A42DA8701267F39118AB7FCE47C72D963E90450',
          true,
          hash,
          'valid',
        ],
      );
    });

    it(`is out of date after nextUpdate, and not yet in date before thisUpdate (${hash})`, () => {
      const codesAt = (at: string) =>
        judgeOcsp(response, { ...question, at: new Date(at) }).problems.map(({ code }) => code);
      assert.deepEqual(codesAt('2022-01-18T01:51:39Z'), []);
      assert.deepEqual(codesAt('2022-01-18T01:51:40Z'), ['ocsp-expired']);
      assert.deepEqual(codesAt('2022-01-14T01:41:39Z'), []);
      assert.deepEqual(codesAt('2022-01-14T01:41:38Z'), ['ocsp-not-yet-valid']);
    });
  }
});
