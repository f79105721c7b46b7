import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CrlContents } from '../../checks/pki/crl-contents.ts';
import { CrlReader, readCrl } from '../../checks/pki/crl-reader.ts';
import { DerError } from '../../checks/pki/der.ts';
import { nameText } from '../../checks/pki/name.ts';
import { oids } from '../../checks/pki/oids.ts';
import { piecesOf, randomPieces, seeded } from '../helpers/chunks.ts';
import { enumerated, generalizedTime, integer, nullValue } from '../helpers/der-writer.ts';
import { makeCa } from '../helpers/private-ca.ts';
import {
  certificateIssuer,
  extension,
  freshestCrl,
  invalidityDate,
  issuingDistributionPoint,
  nameOf,
  unknownExtension,
} from '../helpers/x509-writer.ts';
import { readPieces } from '../helpers/read-pieces.ts';

const ca = makeCa({ name: 'C=BE, O=Test, CN=CA', key: 'p256' });
const none = Buffer.alloc(0);
const date = new Date('2024-05-06T07:08:09Z');
const serial = Buffer.from('1122334455667788', 'hex');
const wanted = [serial];

describe('a sound CRL', () => {
  const entries = [
    { serial: 1 },
    { serial: 0x80, reason: 0 },
    { serial: 2n ** 160n - 1n, reason: 1, date: new Date('2049-12-31T23:59:59Z') },
    { serial: -1, reason: 10 },
    { serial, reason: 4, date },
    { serial: 3, date: new Date('2050-01-01T00:00:00Z') },
    { serial: 4, reason: 6, extensions: [invalidityDate(date)] },
    { serial: 5, extensions: [unknownExtension(false), unknownExtension2()] },
    { serial: 2n ** 400n },
    ...Array.from({ length: 40 }, (_, index) => ({
      serial: 1_000_000 + index,
      reason: 1 + (index % 6),
    })),
  ];
  const crl = ca.crl({ entries, number: 2n ** 64n });

  const check = (contents: CrlContents): void => {
    assert.equal(contents.entries, entries.length);
    assert.equal(contents.bytes, crl.length);
    assert.equal(contents.version, 2);
    assert.equal(nameText(contents.issuer), 'C=BE, O=Test, CN=CA');
    assert.equal(contents.extensions.number, 2n ** 64n);
    assert.equal(contents.thisUpdate.toISOString(), '2025-06-01T00:00:00.000Z');
    assert.equal(contents.nextUpdate?.toISOString(), '2025-06-08T00:00:00.000Z');
    assert.deepEqual(
      contents.hits.map(({ serialHex, revocationDate, reason }) => [
        serialHex,
        revocationDate,
        reason,
      ]),
      [['1122334455667788', date, 4]],
    );
    assert.equal(contents.verify(ca.publicKey), true);
    assert.equal(contents.verify(makeCaKey), false);
    assert.deepEqual(contents.criticalEntryExtensions, []);
  };
  const makeCaKey = makeCa({ name: 'other' }).publicKey;

  it('is read in one piece', () => check(readCrl(crl, { wanted })));
  for (const size of [1, 2, 3, 7, 64, 100, 1000])
    it(`is read in pieces of ${size}`, () => check(readPieces(piecesOf(crl, size), { wanted })));
  it('is read however it is cut', () => {
    const next = seeded(1);
    for (let round = 0; round < 200; round++)
      check(readPieces(randomPieces(crl, 1 + (next() % 200), next), { wanted }));
  });
  it('may have its pieces overwritten once they are taken', () => {
    const reader = new CrlReader({ wanted });
    const buffer = Buffer.alloc(50);
    for (const piece of piecesOf(crl, 50)) {
      buffer.fill(0xff);
      buffer.set(piece);
      reader.write(buffer.subarray(0, piece.length));
    }
    buffer.fill(0xff);
    check(reader.finish());
    check(reader.finish());
  });
  it('without entries has none', () => {
    const contents = readCrl(ca.crl(), { wanted });
    assert.equal(contents.entries, 0);
    assert.equal(contents.verify(ca.publicKey), true);
  });
  it('without extensions and nextUpdate is read', () => {
    const contents = readCrl(
      ca.crl({ onlyExtensions: [], nextUpdate: null, entries: [{ serial }] }),
    );
    assert.equal(contents.nextUpdate, undefined);
    assert.equal(contents.extensions.all.size, 0);
    assert.deepEqual(contents.hits, []);
  });
  it('of version 1 is read', () => {
    const contents = readCrl(
      ca.crl({ onlyExtensions: [], entries: [{ serial }], rewrite: () => ({ version: none }) }),
      { wanted },
    );
    assert.equal(contents.version, 1);
    assert.equal(contents.hits.length, 1);
    assert.equal(contents.verify(ca.publicKey), true);
  });
  it('of the fewest parts is read however it is cut', () => {
    for (const nextUpdate of [null, date]) {
      const least = ca.crl({ onlyExtensions: [], nextUpdate, rewrite: () => ({ version: none }) });
      for (const size of [1, 7, least.length])
        assert.equal(readPieces(piecesOf(least, size)).verify(ca.publicKey), true);
    }
  });
  it('with times as GeneralizedTime is read', () => {
    const contents = readCrl(
      ca.crl({
        rewrite: () => ({ thisUpdate: generalizedTime(date), nextUpdate: generalizedTime(date) }),
      }),
    );
    assert.deepEqual(contents.thisUpdate, date);
  });
  it('tells each serial number that is asked for, and no other', () => {
    const all = entries.map((entry) => entry.serial);
    for (const one of all) {
      const content = typeof one === 'object' ? one : integer(one).subarray(2);
      const { hits } = readCrl(crl, { wanted: [content] });
      assert.equal(hits.length, 1, String(one));
      assert.deepEqual(Buffer.from(hits[0]?.serial ?? none), content);
    }
  });
  it('tells an entry that stands twice, twice', () => {
    const twice = ca.crl({
      entries: [
        { serial, reason: 6 },
        { serial, reason: 1 },
      ],
    });
    assert.deepEqual(
      readCrl(twice, { wanted }).hits.map(({ reason }) => reason),
      [6, 1],
    );
  });
});

function unknownExtension2(): Buffer {
  return extension('1.3.6.1.4.1.99999.2', nullValue());
}

describe('entry extensions', () => {
  const entryWith = (...extensions: Buffer[]) =>
    readCrl(ca.crl({ entries: [{ serial: 1 }, { serial, extensions }, { serial: 2 }] }), {
      wanted,
    });

  it('that are critical and unknown are told', () => {
    assert.deepEqual(entryWith(unknownExtension(true)).criticalEntryExtensions, [
      '1.3.6.1.4.1.99999.1',
    ]);
    const critical = extension(oids.reasonCode, enumerated(1), true);
    assert.deepEqual(entryWith(critical).criticalEntryExtensions, [oids.reasonCode]);
    assert.deepEqual(entryWith(unknownExtension(true), critical).criticalEntryExtensions.length, 2);
  });
  it('name the issuer of the certificate until the next one does', () => {
    const other = nameOf('CN=Other CA');
    const third = nameOf('CN=Third CA');
    const contents = readCrl(
      ca.crl({
        entries: [
          { serial },
          { serial: 1, extensions: [certificateIssuer(other)] },
          { serial },
          { serial, extensions: [certificateIssuer(third), unknownExtension(false)] },
          { serial },
        ],
      }),
      { wanted },
    );
    assert.ok(contents.namesIssuers);
    assert.deepEqual(contents.criticalEntryExtensions, []);
    assert.deepEqual(
      contents.hits.map(({ certificateIssuer: names }) => names?.map(nameText)),
      [undefined, ['CN=Other CA'], ['CN=Third CA'], ['CN=Third CA']],
    );
  });
});

describe('one byte changed', () => {
  const entries = [
    { serial: 1, reason: 1, date },
    { serial, date },
    ...Array.from({ length: 6 }, (_, index) => ({
      serial: 2n ** 100n + BigInt(index),
      reason: 3,
      date,
    })),
  ];
  const crl = ca.crl({
    entries,
    extensions: [
      issuingDistributionPoint({ uris: ['http://a/'] }),
      freshestCrl({ uris: ['http://b/'] }),
    ],
  });

  it('is never a CRL that verifies', () => {
    let rejected = 0;
    for (let at = 0; at < crl.length; at++)
      for (const flip of [1, 0x10, 0x80, 0xff]) {
        const changed = Buffer.from(crl);
        changed.writeUInt8(changed.readUInt8(at) ^ flip, at);
        try {
          if (readCrl(changed, { wanted }).verify(ca.publicKey))
            assert.fail(`byte ${at} ^ ${flip}`);
        } catch (error) {
          assert.ok(error instanceof DerError, String(error));
          rejected++;
        }
      }
    assert.ok(rejected > crl.length);
  });
});
