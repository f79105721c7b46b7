import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DerError, DerReader } from '../../checks/pki/der.ts';
import { DerWalk } from '../../checks/pki/der-walk.ts';
import {
  readBitString,
  readBitStringBytes,
  readBerDefaultFalse,
  readDefaultFalse,
  readIntegerBytes,
  readNamedBits,
  readNull,
  readOid,
  readSmallInteger,
  readTime,
  serialBytes,
  serialHex,
} from '../../checks/pki/values.ts';
import {
  boolean,
  generalizedTime,
  integer,
  oid,
  tlv,
  utcTime,
  utf8String,
} from '../helpers/der-writer.ts';

const bytes = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const reading = <T>(read: (reader: DerReader) => T, input: Uint8Array): T => {
  const reader = new DerReader(input);
  const value = read(reader);
  reader.finish();
  return value;
};

type Reading = (reader: DerReader) => unknown;

const refused: readonly [name: string, read: Reading, input: string][] = [
  ['an empty integer', readIntegerBytes, '02 00'],
  ['an integer with a leading 00 that it does not need', readIntegerBytes, '02 02 00 7F'],
  ['an integer with a leading FF that it does not need', readIntegerBytes, '02 02 FF 80'],
  ['a negative small integer', readSmallInteger, '02 01 FF'],
  ['a small integer of four bytes that is negative', readSmallInteger, '02 04 80 00 00 00'],
  ['a small integer of five bytes', readSmallInteger, '02 05 01 00 00 00 00'],
  ['a boolean of 01', readDefaultFalse, '01 01 01'],
  ['an empty boolean', readDefaultFalse, '01 00'],
  ['a boolean of two bytes', readDefaultFalse, '01 02 FF FF'],
  ['an empty boolean by BER', readBerDefaultFalse, '01 00'],
  ['a boolean of two bytes by BER', readBerDefaultFalse, '01 02 FF FF'],
  ['a default FALSE written out', readDefaultFalse, '01 01 00'],
  ['an empty object identifier', readOid, '06 00'],
  ['an object identifier cut short', readOid, '06 02 55 81'],
  ['an object identifier that begins with padding', readOid, '06 02 80 01'],
  ['an object identifier with a padded arc', readOid, '06 03 55 80 01'],
  ['an object identifier of 65 bytes', readOid, `06 41 ${'01'.repeat(65)}`],
  ['a bit string without its first byte', readBitString, '03 00'],
  ['a bit string with 8 unused bits', readBitString, '03 02 08 00'],
  ['an empty bit string with unused bits', readBitString, '03 01 01'],
  ['a bit string padded with ones', readBitString, '03 02 01 01'],
  ['a signature that is not of whole bytes', readBitStringBytes, '03 02 01 02'],
  ['a NULL with content', readNull, '05 01 00'],
];

describe('primitive values', () => {
  for (const [name, read, input] of refused)
    it(`refuse ${name}`, () => {
      assert.throws(() => reading(read, bytes(input)), DerError);
    });

  it('are read', () => {
    assert.equal(reading(readSmallInteger, integer(0x7fffffff)), 0x7fffffff);
    assert.equal(reading(readBerDefaultFalse, boolean(true)), true);
    assert.equal(reading(readBerDefaultFalse, bytes('01 01 01')), true);
    assert.equal(reading(readBerDefaultFalse, boolean(false)), false);
    assert.equal(reading(readBerDefaultFalse, Buffer.alloc(0)), false);
    assert.equal(reading(readDefaultFalse, boolean(true)), true);
    assert.equal(reading(readDefaultFalse, Buffer.alloc(0)), false);
    for (const content of ['00', '7F', '00 80', '00 FF', '01 00', '80', 'FF', 'FF 7F'])
      assert.deepEqual(reading(readIntegerBytes, integer(bytes(content))), bytes(content));
    for (const dotted of [
      ...['0.0', '1.39.3', '2.39', '2.40', '2.5.29.15', '2.999.1', '1.2.840.113549.1.1.11'],
      ...['2.562949953421311.562949953421312', '2.25.329800735698586629295641978511506172918'],
      ...[
        '2.340282366920938463463374607431768211455.1',
        '1.2.9007199254740993',
        '1.0.9',
        '2.5.127',
      ],
      `0.1${'.1'.repeat(63)}`,
    ])
      assert.equal(reading(readOid, oid(dotted)), dotted);
    assert.deepEqual([...reading(readNamedBits, bytes('03 02 01 06'))], [5, 6]);
    assert.deepEqual([...reading(readNamedBits, bytes('03 04 07 06 01 80'))], [5, 6, 15, 16]);
    assert.deepEqual([...reading(readNamedBits, bytes('03 01 00'))], []);
    assert.doesNotThrow(() => {
      reading(readNull, bytes('05 00'));
    });
    // Trailing zero bits are no DER, and stand in trusted roots.
    assert.deepEqual([...reading(readNamedBits, bytes('03 02 00 06'))], [5, 6]);
    assert.equal(reading(readBitStringBytes, bytes('03 02 00 FF')).length, 1);
  });
});

const times: readonly [text: string, tag: number, iso: string | undefined][] = [
  ['250601120000Z', 0x17, '2025-06-01T12:00:00.000Z'],
  ['491231235959Z', 0x17, '2049-12-31T23:59:59.000Z'],
  ['500101000000Z', 0x17, '1950-01-01T00:00:00.000Z'],
  ['000229000000Z', 0x17, '2000-02-29T00:00:00.000Z'],
  ['20500101000000Z', 0x18, '2050-01-01T00:00:00.000Z'],
  ['00500101000000Z', 0x18, '0050-01-01T00:00:00.000Z'],
  ['99991231235959Z', 0x18, '9999-12-31T23:59:59.000Z'],
  ['24000229000000Z', 0x18, '2400-02-29T00:00:00.000Z'],
  ['250229000000Z', 0x17, undefined],
  ['21000229000000Z', 0x18, undefined],
  ['250431000000Z', 0x17, undefined],
  ['251301000000Z', 0x17, undefined],
  ['250001000000Z', 0x17, undefined],
  ['250600000000Z', 0x17, undefined],
  ['250632000000Z', 0x17, undefined],
  ['250601240000Z', 0x17, undefined],
  ['250601006000Z', 0x17, undefined],
  ['250601000060Z', 0x17, undefined],
  ['2506010000Z', 0x17, undefined],
  ['250601000000+0000', 0x17, undefined],
  ['250601000000z', 0x17, undefined],
  ['2506 1000000Z', 0x17, undefined],
  ['20500101000000.5Z', 0x18, undefined],
  ['205001010000Z', 0x18, undefined],
  ['', 0x17, undefined],
];

describe('times', () => {
  for (const [text, tag, iso] of times)
    it(`${iso ? 'take' : 'refuse'} ${tag === 0x17 ? 'UTCTime' : 'GeneralizedTime'} ${text}`, () => {
      const value = tlv(tag, Buffer.from(text, 'latin1'));
      const walk = (): number => new DerWalk(value).timeEnd(0, value.length);
      if (iso === undefined) {
        assert.throws(() => reading(readTime, value), DerError);
        assert.throws(walk, DerError);
        return;
      }
      assert.equal(reading(readTime, value).toISOString(), iso);
      assert.equal(walk(), value.length);
    });

  it('are of no other type', () => {
    assert.throws(() => reading(readTime, utf8String('20250601120000Z')), DerError);
  });

  it('agree with the walk on every day of four years', () => {
    for (let year = 2048; year < 2052; year++)
      for (let month = 1; month <= 12; month++)
        for (let day = 1; day <= 31; day++) {
          const time = new Date(Date.UTC(year, month - 1, day));
          const exists = time.getUTCMonth() === month - 1;
          const text = `${year}${String(month).padStart(2, '0')}${String(day).padStart(2, '0')}000000Z`;
          const value = tlv(0x18, Buffer.from(text, 'latin1'));
          const walk = (): number => new DerWalk(value).timeEnd(0, value.length);
          if (exists) assert.equal(walk(), 17, text);
          else assert.throws(walk, DerError, text);
        }
  });

  it('are written by the tests as they are read', () => {
    const time = new Date('2031-07-04T05:06:07Z');
    assert.deepEqual(reading(readTime, utcTime(time)), time);
    assert.deepEqual(reading(readTime, generalizedTime(time)), time);
  });
});

describe('serial numbers', () => {
  const cases: readonly [content: string, text: string][] = [
    ['00', '00'],
    ['05', '05'],
    ['7F', '7F'],
    ['00 80', '80'],
    ['00 FF 01', 'FF01'],
    ['01 00', '0100'],
  ];
  for (const [content, text] of cases)
    it(`${content} is ${text}`, () => {
      assert.equal(serialHex(bytes(content)), text);
      assert.deepEqual(Buffer.from(serialBytes(text)), bytes(content));
    });

  it('take leading zeros and odd digits as people write them', () => {
    assert.deepEqual(Buffer.from(serialBytes('0005')), bytes('05'));
    assert.deepEqual(Buffer.from(serialBytes('000005')), bytes('05'));
    assert.deepEqual(Buffer.from(serialBytes('010005')), bytes('01 00 05'));
    assert.deepEqual(Buffer.from(serialBytes('5')), bytes('05'));
    assert.deepEqual(Buffer.from(serialBytes('FFF')), bytes('0F FF'));
  });
});
