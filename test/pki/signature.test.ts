import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, it } from 'node:test';
import { DerError, DerReader } from '../../checks/pki/der.ts';
import { oids } from '../../checks/pki/oids.ts';
import { publicKeyOf } from '../../checks/pki/public-key.ts';
import {
  UnsupportedAlgorithm,
  finishVerification,
  readAlgorithmIdentifier,
  sameAlgorithm,
  signatureScheme,
  startVerification,
  verifySignature,
} from '../../checks/pki/signature.ts';
import { type Der, context, integer, nullValue, oid, sequence } from '../helpers/der-writer.ts';
import {
  type KeyKind,
  type KeyPair,
  type SigningOptions,
  generateKey,
  signBytes,
  signatureAlgorithm,
} from '../helpers/signing.ts';

const identifier = (der: Uint8Array) => readAlgorithmIdentifier(new DerReader(der));
const data = Buffer.from('what is signed');

const keys = new Map<KeyKind, KeyPair>();
/** One key of each kind: RSA ones take their time to make. */
const keyOf = (kind: KeyKind): KeyPair => {
  const key = keys.get(kind) ?? generateKey(kind);
  keys.set(kind, key);
  return key;
};

const algorithms: readonly [key: KeyKind, options: SigningOptions, name: string, weak: boolean][] =
  [
    ['rsa', {}, 'sha256WithRSAEncryption', false],
    ['rsa', { hash: 'sha384' }, 'sha384WithRSAEncryption', false],
    ['rsa', { hash: 'sha512' }, 'sha512WithRSAEncryption', false],
    ['rsa', { hash: 'sha1' }, 'sha1WithRSAEncryption', true],
    ['rsa', { pss: true }, 'RSASSA-PSS with sha256', false],
    ['rsa', { pss: true, hash: 'sha384' }, 'RSASSA-PSS with sha384', false],
    ['rsa', { pss: true, hash: 'sha512' }, 'RSASSA-PSS with sha512', false],
    ['rsa', { pss: true, hash: 'sha1' }, 'RSASSA-PSS with sha1', true],
    ['p256', {}, 'ecdsa-with-SHA256', false],
    ['p256', { hash: 'sha1' }, 'ecdsa-with-SHA1', true],
    ['p384', {}, 'ecdsa-with-SHA384', false],
    ['p521', {}, 'ecdsa-with-SHA512', false],
    ['ed25519', {}, 'Ed25519', false],
    ['ed448', {}, 'Ed448', false],
  ];

describe('signatures', () => {
  const other = {
    rsa: generateKey('rsa'),
    ec: generateKey('p256'),
    ed25519: generateKey('ed25519'),
  };

  for (const [kind, options, name, weak] of algorithms)
    it(`of ${kind} with ${name} verify`, () => {
      const { publicKey, privateKey } = keyOf(kind);
      const scheme = signatureScheme(identifier(signatureAlgorithm(privateKey, options)));
      assert.equal(scheme.name, name);
      assert.equal(scheme.weak, weak);
      const signature = signBytes(privateKey, data, options);
      assert.ok(verifySignature(scheme, publicKey, { data, signature }));
      assert.ok(!verifySignature(scheme, publicKey, { data: Buffer.from('else'), signature }));
      assert.ok(!verifySignature(scheme, publicKey, { data, signature: signature.subarray(1) }));
      assert.ok(!verifySignature(scheme, publicKey, { data, signature: Buffer.alloc(0) }));
      for (const { publicKey: foreign } of Object.values(other))
        assert.ok(!verifySignature(scheme, foreign, { data, signature }));
      const started = startVerification(scheme);
      if (!started) {
        assert.equal(scheme.hash, null);
        return;
      }
      started.update(data.subarray(0, 3));
      started.update(data.subarray(3));
      assert.ok(finishVerification(started, scheme, { key: publicKey, signature }));
    });

  const confused: readonly [algorithm: KeyKind, key: KeyKind][] = [
    ['p256', 'rsa'],
    ['rsa', 'p256'],
    ['ed25519', 'ed448'],
    ['ed448', 'ed25519'],
    ['p256', 'ed25519'],
  ];
  for (const [algorithm, kind] of confused)
    it(`of ${kind} under the algorithm of ${algorithm} do not verify`, () => {
      const { publicKey, privateKey } = keyOf(kind);
      const claimed = signatureAlgorithm(keyOf(algorithm).privateKey);
      const scheme = signatureScheme(identifier(claimed));
      const signature = signBytes(privateKey, data);
      assert.equal(verifySignature(scheme, publicKey, { data, signature }), false);
      const started = startVerification(scheme)?.update(data);
      const ended = started && finishVerification(started, scheme, { key: publicKey, signature });
      assert.notEqual(ended, true);
    });

  it('of RSA are as long as the modulus, which OpenSSL does not ask of PSS', () => {
    const { publicKey, privateKey } = generateKey('rsa1024');
    const scheme = signatureScheme(identifier(signatureAlgorithm(privateKey, { pss: true })));
    let signature: Uint8Array = Buffer.of(1);
    while (signature[0] !== 0) signature = signBytes(privateKey, data, { pss: true });
    assert.equal(verifySignature(scheme, publicKey, { data, signature }), true);
    const shorter = signature.subarray(1);
    assert.equal(verifySignature(scheme, publicKey, { data, signature: shorter }), false);
    const started = startVerification(scheme)?.update(data);
    assert.ok(started);
    const ended = finishVerification(started, scheme, { key: publicKey, signature: shorter });
    assert.equal(ended, false);
  });

  it('of a key for RSASSA-PSS alone verify by that, and within its own bounds', () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa-pss', {
      modulusLength: 2048,
      hashAlgorithm: 'sha256',
      mgf1HashAlgorithm: 'sha256',
    });
    const key = publicKeyOf(publicKey.export({ format: 'der', type: 'spki' }));
    assert.equal(key?.asymmetricKeyType, 'rsa-pss');
    const { privateKey: plain } = keyOf('rsa');
    const verified = (options: SigningOptions, signature: Uint8Array): boolean => {
      const scheme = signatureScheme(identifier(signatureAlgorithm(plain, options)));
      return verifySignature(scheme, key, { data, signature });
    };
    const signature = sign('sha256', data, privateKey);
    assert.equal(verified({ pss: true }, signature), true);
    assert.equal(verified({ pss: true, hash: 'sha384' }, signature), false);
    assert.equal(verified({}, signature), false);
  });

  it('that were ended once cannot be ended again', () => {
    const { publicKey, privateKey } = generateKey('p256');
    const scheme = signatureScheme(identifier(signatureAlgorithm(privateKey)));
    const started = startVerification(scheme);
    assert.ok(started);
    started.update(data);
    const signature = signBytes(privateKey, data);
    assert.ok(finishVerification(started, scheme, { key: publicKey, signature }));
    assert.ok(!finishVerification(started, scheme, { key: publicKey, signature }));
  });
});

const sha256 = sequence(oid(oids.sha256), nullValue());
const md5 = sequence(oid(oids.md5), nullValue());
const mgf = (hash: Uint8Array): Der => sequence(oid(oids.mgf1), hash);
const pss = (...fields: readonly Uint8Array[]): Der =>
  sequence(oid('1.2.840.113549.1.1.10'), sequence(...fields));

const unsupported: readonly [name: string, algorithm: Der][] = [
  ['MD5', sequence(oid('1.2.840.113549.1.1.4'), nullValue())],
  ['MD2', sequence(oid('1.2.840.113549.1.1.2'), nullValue())],
  ['DSA with SHA-1', sequence(oid('1.2.840.10040.4.3'))],
  ['DSA with SHA-256', sequence(oid('2.16.840.1.101.3.4.3.2'))],
  ['an algorithm that nobody knows', sequence(oid('1.3.6.1.4.1.99999.1'))],
  ['PSS with two hashes', pss(context(0, sha256), context(1, mgf(sequence(oid(oids.sha384)))))],
  ['PSS with MD5', pss(context(0, md5), context(1, mgf(md5)))],
  ['PSS with a mask without a hash', pss(context(0, sha256), context(1, sequence(oid(oids.mgf1))))],
  ['PSS with another mask', pss(context(0, sha256), context(1, sequence(oid('1.2.3'), sha256)))],
  [
    'PSS with another trailer',
    pss(context(0, sha256), context(1, mgf(sha256)), context(3, integer(2))),
  ],
];

const malformed: readonly [name: string, algorithm: Der][] = [
  ['RSA with parameters other than NULL', sequence(oid('1.2.840.113549.1.1.11'), integer(1))],
  ['ECDSA with NULL', sequence(oid('1.2.840.10045.4.3.2'), nullValue())],
  ['Ed25519 with NULL', sequence(oid('1.3.101.112'), nullValue())],
  ['PSS with bytes left over in a field', pss(context(0, sha256, nullValue()))],
  ['PSS with fields out of order', pss(context(1, mgf(sha256)), context(0, sha256))],
  ['PSS with bytes left over', pss(context(0, sha256), context(1, mgf(sha256)), integer(1))],
];

describe('signature algorithms', () => {
  for (const [name, algorithm] of unsupported)
    it(`do not support ${name}`, () => {
      assert.throws(() => signatureScheme(identifier(algorithm)), UnsupportedAlgorithm);
    });
  for (const [name, algorithm] of malformed)
    it(`refuse ${name}`, () => {
      assert.throws(() => signatureScheme(identifier(algorithm)), DerError);
    });

  it('have two parameters at most', () => {
    assert.throws(
      () => identifier(sequence(oid('1.2.840.113549.1.1.11'), nullValue(), nullValue())),
      DerError,
    );
  });

  it('default to SHA-1 in PSS', () => {
    const scheme = signatureScheme(identifier(pss()));
    assert.equal(scheme.name, 'RSASSA-PSS with sha1');
    assert.ok(scheme.weak);
  });

  it('are the same byte for byte only', () => {
    const absent = identifier(sequence(oid('1.2.840.113549.1.1.11')));
    const written = identifier(sequence(oid('1.2.840.113549.1.1.11'), nullValue()));
    assert.ok(sameAlgorithm(written, written));
    assert.ok(!sameAlgorithm(absent, written));
  });
});
