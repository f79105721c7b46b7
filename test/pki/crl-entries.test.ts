/** The two ways that an entry can be walked: by compares of many bytes where it is plain, value by value otherwise. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { EntryWalker } from '../../checks/pki/crl-entries.ts';
import { entryWindow, serialFilter } from '../../checks/pki/crl-plain-entries.ts';
import { DerError } from '../../checks/pki/der.ts';
import { plainEntriesModule } from '../../scripts/plain-entries.ts';
import { seeded } from '../helpers/chunks.ts';
import { generalizedTime, integer, sequence, tlv, utcTime } from '../helpers/der-writer.ts';
import { invalidityDate, reasonCode, unknownExtension } from '../helpers/x509-writer.ts';

const date = new Date('2024-05-06T07:08:09Z');
const entryOf = (serial: number | bigint, ...rest: readonly Uint8Array[]): Buffer =>
  sequence(integer(serial), utcTime(date), ...rest);
const plain = entryOf(2n ** 120n + 7n, sequence(reasonCode(1)));

type Walked = { readonly entries: number; readonly left: number } | { readonly offset: number };

const walkBy = (walker: EntryWalker, bytes: Uint8Array): Walked => {
  try {
    walker.take(bytes);
    return { entries: walker.entries, left: walker.unfinished };
  } catch (error) {
    if (error instanceof DerError) return { offset: error.offset };
    throw error;
  }
};

const walk = (bytes: Uint8Array): Walked => walkBy(new EntryWalker([], 2), bytes);

/** With a filter that marks every serial number, no entry is plain. */
const everySerial = new Uint8Array(65_536).fill(1);
const walkByValue = (bytes: Uint8Array): Walked =>
  walkBy(Object.assign(new EntryWalker([], 2), { filter: everySerial }), bytes);

const plainEnd = (entry: Uint8Array): number => {
  const { next, passed } = entryWindow([entry], serialFilter([])).walkPlain(0);
  assert.equal(passed, next === 0 ? 0 : 1);
  return next;
};

describe('an entry is plain', () => {
  const late = (text: string): Buffer =>
    sequence(integer(9), tlv(0x17, Buffer.from(`${text}120000Z`, 'latin1')));
  const taken: readonly [name: string, entry: Buffer][] = [
    ['with a reason', plain],
    ['without extensions', entryOf(1)],
    ['with a serial number of 20 bytes', entryOf(2n ** 158n)],
    ['with a serial number of 31 bytes', entryOf(2n ** 247n - 1n)],
    ['with a negative serial number', entryOf(-5000)],
    ['on the 31st', late('240131')],
    ['on the 30th', late('240430')],
    ['on a leap day', late('240229')],
    ['on the leap day of 2000', late('000229')],
  ];
  for (const [name, entry] of taken) it(name, () => assert.equal(plainEnd(entry), entry.length));

  const left: readonly [name: string, entry: Buffer][] = [
    ['with a serial number of 32 bytes', entryOf(2n ** 250n)],
    ['with a GeneralizedTime', sequence(integer(1), generalizedTime(date))],
    ['with another extension', entryOf(1, sequence(invalidityDate(date)))],
    ['with two extensions', entryOf(1, sequence(reasonCode(1), unknownExtension(false)))],
    ['on the 31st of April', late('240431')],
    ['on the 31st of November', late('241131')],
    ['on the 30th of February', late('240230')],
    ['on a leap day of no leap year', late('230229')],
    ['on day 0', late('240400')],
    ['on day 32', late('240432')],
    ['in month 0', late('240001')],
    ['in month 13', late('241301')],
    ['with an empty serial number', sequence(tlv(2), utcTime(date))],
    ['with the serial number 0 in two bytes', sequence(tlv(2, Buffer.of(0, 0)), utcTime(date))],
  ];
  for (const [name, entry] of left) it(`not ${name}`, () => assert.equal(plainEnd(entry), 0));

  it('only as a whole, whatever the memory holds beyond it', () => {
    for (const [name, entry] of taken)
      for (let length = 0; length < entry.length; length++) {
        plainEnd(entry);
        assert.equal(plainEnd(entry.subarray(0, length)), 0, `${name}, ${length} bytes`);
      }
  });

  it('unless its serial number may be wanted', () => {
    for (const serial of [1n, 0x80n, 0x1234n, 2n ** 63n, 2n ** 120n + 7n]) {
      const wanted = serialFilter([integer(serial).subarray(2)]);
      assert.equal(entryWindow([entryOf(serial)], wanted).walkPlain(0).next, 0, String(serial));
    }
    const other = serialFilter([Buffer.of(1, 2, 3)]);
    assert.equal(entryWindow([plain], other).walkPlain(0).next, plain.length);
  });
});

it('the assembled module is that of its source', async () => {
  const path = new URL('../../checks/pki/crl-plain-entries-wasm.ts', import.meta.url);
  assert.equal(readFileSync(path, 'utf8'), await plainEntriesModule(), 'run `npm run wasm`');
});

describe('both ways agree', () => {
  const shapes = [
    plain,
    entryOf(1),
    entryOf(2n ** 127n - 1n, sequence(reasonCode(10))),
    entryOf(2n ** 158n),
    entryOf(-1),
    sequence(integer(3), generalizedTime(date)),
    entryOf(4, sequence(reasonCode(1), invalidityDate(date))),
    entryOf(5, sequence(unknownExtension(true))),
  ];

  it('and are two', () => {
    assert.equal(entryWindow([plain], everySerial).walkPlain(0).passed, 0);
    assert.equal(entryWindow([plain], serialFilter([])).walkPlain(0).passed, 1);
  });

  it('on lists of every shape', () => {
    const list = Buffer.concat([...shapes, ...shapes, ...shapes]);
    assert.deepEqual(walk(list), { entries: 24, left: 0 });
    assert.deepEqual(walkByValue(list), { entries: 24, left: 0 });
  });

  it('on every byte of a plain entry, whatever its value', () => {
    for (let at = 0; at < 2 * plain.length; at++)
      for (let value = 0; value < 256; value++) {
        const list = Buffer.concat([plain, plain]);
        list.writeUInt8(value, at);
        assert.deepEqual(walk(list), walkByValue(list), `byte ${at} = ${value}`);
      }
  });

  it('on lists with many bytes changed', () => {
    const next = seeded(7);
    let refused = 0;
    for (let round = 0; round < 20_000; round++) {
      const list = Buffer.concat(
        Array.from({ length: 4 }, () => shapes[next() % shapes.length] ?? plain),
      );
      for (let changes = next() % 3; changes >= 0; changes--)
        list.writeUInt8(next() & 0xff, next() % list.length);
      const found = walk(list);
      assert.deepEqual(found, walkByValue(list), `round ${round}`);
      if ('offset' in found) refused++;
    }
    assert.ok(refused > 5_000 && refused < 19_500, String(refused));
  });

  it('on every day that two digits can write', () => {
    for (const year of ['49', '50', '99', '00', '23', '24'])
      for (let month = 0; month < 100; month++)
        for (let day = 0; day < 100; day++) {
          const digits = [month, day].map((value) => String(value).padStart(2, '0')).join('');
          const time = tlv(0x17, Buffer.from(`${year}${digits}000000Z`, 'latin1'));
          const list = sequence(integer(1), time);
          const found = walk(list);
          assert.deepEqual(found, walkByValue(list), `${year}${digits}`);
        }
  });
});
