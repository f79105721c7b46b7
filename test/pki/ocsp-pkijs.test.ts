/**
 * pkijs as a witness: where it can judge a response at all (a delegate signed, its certificate is sent
 * along, and it is in date), it says the same. It looks neither at the times nor at critical extensions.
 */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BasicOCSPResponse, Certificate, OCSPRequest, OCSPResponse } from 'pkijs';
import { parseCertificate } from '../../checks/pki/certificate.ts';
import { judgeOcsp } from '../../checks/pki/ocsp-judge.ts';
import { buildOcspRequest } from '../../checks/pki/ocsp-request.ts';
import { oids } from '../../checks/pki/oids.ts';
import { type OcspOptions, makeDelegate, makeOcsp } from '../helpers/ocsp-maker.ts';
import { flippedLastByte, makeCa, testTime } from '../helpers/private-ca.ts';
import type { KeyKind } from '../helpers/signing.ts';
import { extKeyUsage } from '../helpers/x509-writer.ts';

const statuses = ['good', 'revoked', 'unknown'] as const;

const made = (key: KeyKind) => {
  const ca = makeCa({ name: 'C=BE, O=Example, CN=Issuing CA', key });
  const subject = ca.issue({ name: 'mx.example.org' });
  return { ca, subject, delegate: makeDelegate(ca, { key }) };
};

/** The status that pkijs reads, and whether it takes the signer for one who may answer. */
const witness = async (
  response: Uint8Array,
  issuer: Uint8Array,
  subject: Uint8Array,
): Promise<{ status: string; verified: boolean }> => {
  const issuerCertificate = Certificate.fromBER(issuer);
  const { responseBytes } = OCSPResponse.fromBER(response);
  assert.ok(responseBytes);
  const basic = BasicOCSPResponse.fromBER(responseBytes.response.valueBlock.valueHexView);
  const found = await basic.getCertificateStatus(Certificate.fromBER(subject), issuerCertificate);
  const trusted = { trustedCerts: [issuerCertificate], issuerCerts: [issuerCertificate] };
  const verified = await basic.verify(trusted).catch(() => false);
  return {
    status: found.isForCertificate ? (statuses[found.status] ?? '') : 'another certificate',
    verified,
  };
};

describe('pkijs says the same', () => {
  for (const key of ['rsa', 'p256', 'p384'] as const) {
    const { ca, subject, delegate } = made(key);
    const question = {
      issuer: parseCertificate(ca.der),
      serial: parseCertificate(subject.der).serial,
    };
    for (const status of statuses)
      for (const hash of ['sha1', 'sha256'] as const)
        for (const responder of ['key', 'name'] as const)
          it(`of ${status} by ${key}, ${hash}, responder by ${responder}`, async () => {
            const answers = [{ status, hash }];
            const options: OcspOptions = {
              issuer: ca,
              serial: subject.serial,
              signer: delegate,
              responder,
              answers,
            };
            const response = makeOcsp(options);
            const verdict = judgeOcsp(response, { ...question, at: testTime });
            assert.deepEqual(await witness(response, ca.der, subject.der), {
              status: verdict.answer?.status,
              verified: verdict.signature === 'valid',
            });
          });
  }

  const { ca, subject, delegate } = made('p256');
  const stranger = makeCa({ name: 'Stranger' });
  const server = ca.issue({ name: 'server', extensions: [extKeyUsage([oids.serverAuth])] });
  const refused: readonly [string, Partial<OcspOptions>][] = [
    ['a broken signature', { signer: delegate, signature: flippedLastByte }],
    ['a signer for servers', { signer: server }],
    ['a delegate of another CA', { signer: makeDelegate(stranger) }],
  ];
  for (const [name, options] of refused)
    it(`of ${name}: refused`, async () => {
      const response = makeOcsp({ issuer: ca, serial: subject.serial, ...options });
      const verdict = judgeOcsp(response, {
        issuer: parseCertificate(ca.der),
        serial: parseCertificate(subject.der).serial,
        at: testTime,
      });
      assert.notEqual(verdict.signature, 'valid');
      assert.equal((await witness(response, ca.der, subject.der)).verified, false);
    });

  for (const hash of ['sha1', 'sha256'] as const)
    it(`of a request by ${hash}`, async () => {
      const theirs = new OCSPRequest();
      await theirs.createForCertificate(Certificate.fromBER(subject.der), {
        hashAlgorithm: hash === 'sha1' ? 'SHA-1' : 'SHA-256',
        issuerCertificate: Certificate.fromBER(ca.der),
      });
      const certificate = parseCertificate(subject.der);
      const issuer = parseCertificate(ca.der);
      const ours = buildOcspRequest({ issuer, certificate, serial: certificate.serial, hash });
      assert.deepEqual(Buffer.from(ours), Buffer.from(theirs.toSchema(true).toBER()));
    });
});
