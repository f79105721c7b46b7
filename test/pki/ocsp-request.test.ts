import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { parseCertificate } from '../../checks/pki/certificate.ts';
import {
  buildOcspRequest,
  buildReachabilityRequest,
  ocspGetUrl,
} from '../../checks/pki/ocsp-request.ts';
import { serialBytes } from '../../checks/pki/values.ts';
import { parseTree, writeTree } from '../fuzz/der-tree.ts';
import { makeCa } from '../helpers/private-ca.ts';
import { lacking } from '../helpers/programs.ts';

const ca = makeCa({ name: 'C=BE, O=Example, CN=Issuing CA' });
const issuer = parseCertificate(ca.der);

describe('a request', async () => {
  const noOpenssl = await lacking('openssl');
  const folder = mkdtempSync(join(tmpdir(), 'ocsp-request-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'ca.pem'), ca.pem);
  const openssl = (...args: string[]): string =>
    execFileSync('openssl', ['ocsp', ...args], { cwd: folder, encoding: 'utf8' });

  const serials = ['01', '7F', '80', 'FFFFFFFFFFFFFFFF', `4F${'AB'.repeat(19)}`];
  for (const hash of ['sha1', 'sha256'] as const)
    for (const serial of serials)
      it(`about ${serial} by ${hash} is what openssl makes`, { skip: noOpenssl }, () => {
        openssl(
          '-issuer',
          'ca.pem',
          `-${hash}`,
          '-serial',
          `0x${serial}`,
          '-no_nonce',
          '-reqout',
          'r',
        );
        const ours = buildOcspRequest({ issuer, serial: serialBytes(serial), hash });
        assert.deepEqual(Buffer.from(ours), readFileSync(join(folder, 'r')));
      });

  // 40 to 43 bytes make lengths of 127 and 128 around them.
  for (const [length, header] of [
    [1, '0401'],
    [40, '0428'],
    [41, '0429'],
    [42, '042A'],
    [43, '042B'],
    [128, '048180'],
  ] as const)
    it(`carries a nonce of ${length} bytes that openssl reads`, { skip: noOpenssl }, () => {
      const nonce = Buffer.alloc(length, 0xab);
      const ours = buildOcspRequest({ issuer, serial: Uint8Array.of(1), hash: 'sha1', nonce });
      writeFileSync(join(folder, 'nonce.der'), ours);
      const text = openssl('-reqin', 'nonce.der', '-req_text', '-noverify').replace(/[\s\\]/g, '');
      assert.ok(text.includes(`OCSPNonce:${header}${'AB'.repeat(length)}`), text);
    });

  it('about no CA is still a request', { skip: noOpenssl }, () => {
    writeFileSync(join(folder, 'none.der'), buildReachabilityRequest(Uint8Array.of(5)));
    const text = openssl('-reqin', 'none.der', '-req_text', '-noverify').replace(/\s/g, '');
    assert.ok(text.includes(`IssuerKeyHash:${'0'.repeat(40)}SerialNumber:05`));
  });

  for (const length of [0, 129])
    it(`refuses a nonce of ${length} bytes (RFC 9654 2.1)`, () => {
      const nonce = Buffer.alloc(length);
      assert.throws(
        () => buildOcspRequest({ issuer, serial: Uint8Array.of(1), hash: 'sha1', nonce }),
        RangeError,
      );
    });
  it(
    'about a serial longer than any, with a nonce, is one that openssl reads',
    { skip: noOpenssl },
    () => {
      const [serial, nonce] = [Buffer.alloc(128, 0x11), Buffer.alloc(128, 0xab)];
      writeFileSync(
        join(folder, 'long.der'),
        buildOcspRequest({ issuer, serial, hash: 'sha256', nonce }),
      );
      const text = openssl('-reqin', 'long.der', '-req_text', '-noverify').replace(/[\s\\]/g, '');
      assert.ok(text.includes(`SerialNumber:${'11'.repeat(128)}`), text);
    },
  );
  it('is written in DER, however long its parts are', () => {
    for (let length = 1; length <= 128; length++)
      for (const serial of [Buffer.alloc(20, 0x11), Buffer.alloc(128, 0x11)]) {
        const nonce = Buffer.alloc(length, 0xab);
        const ours = buildOcspRequest({ issuer, serial, hash: 'sha1', nonce });
        assert.deepEqual(Buffer.from(writeTree(parseTree(ours))), Buffer.from(ours));
      }
  });

  for (const length of [0, 129])
    it(`refuses a serial of ${length} bytes`, () => {
      assert.throws(() => buildReachabilityRequest(Buffer.alloc(length, 1)), RangeError);
    });
});

describe('a GET URL', () => {
  // 0xfb 0xff 0xbf is +/+/ in base64, one more byte makes it end in ==
  const awkward = Uint8Array.of(0xfb, 0xff, 0xbf, 0xfb);
  const cases: readonly [name: string, url: string, expected: string | undefined][] = [
    ['no path', 'http://ocsp.test', 'http://ocsp.test/%2B%2F%2B%2F%2Bw%3D%3D'],
    ['the root path', 'http://ocsp.test/', 'http://ocsp.test/%2B%2F%2B%2F%2Bw%3D%3D'],
    ['a path', 'http://ocsp.test/rootr1', 'http://ocsp.test/rootr1/%2B%2F%2B%2F%2Bw%3D%3D'],
    ['a path with a slash', 'http://ocsp.test/a/', 'http://ocsp.test/a/%2B%2F%2B%2F%2Bw%3D%3D'],
    ['a port', 'http://ocsp.test:8080', 'http://ocsp.test:8080/%2B%2F%2B%2F%2Bw%3D%3D'],
    ['a query', 'http://ocsp.test/?a=1', undefined],
    ['a fragment', 'http://ocsp.test/#a', undefined],
  ];
  for (const [name, url, expected] of cases)
    it(`after ${name}`, () => {
      assert.equal(ocspGetUrl(url, awkward), expected);
    });

  it('has 255 bytes at most (RFC 9919 6)', () => {
    const request = new Uint8Array(79); // 108 characters of base64, the last of them `==`
    const url = (length: number): string => 'http://ocsp.test/'.padEnd(length, 'a');
    const encoded = encodeURIComponent(Buffer.from(request).toString('base64')).length;
    assert.equal(ocspGetUrl(url(255 - encoded - 1), request)?.length, 255);
    assert.equal(ocspGetUrl(url(255 - encoded), request), undefined);
  });
});
