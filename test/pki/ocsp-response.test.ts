import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DerError, readSingle } from '../../checks/pki/der.ts';
import { judgeOcsp } from '../../checks/pki/ocsp-judge.ts';
import { parseOcspResponse } from '../../checks/pki/ocsp-response.ts';
import { oids } from '../../checks/pki/oids.ts';
import {
  bitString,
  context,
  contextPrimitive,
  enumerated,
  integer,
  nullValue,
  octetString,
  oid,
  sequence,
  tlv,
} from '../helpers/der-writer.ts';
import { ca, make, question, subject } from '../helpers/ocsp-cases.ts';
import {
  type AnswerOptions,
  type OcspOptions,
  basicResponse,
  ocspResponse,
} from '../helpers/ocsp-maker.ts';
import { testTime } from '../helpers/private-ca.ts';
import { unknownExtension } from '../helpers/x509-writer.ts';

const good = make();
const basic = basicResponse({ issuer: ca, serial: subject.serial });
const utc = tlv(0x17, Buffer.from('250603110000Z'));
const time = (text: string): Buffer => tlv(0x18, Buffer.from(text));
const signedWith = (rewrite: OcspOptions['rewrite']): Buffer =>
  make({ rewrite: rewrite ?? (() => ({})) });
const answerWith = (rewrite: AnswerOptions['rewrite']): Buffer =>
  make({ answers: [{ rewrite: rewrite ?? (() => ({})) }] });

const [tbs, algorithm, signature] = ((): Buffer[] => {
  const reader = readSingle(basic);
  return Array.from({ length: 3 }, () => Buffer.from(reader.whole(reader.read())));
})() as [Buffer, Buffer, Buffer];

/** A good BasicOCSPResponse with something after its signature. */
const basicWith = (...more: readonly Uint8Array[]): Buffer =>
  ocspResponse(0, sequence(tbs, algorithm, signature, ...more));

/** ResponseBytes that are right but for what follows. */
const basicBytes = (...more: readonly Uint8Array[]): Buffer =>
  sequence(oid(oids.ocspBasic), octetString(basic), ...more);
const revokedWith = (...more: readonly Uint8Array[]): Buffer =>
  context(1, time('20250501000000Z'), ...more);
const keyHash = octetString(ca.keyIdentifier);
const someExtensions = sequence(unknownExtension(false));

const malformed: readonly [name: string, bytes: Uint8Array][] = [
  ['nothing', new Uint8Array()],
  ['one byte', good.subarray(0, 1)],
  ['the first half', good.subarray(0, good.length / 2)],
  ['all but the last byte', good.subarray(0, -1)],
  ['a byte too many', Buffer.concat([good, Buffer.of(0)])],
  ['twice', Buffer.concat([good, good])],
  ['a page', Buffer.from('<!doctype html><title>Blocked</title>')],
  [
    'an indefinite length',
    Buffer.concat([Buffer.of(0x30, 0x80), good.subarray(4), Buffer.alloc(2)]),
  ],
  ['a length with a leading zero', Buffer.concat([Buffer.of(0x30, 0x83, 0), good.subarray(2)])],
  ['status 4, which is not used', ocspResponse(4)],
  ['status 7', ocspResponse(7)],
  ['status 17', ocspResponse(17)],
  ['a status as INTEGER', sequence(integer(1))],
  ['an error with a response', ocspResponse(1, basic)],
  ['success without a response', ocspResponse(0)],
  ['another response type', ocspResponse(0, basic, oids.ocspNonce)],
  [
    'a response that is no OCTET STRING',
    sequence(enumerated(0), context(0, sequence(oid(oids.ocspBasic), basic))),
  ],
  [
    'a response in pieces',
    sequence(
      enumerated(0),
      context(0, sequence(oid(oids.ocspBasic), tlv(0x24, octetString(basic)))),
    ),
  ],
  [
    'a field after the response',
    sequence(enumerated(0), context(0, basicBytes()), context(1, nullValue())),
  ],
  ['two responses in one tag', sequence(enumerated(0), context(0, basicBytes(), basicBytes()))],
  [
    'a field after the bytes of the response',
    sequence(enumerated(0), context(0, basicBytes(nullValue()))),
  ],
  ['two versions in one tag', signedWith(() => ({ version: context(0, integer(0), integer(0)) }))],
  ['version 2', signedWith(() => ({ version: context(0, integer(1)) }))],
  [
    'a responder of another form',
    signedWith(() => ({ responder: context(3, octetString(Buffer.alloc(20))) })),
  ],
  [
    'a responder key that is no OCTET STRING',
    signedWith(() => ({ responder: contextPrimitive(2, Buffer.alloc(20)) })),
  ],
  ['a responder with two keys', signedWith(() => ({ responder: context(2, keyHash, keyHash) }))],
  ['a responder with two names', signedWith(() => ({ responder: context(1, ca.name, ca.name) }))],
  ['producedAt as UTCTime', signedWith(() => ({ producedAt: utc }))],
  ['producedAt with a fraction', signedWith(() => ({ producedAt: time('20250603110000.5Z') }))],
  ['producedAt without seconds', signedWith(() => ({ producedAt: time('202506031100Z') }))],
  ['producedAt in a time zone', signedWith(() => ({ producedAt: time('20250603110000+0000') }))],
  ['producedAt on the 31st of June', signedWith(() => ({ producedAt: time('20250631110000Z') }))],
  ['an empty list of extensions', signedWith(() => ({ extensions: context(1, sequence()) }))],
  [
    'two lists of extensions in one tag',
    signedWith(() => ({ extensions: context(1, someExtensions, someExtensions) })),
  ],
  ['a field after the extensions', signedWith(() => ({ extensions: context(2, sequence()) }))],
  ['thisUpdate missing', answerWith(() => ({ thisUpdate: Buffer.alloc(0) }))],
  ['nextUpdate not tagged', answerWith(() => ({ nextUpdate: time('20250607110000Z') }))],
  [
    'nextUpdate twice in one tag',
    answerWith(({ nextUpdate }) => ({
      nextUpdate: context(
        0,
        Buffer.from(nextUpdate).subarray(2),
        Buffer.from(nextUpdate).subarray(2),
      ),
    })),
  ],
  [
    'a status of another form',
    answerWith(() => ({ status: contextPrimitive(3, Buffer.alloc(0)) })),
  ],
  ['good with content', answerWith(() => ({ status: contextPrimitive(0, Buffer.of(0)) }))],
  ['good, constructed', answerWith(() => ({ status: context(0) }))],
  ['revoked without a time', answerWith(() => ({ status: context(1) }))],
  [
    'revoked, primitive',
    answerWith(() => ({ status: contextPrimitive(1, time('20250501000000Z')) })),
  ],
  ['a reason as INTEGER', answerWith(() => ({ status: revokedWith(context(0, integer(1))) }))],
  [
    'two reasons in one tag',
    answerWith(() => ({ status: revokedWith(context(0, enumerated(1), enumerated(1))) })),
  ],
  [
    'revoked with a field after its reason',
    answerWith(() => ({ status: revokedWith(context(0, enumerated(1)), nullValue()) })),
  ],
  [
    'an answer with two lists of extensions in one tag',
    answerWith(() => ({ extensions: context(1, someExtensions, someExtensions) })),
  ],
  ['an answer with a field after its extensions', answerWith(() => ({ extensions: nullValue() }))],
  [
    'a CertID with a field after its serial',
    answerWith(({ certId }) => ({
      certId: sequence(Buffer.from(certId).subarray(2), nullValue()),
    })),
  ],
  [
    'a CertID without a serial',
    answerWith(({ certId }) => ({ certId: withoutLast(Buffer.from(certId)) })),
  ],
  [
    'a CertID with an empty serial',
    answerWith(({ certId }) => ({
      certId: sequence(withoutLast(Buffer.from(certId)).subarray(2), tlv(0x02)),
    })),
  ],
  [
    'a signature not of whole bytes',
    ocspResponse(0, sequence(tbs, algorithm, bitString(Buffer.of(8), 3))),
  ],
  ['certificates that are not SEQUENCEs', basicWith(context(0, sequence(integer(1))))],
  ['two lists of certificates in one tag', basicWith(context(0, sequence(), sequence()))],
  ['two lists of certificates', basicWith(context(0, sequence()), context(0, sequence()))],
  ['a field after the signature', basicWith(bitString(Buffer.of(1)))],
  [
    'more than a thousand answers',
    make({ answers: Array.from({ length: 1001 }, (_, serial) => ({ serial })) }),
  ],
];

/** The SEQUENCE without its last value, which is the serial's INTEGER. */
function withoutLast(certId: Buffer): Buffer {
  const serial = Buffer.from(question.serial);
  return sequence(certId.subarray(2, certId.length - serial.length - 2));
}

describe('a malformed response', () => {
  for (const [name, bytes] of malformed)
    it(name, () => {
      assert.throws(() => parseOcspResponse(bytes), DerError);
      const verdict = judgeOcsp(bytes, { ...question, at: testTime });
      assert.deepEqual(
        verdict.problems.map(({ code }) => code),
        ['ocsp-malformed'],
      );
      assert.equal(verdict.answer, undefined);
    });

  it('every prefix of a good one', () => {
    for (let length = 0; length < good.length; length++)
      assert.throws(() => parseOcspResponse(good.subarray(0, length)), DerError);
  });
});

describe('what is tolerated', () => {
  const cases: readonly [name: string, bytes: Uint8Array][] = [
    [
      'version 1 written out, though it is the default',
      signedWith(() => ({ version: context(0, integer(0)) })),
    ],
    ['an empty list of certificates', basicWith(context(0, sequence()))],
    ['a hundred certificates', make({ certificates: Array.from({ length: 100 }, () => ca.der) })],
    [
      'a thousand answers',
      make({
        answers: Array.from({ length: 1000 }, (_, index) => (index > 0 ? { serial: index } : {})),
      }),
    ],
  ];
  for (const [name, bytes] of cases)
    it(name, () => {
      assert.deepEqual(judgeOcsp(bytes, { ...question, at: testTime }).problems, []);
    });
});
