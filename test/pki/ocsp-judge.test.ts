import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseCertificate } from '../../checks/pki/certificate.ts';
import { judgeOcsp, ocspEvidence } from '../../checks/pki/ocsp-judge.ts';
import { oids } from '../../checks/pki/oids.ts';
import type { Evidence, GapCode } from '../../checks/types.ts';
import { context, enumerated, generalizedTime, nullValue } from '../helpers/der-writer.ts';
import { answering, ca, judges, make, question, subject } from '../helpers/ocsp-cases.ts';
import {
  type AnswerOptions,
  certId,
  makeDelegate,
  makeOcsp,
  ocspResponse,
  responseStatuses,
} from '../helpers/ocsp-maker.ts';
import { makeCa, testTime } from '../helpers/private-ca.ts';
import { extension, nameOf } from '../helpers/x509-writer.ts';

const rsaCa = makeCa({ name: 'RSA CA', key: 'rsa' });
const otherCa = makeCa({ name: 'Another CA' });
/** The same name, another key. */
const twin = makeCa({ name: 'C=BE, O=Example, CN=Issuing CA' });

describe('response status', () => {
  const cases: readonly [keyof typeof responseStatuses, GapCode][] = [
    ['malformedRequest', 'ocsp-error'],
    ['internalError', 'ocsp-error'],
    ['tryLater', 'ocsp-try-later'],
    ['sigRequired', 'ocsp-error'],
    ['unauthorized', 'ocsp-unauthorized'],
  ];
  for (const [responseStatus, code] of cases)
    judges(responseStatus, {
      response: ocspResponse(responseStatuses[responseStatus]),
      codes: [code],
      evidence: { responseStatus, certStatus: undefined, signature: 'unchecked' },
    });
  it('is tested for every status of RFC 6960 but successful', () => {
    assert.equal(cases.length + 1, Object.keys(responseStatuses).length);
  });
});

describe('certificate status', () => {
  judges('good', {
    response: make(),
    evidence: {
      responseStatus: 'successful',
      certStatus: 'good',
      producedAt: '2025-06-03T11:00:00.000Z',
      thisUpdate: '2025-06-03T11:00:00.000Z',
      nextUpdate: '2025-06-07T11:00:00.000Z',
      responder: ca.keyIdentifier.toString('hex').toUpperCase(),
      delegated: false,
      signature: 'valid',
      hash: 'sha1',
    },
  });
  judges('revoked', {
    response: answering({ status: 'revoked' }),
    codes: ['certificate-revoked'],
    evidence: { certStatus: 'revoked', revokedAt: '2025-05-01T00:00:00.000Z', reason: undefined },
  });
  judges('revoked for a reason', {
    response: answering({ status: 'revoked', reason: 1 }),
    codes: ['certificate-revoked'],
    evidence: { reason: 'keyCompromise' },
  });
  judges('on hold, which is revoked', {
    response: answering({ status: 'revoked', reason: 6 }),
    codes: ['certificate-revoked'],
    evidence: { reason: 'certificateHold' },
  });
  judges('revoked for a reason that RFC 5280 does not have', {
    response: answering({ status: 'revoked', reason: 7 }),
    codes: ['certificate-revoked'],
    evidence: { reason: 'reason 7' },
  });
  const epoch = generalizedTime(new Date(0));
  const onHold = context(1, epoch, context(0, enumerated(6)));
  const extended = extension(oids.ocspExtendedRevoke, nullValue());
  const neverIssued = 'the responder knows of no such certificate';
  const revokedSo: readonly [string, Uint8Array, readonly Uint8Array[], string | undefined][] = [
    ['as one that was never issued (RFC 6960 2.2)', onHold, [extended], neverIssued],
    ['so, without the extension that says it', onHold, [], 'certificateHold'],
    ['at that time, for no reason', context(1, epoch), [extended], undefined],
    [
      'on hold at another time',
      context(1, generalizedTime(new Date(1000)), context(0, enumerated(6))),
      [extended],
      'certificateHold',
    ],
  ];
  for (const [name, status, extensions, reason] of revokedSo)
    judges(`revoked ${name}`, {
      response: make({ answers: [{ status }], extensions }),
      codes: ['certificate-revoked'],
      evidence: { reason },
    });
  judges('unknown, which is not revoked', {
    response: answering({ status: 'unknown' }),
    codes: ['ocsp-unknown'],
    evidence: { certStatus: 'unknown' },
  });
});

describe('CertID', () => {
  for (const hash of ['sha1', 'sha256', 'sha384', 'sha512'] as const)
    judges(hash, { response: answering({ hash }), evidence: { hash, certStatus: 'good' } });

  const mismatches: readonly [string, readonly AnswerOptions[], string][] = [
    ['no answer at all', [], 'no answer'],
    ['another serial', [{ serial: subject.serial + 1n }], 'serial number'],
    ['the same serial of another CA', [{ issuer: otherCa }], 'issuer name'],
    ["the CA's name with another key", [{ issuer: twin }], 'issuer key'],
    ["the CA's key with another name", [{ issuer: { ...ca, name: otherCa.name } }], 'issuer name'],
    ['a hash that is refused', [{ hash: 'md5' }], 'hash algorithm'],
    [
      'the serial after a zero byte',
      [{ serial: Buffer.concat([Buffer.of(0), question.serial]) }],
      'serial number',
    ],
  ];
  for (const [name, answers, reason] of mismatches)
    judges(name, {
      response: answering(...answers),
      codes: ['ocsp-certificate-mismatch'],
      evidence: {
        reason: answers.length === 0 ? reason : `another ${reason}`,
        certStatus: undefined,
        answers: answers.length,
      },
    });

  const padded = Uint8Array.of(0, 5);
  judges('a serial after a zero byte, where the certificate has it so', {
    response: make({ serial: padded }),
    expect: { serial: padded },
  });
  judges('hash parameters left out', {
    response: answering({
      rewrite: () => ({ certId: certId(ca, subject.serial, { parameters: Buffer.alloc(0) }) }),
    }),
  });

  const shouted = nameOf('C=BE, O=EXAMPLE, CN=ISSUING CA');
  const shouting = ca.issue({ name: 'mx.example.org', rewrite: () => ({ issuer: shouted }) });
  judges("the issuer's name as the certificate writes it, not as the issuer does", {
    response: answering({ serial: shouting.serial, issuer: { ...ca, name: shouted } }),
    expect: {
      serial: parseCertificate(shouting.der).serial,
      certificate: parseCertificate(shouting.der),
    },
  });
  judges('one of many', {
    response: answering(
      ...Array.from({ length: 500 }, (_, index) => ({ serial: 0x500000 + index })),
      {},
    ),
  });
});

describe('evidence', () => {
  judges('a SHA-1 signature is weak, and still one', {
    response: makeOcsp({
      issuer: rsaCa,
      serial: 7,
      hash: 'sha1',
    }),
    expect: { issuer: parseCertificate(rsaCa.der), serial: Uint8Array.of(7) },
    evidence: { weak: true, signatureAlgorithm: 'sha1WithRSAEncryption', certStatus: 'good' },
  });
  judges('names the responder as it names itself', {
    response: make({ responder: 'name' }),
    evidence: { responder: 'C=BE, O=Example, CN=Issuing CA' },
  });

  const whole = (response: Uint8Array): Evidence =>
    ocspEvidence(judgeOcsp(response, { ...question, at: testTime }));
  const delegate = makeDelegate(ca, { name: 'CN=Delegate' });
  const said = {
    responseStatus: 'successful',
    producedAt: '2025-06-03T11:00:00.000Z',
    responder: delegate.keyIdentifier.toString('hex').toUpperCase(),
  };

  it('is all that a revoked answer by a delegate says', () => {
    const answers = [{ status: 'revoked', reason: 1, nextUpdate: null }] as const;
    assert.deepEqual(whole(make({ signer: delegate, answers })), {
      ...said,
      certStatus: 'revoked',
      revokedAt: '2025-05-01T00:00:00.000Z',
      reason: 'keyCompromise',
      thisUpdate: '2025-06-03T11:00:00.000Z',
      nextUpdate: null,
      hash: 'sha1',
      delegated: true,
      delegate: 'CN=Delegate',
      delegateRevocation: 'nocheck',
      signature: 'valid',
      signatureAlgorithm: 'ecdsa-with-SHA256',
    });
  });
  it('has no answer where there is none to believe', () => {
    assert.deepEqual(whole(make({ signer: delegate, serial: 9 })), {
      ...said,
      signature: 'unchecked',
    });
    const late = makeDelegate(ca, { key: delegate, notAfter: new Date('2025-06-01T00:00:00Z') });
    assert.deepEqual(whole(make({ signer: late })), {
      ...said,
      signature: 'unchecked',
      signatureAlgorithm: 'ecdsa-with-SHA256',
    });
    assert.deepEqual(whole(Buffer.of(0x30, 0)), { signature: 'unchecked' });
  });
});
