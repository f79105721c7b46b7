import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CrlFrame, scanFrame } from '../../checks/pki/crl-frame.ts';
import { readCrl } from '../../checks/pki/crl-reader.ts';
import { DerError, readSingle } from '../../checks/pki/der.ts';
import { oids } from '../../checks/pki/oids.ts';
import { piecesOf } from '../helpers/chunks.ts';
import {
  boolean,
  context,
  contextPrimitive,
  enumerated,
  integer,
  nullValue,
  octetString,
  oid,
  sequence,
  tlv,
  utcTime,
} from '../helpers/der-writer.ts';
import { type CrlOptions, type CrlParts, makeCa } from '../helpers/private-ca.ts';
import {
  crlNumber,
  deltaCrlIndicator,
  directoryName,
  extension,
  issuingDistributionPoint,
  nameOf,
  reasonCode,
  unknownExtension,
  uriName,
} from '../helpers/x509-writer.ts';
import { readPieces } from '../helpers/read-pieces.ts';

const ca = makeCa({ name: 'C=BE, O=Test, CN=CA', key: 'p256' });
const none = Buffer.alloc(0);
const date = new Date('2024-05-06T07:08:09Z');
const serial = Buffer.from('1122334455667788', 'hex');

type Rewrite = (parts: CrlParts) => Partial<CrlParts>;
const entry = (...parts: readonly Uint8Array[]): Partial<CrlParts> => ({
  revoked: sequence(sequence(...parts)),
});
const extensions = (...list: readonly Uint8Array[]): Partial<CrlParts> => ({
  extensions: context(0, sequence(...list)),
});
const entryExtension = (...list: readonly Uint8Array[]): Partial<CrlParts> =>
  entry(integer(1), utcTime(date), sequence(...list));
const overLong = (value: Uint8Array): Buffer =>
  Buffer.concat([Buffer.of(value[0] ?? 0, 0x81), value.subarray(1)]);
const time = (text: string): Buffer => tlv(0x17, Buffer.from(text, 'latin1'));

const malformed: readonly [name: string, rewrite: Rewrite][] = [
  ['version 1 written out', () => ({ version: integer(0) })],
  ['version 3', () => ({ version: integer(2) })],
  ['a version of two bytes', () => ({ version: integer(Buffer.of(0, 1)) })],
  ['extensions in version 1', () => ({ version: none })],
  [
    'entry extensions in version 1',
    () => ({ version: none, extensions: none, ...entryExtension(reasonCode(1)) }),
  ],
  ['no algorithm', () => ({ algorithm: none })],
  [
    'another algorithm inside than outside',
    () => ({ algorithm: sequence(oid('1.2.840.10045.4.3.3')) }),
  ],
  [
    'the algorithm inside with a NULL',
    () => ({ algorithm: sequence(oid('1.2.840.10045.4.3.2'), nullValue()) }),
  ],
  ['no issuer', () => ({ issuer: none })],
  ['an empty issuer', () => ({ issuer: sequence() })],
  ['no thisUpdate', () => ({ thisUpdate: none, nextUpdate: none })],
  ['a thisUpdate that is no time', () => ({ thisUpdate: integer(1) })],
  [
    'three times in version 1',
    ({ nextUpdate }) => ({
      version: none,
      extensions: none,
      nextUpdate: Buffer.concat([nextUpdate, nextUpdate]),
    }),
  ],
  ['three times', (parts) => ({ nextUpdate: Buffer.concat([parts.nextUpdate, parts.nextUpdate]) })],
  ['a time without seconds', () => ({ nextUpdate: time('2506010000Z') })],
  ['an empty list of revoked certificates', () => ({ revoked: sequence() })],
  [
    'two lists of revoked certificates',
    () => ({
      revoked: Buffer.concat([
        sequence(sequence(integer(1), utcTime(date))),
        sequence(sequence(integer(1), utcTime(date))),
      ]),
    }),
  ],
  ['a list that is a SET', () => ({ revoked: tlv(0x31, sequence(integer(1), utcTime(date))) })],
  [
    'a list with an over-long length',
    () => ({ revoked: overLong(sequence(sequence(integer(1), utcTime(date)))) }),
  ],
  [
    'a list with an indefinite length',
    () => ({
      revoked: Buffer.concat([
        Buffer.of(0x30, 0x80),
        sequence(integer(1), utcTime(date)),
        Buffer.of(0, 0),
      ]),
    }),
  ],
  ['an entry that is no SEQUENCE', () => ({ revoked: sequence(integer(1)) })],
  [
    'an entry with an over-long length',
    () => ({ revoked: sequence(overLong(sequence(integer(1), utcTime(date)))) }),
  ],
  ['an empty entry', () => entry()],
  ['an entry without a date', () => entry(integer(1))],
  [
    'an entry with bytes left over',
    () => entry(integer(1), utcTime(date), sequence(reasonCode(1)), nullValue()),
  ],
  ['an entry with a value after its date', () => entry(integer(1), utcTime(date), nullValue())],
  ['an empty serial number', () => entry(integer(none), utcTime(date))],
  ['a serial number with a leading 00', () => entry(integer(Buffer.of(0, 1)), utcTime(date))],
  ['a serial number with a leading FF', () => entry(integer(Buffer.of(0xff, 0x80)), utcTime(date))],
  ['a serial number with an over-long length', () => entry(overLong(integer(1)), utcTime(date))],
  ['a serial number that is an OCTET STRING', () => entry(octetString(serial), utcTime(date))],
  ['a revocation date that does not exist', () => entry(integer(1), time('250230000000Z'))],
  ['a revocation date with letters', () => entry(integer(1), time('25O601000000Z'))],
  ['a revocation date with an offset', () => entry(integer(1), time('250601000000+0000'))],
  ['a revocation date without Z', () => entry(integer(1), time('2506010000000'))],
  ['an empty list of entry extensions', () => entryExtension()],
  [
    'entry extensions that are a SET',
    () => entry(integer(1), utcTime(date), tlv(0x31, reasonCode(1))),
  ],
  ['an entry extension twice', () => entryExtension(reasonCode(1), reasonCode(1))],
  [
    'an unknown entry extension twice',
    () => entryExtension(unknownExtension(false), unknownExtension(false)),
  ],
  ['an entry extension without a value', () => entryExtension(sequence(oid(oids.reasonCode)))],
  [
    'an entry extension with FALSE written out',
    () =>
      entryExtension(sequence(oid(oids.reasonCode), boolean(false), octetString(enumerated(1)))),
  ],
  [
    'an entry extension with a boolean of 01',
    () =>
      entryExtension(
        sequence(oid(oids.reasonCode), tlv(1, Buffer.of(1)), octetString(enumerated(1))),
      ),
  ],
  [
    'an entry extension with bytes left over',
    () => entryExtension(sequence(oid(oids.reasonCode), octetString(enumerated(1)), nullValue())),
  ],
  ['a reason that is an INTEGER', () => entryExtension(extension(oids.reasonCode, integer(1)))],
  [
    'a reason of two bytes',
    () => entryExtension(extension(oids.reasonCode, tlv(0x0a, Buffer.of(0, 1)))),
  ],
  ['a negative reason', () => entryExtension(extension(oids.reasonCode, enumerated(-1)))],
  ['an empty reason', () => entryExtension(extension(oids.reasonCode, none))],
  [
    'bytes after a reason',
    () => entryExtension(extension(oids.reasonCode, Buffer.concat([enumerated(1), nullValue()]))),
  ],
  [
    'an invalidity date as UTCTime',
    () => entryExtension(extension(oids.invalidityDate, utcTime(date))),
  ],
  [
    'an invalidity date that does not exist',
    () => entryExtension(extension(oids.invalidityDate, tlv(0x18, Buffer.from('20250230000000Z')))),
  ],
  [
    'a certificate issuer without a directory name',
    () => entryExtension(extension(oids.certificateIssuer, sequence(uriName('http://a')), true)),
  ],
  [
    'a certificate issuer with a broken name',
    () =>
      entryExtension(extension(oids.certificateIssuer, sequence(directoryName(nullValue())), true)),
  ],
  [
    'an unknown entry extension with a broken OID',
    () => entryExtension(sequence(tlv(6, Buffer.of(0x2a, 0x80)), octetString())),
  ],
  ['extensions without a list', () => ({ extensions: context(0) })],
  ['an empty list of extensions', () => extensions()],
  [
    'two lists of extensions',
    () => ({ extensions: context(0, sequence(crlNumber(1)), sequence(crlNumber(1))) }),
  ],
  [
    'extensions twice',
    (parts) => ({ extensions: Buffer.concat([parts.extensions, parts.extensions]) }),
  ],
  ['an extension twice', () => extensions(crlNumber(1), crlNumber(1))],
  [
    'extensions before the list',
    (parts) => ({
      revoked: parts.extensions,
      extensions: sequence(sequence(integer(1), utcTime(date))),
    }),
  ],
  ['a negative CRL number', () => extensions(extension(oids.crlNumber, integer(-1)))],
  ['a CRL number of -128', () => extensions(extension(oids.crlNumber, integer(-128)))],
  ['a CRL number of 21 bytes', () => extensions(crlNumber(2n ** 160n))],
  ['a CRL number of 21 bytes, its first bit set', () => extensions(crlNumber(2n ** 168n - 1n))],
  [
    'a CRL number that is an OCTET STRING',
    () => extensions(extension(oids.crlNumber, octetString())),
  ],
  [
    'bytes after the CRL number',
    () => extensions(extension(oids.crlNumber, Buffer.concat([integer(1), nullValue()]))),
  ],
  ['a negative base number', () => extensions(deltaCrlIndicator(-1))],
  [
    'an empty issuingDistributionPoint',
    () => extensions(extension(oids.issuingDistributionPoint, sequence(), true)),
  ],
  [
    'an issuingDistributionPoint of two kinds',
    () =>
      extensions(
        issuingDistributionPoint({ onlyContainsUserCerts: true, onlyContainsCACerts: true }),
      ),
  ],
  [
    'an issuingDistributionPoint with FALSE written out',
    () =>
      extensions(
        extension(oids.issuingDistributionPoint, sequence(contextPrimitive(1, Buffer.of(0))), true),
      ),
  ],
  [
    'an issuingDistributionPoint out of order',
    () =>
      extensions(
        extension(
          oids.issuingDistributionPoint,
          sequence(contextPrimitive(4, Buffer.of(0xff)), contextPrimitive(1, Buffer.of(0xff))),
          true,
        ),
      ),
  ],
  [
    'an issuingDistributionPoint with two names',
    () =>
      extensions(
        extension(
          oids.issuingDistributionPoint,
          sequence(context(0, context(0, uriName('a')), context(0, uriName('b')))),
          true,
        ),
      ),
  ],
  [
    'an issuingDistributionPoint with an empty name',
    () =>
      extensions(extension(oids.issuingDistributionPoint, sequence(context(0, context(0))), true)),
  ],
  [
    'a malformed authorityKeyIdentifier',
    () => extensions(extension(oids.authorityKeyIdentifier, octetString())),
  ],
  ['a malformed freshestCRL', () => extensions(extension(oids.freshestCrl, sequence(integer(1))))],
];

const framed: readonly [name: string, options: CrlOptions][] = [
  [
    'another algorithm outside than inside',
    { outerAlgorithm: sequence(oid('1.2.840.10045.4.3.3')) },
  ],
  [
    'the algorithm outside with a NULL',
    { outerAlgorithm: sequence(oid('1.2.840.10045.4.3.2'), nullValue()) },
  ],
  [
    'RSA with parameters',
    {
      rewrite: () => ({ algorithm: sequence(oid('1.2.840.113549.1.1.11'), integer(1)) }),
      outerAlgorithm: sequence(oid('1.2.840.113549.1.1.11'), integer(1)),
    },
  ],
];

const around: readonly [name: string, change: (crl: Buffer) => Buffer][] = [
  ['nothing', () => none],
  ['bytes after it', (crl) => Buffer.concat([crl, Buffer.of(0)])],
  ['a second CRL after it', (crl) => Buffer.concat([crl, crl])],
  [
    'a field after the signature',
    (crl) => sequence(crl.subarray(readSingle(crl).offset), nullValue()),
  ],
  ['an outer SET', (crl) => Buffer.concat([Buffer.of(0x31), crl.subarray(1)])],
  [
    'an over-long outer length',
    (crl) => Buffer.concat([Buffer.of(0x30, 0x83, 0), crl.subarray(2)]),
  ],
  [
    'an indefinite outer length',
    (crl) => Buffer.concat([Buffer.of(0x30, 0x80), crl.subarray(4), Buffer.of(0, 0)]),
  ],
  ['no signature', () => sequence(sequence())],
  [
    'fields without end',
    () => sequence(sequence(...Array.from({ length: 100 }, () => nullValue()))),
  ],
];

/** CRLs of which one part is so many bytes longer than that of another of them. */
const withIssuer = (longer: number): Buffer =>
  ca.crl({ rewrite: () => ({ issuer: nameOf(`CN=${'x'.repeat(65_000 + longer)}`) }) });
const withSignature = (longer: number): Buffer =>
  ca.crl({ signature: () => Buffer.alloc(1_000_000 + longer) });
const frameOf = (crl: Buffer): CrlFrame => {
  const frame = scanFrame(crl);
  assert.ok(frame);
  return frame;
};

describe('a CRL with a defect is refused, however it is cut:', () => {
  const refuses = (crl: Buffer): void => {
    assert.throws(() => readCrl(crl, { wanted: [] }), DerError);
    assert.throws(() => readCrl(crl, { wanted: [Buffer.of(1)] }), DerError);
    if (crl.length > 10_000) return;
    for (const size of [1, 5, 33]) assert.throws(() => readPieces(piecesOf(crl, size)), DerError);
  };
  for (const [name, rewrite] of malformed) it(name, () => refuses(ca.crl({ rewrite })));
  for (const [name, options] of framed) it(name, () => refuses(ca.crl(options)));
  for (const [name, change] of around) it(name, () => refuses(change(ca.crl())));

  it('a signature that is not of whole bytes', () => {
    const crl = ca.crl({ signature: () => Buffer.of(0xf0) });
    crl.writeUInt8(4, crl.length - 2);
    refuses(crl);
  });
  it('every truncation', () => {
    const crl = ca.crl({
      entries: [
        { serial: 1, reason: 1 },
        { serial, date },
      ],
    });
    for (let length = 0; length < crl.length; length++) refuses(crl.subarray(0, length));
  });
  it('fields larger than any', () => {
    const { fieldsStart, fieldsEnd } = frameOf(withIssuer(0));
    const longest = 65_536 - (fieldsEnd - fieldsStart);
    assert.equal(readCrl(withIssuer(longest)).entries, 0);
    refuses(withIssuer(longest + 1));
  });
  it('more after the entries than any has', () => {
    const { total, entriesEnd } = frameOf(withSignature(0));
    const longest = 1_048_576 - (total - entriesEnd);
    assert.equal(readCrl(withSignature(longest)).entries, 0);
    refuses(withSignature(longest + 1));
  });
  it('an entry larger than any', () => {
    const large = extension('1.2.3', Buffer.alloc(70_000));
    refuses(ca.crl({ entries: [{ serial: 1, extensions: [large] }] }));
  });
  it('a serial number a thousand times and once more', () => {
    const entries = Array.from({ length: 1001 }, () => ({ serial: 1 }));
    assert.throws(() => readCrl(ca.crl({ entries }), { wanted: [Buffer.of(1)] }), DerError);
    assert.equal(readCrl(ca.crl({ entries }), { wanted: [Buffer.of(2)] }).entries, 1001);
  });

  it('where it is told', () => {
    const at = (crl: Buffer): number => {
      try {
        readCrl(crl);
      } catch (error) {
        if (error instanceof DerError) return error.offset;
      }
      return -1;
    };
    const entries = Array.from({ length: 300 }, () => ({ serial, reason: 1, date }));
    const crl = ca.crl({ entries });
    const last = crl.lastIndexOf(serial);
    crl.writeUInt8(0x04, last - 2);
    assert.equal(at(crl), last - 2);
    const trailing = Buffer.concat([ca.crl(), Buffer.of(1)]);
    assert.equal(at(trailing), trailing.length - 1);
  });
});
