import assert from 'node:assert/strict';
import { type KeyObject, generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import { parseCertificate } from '../../checks/pki/certificate.ts';
import { buildPaths } from '../../checks/pki/chain.ts';
import { judgeCrl } from '../../checks/pki/crl-judge.ts';
import { readCrl } from '../../checks/pki/crl-reader.ts';
import { canBeFactored, isStrongEnough, keyStrength } from '../../checks/pki/key-strength.ts';
import { publicKeyOf } from '../../checks/pki/public-key.ts';
import { bitString, integer, nullValue, oid, sequence, tlv } from '../helpers/der-writer.ts';
import { makeCa, testTime } from '../helpers/private-ca.ts';
import { generateKey } from '../helpers/signing.ts';

const root = makeCa({ name: 'Root' });

/** An odd number of so many bits. */
const number = (bits: number): bigint => 2n ** BigInt(bits) - 1n;
const usual = integer(65537);
const rsaKey = (modulus: Uint8Array, exponent: Uint8Array, ...more: readonly Uint8Array[]) =>
  sequence(
    sequence(oid('1.2.840.113549.1.1.1'), nullValue()),
    bitString(sequence(modulus, exponent, ...more)),
  );
const ecKey = (...parameters: readonly Uint8Array[]) => {
  const point = Buffer.from(
    generateKey('p256').publicKey.export({ format: 'der', type: 'spki' }).subarray(-65),
  );
  return sequence(sequence(oid('1.2.840.10045.2.1'), ...parameters), bitString(point));
};

/** Keys that an issuer may bring along, and that nothing may be verified with. */
const hostile: readonly [name: string, key: Uint8Array][] = [
  ['RSA of 16,385 bits', rsaKey(integer(number(16_385)), usual)],
  ['RSA of 65,536 bits', rsaKey(integer(number(65_536)), usual)],
  ['RSA with an exponent of 34 bits', rsaKey(integer(number(2048)), integer(number(34)))],
  [
    'RSA with an exponent as long as its modulus',
    rsaKey(integer(number(3072)), integer(number(3071))),
  ],
  ['RSA with the exponent 0', rsaKey(integer(number(2048)), integer(0))],
  ['RSA with the exponent 1, by which anybody can sign', rsaKey(integer(number(2048)), integer(1))],
  ['RSA with an even exponent', rsaKey(integer(number(2048)), integer(65536))],
  ['RSA with a negative exponent', rsaKey(integer(number(2048)), integer(-3))],
  ['RSA with an even modulus', rsaKey(integer(2n ** 2047n), usual)],
  ['RSA with the modulus 0', rsaKey(integer(0), usual)],
  ['RSA with a negative modulus', rsaKey(integer(-(2n ** 2047n) + 1n), usual)],
  ['RSA with a third number', rsaKey(integer(number(2048)), usual, integer(1))],
  [
    'RSASSA-PSS with the exponent 1',
    sequence(
      sequence(oid('1.2.840.113549.1.1.10')),
      bitString(sequence(integer(number(2048)), integer(1))),
    ),
  ],
  [
    'RSASSA-PSS that allows no hash that exists',
    sequence(
      sequence(oid('1.2.840.113549.1.1.10'), sequence(tlv(0xa0, sequence(oid('1.2.3.4'))))),
      bitString(sequence(integer(number(2048)), usual)),
    ),
  ],
  [
    'an elliptic curve spelled out',
    generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' }).publicKey.export({
      format: 'der',
      type: 'spki',
    }),
  ],
  ['an elliptic curve without parameters', ecKey()],
  ['an elliptic curve that is its issuer’s', ecKey(nullValue())],
  ['an elliptic curve that nobody knows', ecKey(oid('1.3.6.1.4.1.99999.9'))],
  ['an algorithm that nobody knows', sequence(sequence(oid('1.2.3')), bitString(Buffer.of(1)))],
  ['no key at all', sequence()],
  ['nothing', Buffer.alloc(0)],
];

describe('a public key that is not to be used:', () => {
  for (const [name, publicKey] of hostile) {
    it(name, () => assert.equal(publicKeyOf(publicKey), undefined));
    if (publicKey.length < 30) continue; // no certificate's
    it(`${name}, of an issuer`, () => {
      const issuer = root.issue({ name: 'Hostile', ca: true, rewrite: () => ({ publicKey }) });
      const leaf = issuer.issue({ name: 'mx' });
      const certificate = parseCertificate(issuer.der);
      assert.equal(keyStrength(certificate).type, 'unknown');
      assert.equal(isStrongEnough(keyStrength(certificate), 1024), false);

      const { path } = buildPaths(parseCertificate(leaf.der), {
        intermediates: [certificate],
        anchors: [parseCertificate(root.der)],
        at: testTime,
      });
      assert.deepEqual(
        path.problems.map(({ reason }) => reason),
        ['signature-algorithm'],
      );
      const verdict = judgeCrl(readCrl(issuer.crl()), { issuers: [certificate], at: testTime });
      assert.equal(verdict.signature, 'unchecked');
    });
  }
});

describe('a public key that is unusual, and one:', () => {
  const usable: readonly [name: string, key: Uint8Array][] = [
    ['RSA of 16,384 bits', rsaKey(integer(number(16_384)), usual)],
    ['RSA with an exponent of 33 bits', rsaKey(integer(number(2048)), integer(number(33)))],
    ['RSA with the exponent 3', rsaKey(integer(number(2048)), integer(3))],
  ];
  for (const [name, key] of usable)
    it(name, () => assert.equal(publicKeyOf(key)?.asymmetricKeyType, 'rsa'));
});

describe('the strength of a key', () => {
  const spki = ({ publicKey }: { publicKey: KeyObject }): Buffer =>
    publicKey.export({ format: 'der', type: 'spki' });
  const curves: readonly [name: string, bits: number][] = [
    ['prime192v1', 192],
    ['secp224r1', 224],
    ['prime256v1', 256],
    ['secp256k1', 256],
    ['brainpoolP256r1', 256],
    ['brainpoolP384r1', 384],
    ['brainpoolP512r1', 512],
    ['secp384r1', 384],
    ['secp521r1', 521],
    ['sect283r1', 0], // not among those that are known
  ];
  /** `weak`: anybody may sign with it. `enough`: how many RSA bits it satisfies. */
  const cases: readonly [name: string, bits: number, enough: number, publicKey: Buffer][] = [
    ['RSA, 1023', 1023, 1023, rsaKey(integer(number(1023)), usual)],
    ['RSA, 1024', 1024, 1024, rsaKey(integer(number(1024)), usual)],
    ['RSA, 4096', 4096, 4096, rsaKey(integer(number(4096)), usual)],
    ['RSASSA-PSS, 1023', 1023, 1023, spki(generateKeyPairSync('rsa-pss', { modulusLength: 1023 }))],
    ['Ed25519', 256, 3072, spki(generateKey('ed25519'))],
    ['Ed448', 456, Infinity, spki(generateKey('ed448'))],
    ['X25519', 0, 0, spki(generateKeyPairSync('x25519'))],
    ...curves.map(([namedCurve, bits]): (typeof cases)[number] => [
      namedCurve,
      bits,
      bits < 256 ? 0 : bits < 384 ? 3072 : Infinity,
      spki(generateKeyPairSync('ec', { namedCurve })),
    ]),
  ];
  for (const [name, bits, enough, publicKey] of cases)
    it(name, () => {
      const made = root.issue({ name: 'mx', rewrite: () => ({ publicKey }) });
      const strength = keyStrength(parseCertificate(made.der));
      assert.equal(strength.bits, bits);
      assert.equal(canBeFactored(strength), bits === 1023);
      for (const required of [1, 1023, 1024, 1025, 3072, 3073, 4096, 4097])
        assert.equal(isStrongEnough(strength, required), required <= enough, String(required));
    });
});
