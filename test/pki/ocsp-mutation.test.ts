import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseCertificate } from '../../checks/pki/certificate.ts';
import { judgeOcsp, ocspEvidence } from '../../checks/pki/ocsp-judge.ts';
import { makeDelegate, makeOcsp } from '../helpers/ocsp-maker.ts';
import { type Identity, makeCa, testTime } from '../helpers/private-ca.ts';
import type { KeyKind } from '../helpers/signing.ts';

const made = (
  key: KeyKind,
  signerOf: (ca: Identity) => Identity,
  responder: 'key' | 'name' = 'key',
) => {
  const ca = makeCa({ name: 'C=BE, O=Example, CN=Issuing CA', key });
  const response = makeOcsp({ issuer: ca, serial: 0x1234, signer: signerOf(ca), responder });
  return { response, issuer: parseCertificate(ca.der), serial: Uint8Array.of(0x12, 0x34) };
};
const itself = (ca: Identity): Identity => ca;

const cases: readonly [string, ReturnType<typeof made>][] = [
  ['by the CA, P-256', made('p256', itself)],
  ['by the CA, by name, Ed25519', made('ed25519', itself, 'name')],
  ['by a delegate, RSA', made('rsa', (ca) => makeDelegate(ca, { key: 'rsa' }))],
];

/** Every bit by itself, and all bits of a byte at once. */
const masks = [...Array.from({ length: 8 }, (_, bit) => 1 << bit), 0xff];

describe('a response with one byte changed is never believed', () => {
  for (const [name, { response, issuer, serial }] of cases)
    it(name, () => {
      const judge = (bytes: Uint8Array) => judgeOcsp(bytes, { issuer, serial, at: testTime });
      assert.deepEqual(judge(response).problems, []);
      const believed: number[] = [];
      const mutant = Buffer.from(response);
      for (let at = 0; at < response.length; at++)
        for (const mask of masks) {
          mutant.writeUInt8(response.readUInt8(at) ^ mask, at);
          const verdict = judge(mutant);
          if (verdict.problems.length === 0 || ocspEvidence(verdict)['certStatus'] !== undefined)
            believed.push(at);
          mutant.writeUInt8(response.readUInt8(at), at);
        }
      assert.deepEqual(believed, []);
    });
});

describe('a response with bytes cut out, doubled or swapped is never believed', () => {
  for (const [name, { response, issuer, serial }] of cases)
    it(name, () => {
      const edits = Array.from({ length: response.length - 1 }, (_, at) => [
        Buffer.concat([response.subarray(0, at), response.subarray(at + 1)]),
        Buffer.concat([response.subarray(0, at + 1), response.subarray(at)]),
        Buffer.concat([
          response.subarray(0, at),
          response.subarray(at + 1, at + 2),
          response.subarray(at, at + 1),
          response.subarray(at + 2),
        ]),
      ]).flat();
      for (const bytes of edits) {
        if (bytes.equals(response)) continue;
        const { problems } = judgeOcsp(bytes, { issuer, serial, at: testTime });
        assert.notEqual(problems.length, 0);
      }
    });
});
