import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { keptBytes, readCrl } from '../../checks/pki/crl-reader.ts';
import { DerError } from '../../checks/pki/der.ts';
import { piecesOf } from '../helpers/chunks.ts';
import { oid, sequence } from '../helpers/der-writer.ts';
import { type CrlOptions, makeCa } from '../helpers/private-ca.ts';
import { type KeyKind, signatureAlgorithm } from '../helpers/signing.ts';
import { readPieces } from '../helpers/read-pieces.ts';

const ca = makeCa({ name: 'C=BE, O=Test, CN=CA', key: 'p256' });
const serial = Buffer.from('1122334455667788', 'hex');
const wanted = [serial];

const kinds: readonly [key: KeyKind, options: CrlOptions][] = [
  ['rsa', {}],
  ['rsa', { hash: 'sha384' }],
  ['rsa', { hash: 'sha512' }],
  ['rsa', { hash: 'sha1' }],
  ['rsa', { pss: true }],
  ['rsa', { pss: true, hash: 'sha512' }],
  ['p256', {}],
  ['p384', {}],
  ['p521', {}],
  ['ed25519', {}],
  ['ed448', {}],
];

describe('signatures, whether the CRL is kept or passes by:', () => {
  const many = Array.from({ length: 30_000 }, (_, index) => ({
    serial: 2n ** 127n + BigInt(index),
  }));
  for (const [kind, options] of kinds) {
    const issuer = makeCa({ name: 'CN=Signer', key: kind });
    const name = `${kind} ${options.hash ?? ''}${options.pss ? ' PSS' : ''}`.trim();
    it(`${name}, kept`, () => {
      const contents = readCrl(issuer.crl(options));
      assert.equal(contents.verify(ca.publicKey), false);
      assert.equal(contents.verify(issuer.publicKey), true);
      assert.equal(contents.verify(ca.publicKey), false);
      assert.equal(contents.scheme?.weak, options.hash === 'sha1');
      assert.ok(contents.whole);
    });
    it(`${name}, passing by`, () => {
      const crl = issuer.crl({ ...options, entries: many });
      assert.ok(crl.length > keptBytes);
      const contents = readPieces(piecesOf(crl, 16_384));
      assert.equal(contents.entries, many.length);
      assert.equal(contents.verify(issuer.publicKey), true);
      assert.equal(contents.verify(issuer.publicKey), true);
      const flipped = Buffer.from(crl);
      flipped.writeUInt8(flipped.readUInt8(600_000) ^ 1, 600_000);
      try {
        assert.equal(readPieces(piecesOf(flipped, 16_384)).verify(issuer.publicKey), false);
      } catch (error) {
        assert.ok(error instanceof DerError);
      }
    });
  }

  it('are tried with as many keys as were foreseen', () => {
    const crl = ca.crl({ entries: many });
    const others = [1, 2].map((n) => makeCa({ name: `other ${n}` }).publicKey);
    const one = readCrl(crl);
    assert.equal(one.whole, undefined);
    assert.deepEqual(
      others.map((key) => one.verify(key)),
      [false, undefined],
    );
    assert.equal(one.verify(ca.publicKey), undefined);
    const three = readCrl(crl, { keys: 3 });
    assert.deepEqual(
      others.map((key) => three.verify(key)),
      [false, false],
    );
    assert.equal(three.verify(ca.publicKey), true);
  });

  it('of a key of another kind cost no try', () => {
    const contents = readCrl(ca.crl({ entries: many }));
    assert.equal(contents.verify(makeCa({ name: 'rsa', key: 'rsa' }).publicKey), false);
    assert.equal(contents.verify(ca.publicKey), true);
  });

  it('by MD5 are refused, and the rest is read', () => {
    const old = makeCa({ name: 'CN=Old', key: 'rsa' });
    const contents = readCrl(old.crl({ hash: 'md5', entries: [{ serial }] }), { wanted });
    assert.equal(contents.scheme, undefined);
    assert.ok(contents.refused);
    assert.equal(contents.verify(old.publicKey), false);
    assert.equal(contents.hits.length, 1);
  });

  it('by an algorithm that nobody knows are refused, and the rest is read', () => {
    const algorithm = sequence(oid('1.3.6.1.4.1.99999.7'));
    const contents = readCrl(ca.crl({ rewrite: () => ({ algorithm }), outerAlgorithm: algorithm }));
    assert.ok(contents.refused);
    assert.equal(contents.verify(ca.publicKey), false);
  });

  it('name their algorithm', () => {
    assert.deepEqual(
      Buffer.from(readCrl(ca.crl()).algorithm.raw),
      Buffer.from(signatureAlgorithm(ca.privateKey)),
    );
  });
});
