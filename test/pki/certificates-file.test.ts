import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import {
  type CertificatesFault,
  CertificatesFileError,
  readCertificates,
} from '../../checks/pki/certificates-file.ts';
import { opensslMissing } from '../helpers/chain-oracle.ts';
import { context, integer, oid, pem, sequence, setOf, tlv } from '../helpers/der-writer.ts';
import { makeCa } from '../helpers/private-ca.ts';

const root = makeCa({ name: 'Root' });
const ca = root.issue({ name: 'CA', ca: true });
const signedData = '1.2.840.113549.1.7.2';

/** PKCS#7 certs-only, as RFC 5652 lays it out. */
const certsOnly = (certificates: readonly Uint8Array[], type = signedData): Buffer =>
  sequence(
    oid(type),
    context(
      0,
      sequence(
        integer(1),
        setOf(),
        sequence(oid('1.2.840.113549.1.7.1')),
        context(0, ...certificates),
        setOf(),
      ),
    ),
  );

/** The same with indefinite lengths on the outer layers, as some servers send it. */
const indefinite = (tag: number, ...contents: readonly Uint8Array[]): Buffer =>
  Buffer.concat([Buffer.of(tag, 0x80), ...contents, Buffer.of(0, 0)]);
const berCertsOnly = (certificates: readonly Uint8Array[]): Buffer =>
  indefinite(
    0x30,
    oid(signedData),
    indefinite(
      0xa0,
      indefinite(
        0x30,
        integer(1),
        setOf(),
        indefinite(0x30, oid('1.2.840.113549.1.7.1')),
        indefinite(0xa0, ...certificates),
        setOf(),
      ),
    ),
  );

const text = (value: string): Buffer => Buffer.from(value, 'latin1');
const garbled = sequence(integer(1), integer(2));

const readable: readonly [
  name: string,
  bytes: Uint8Array,
  format: 'der' | 'pem' | 'pkcs7',
  certificates: readonly Uint8Array[],
  problems?: number,
][] = [
  ['DER', ca.der, 'der', [ca.der]],
  ['PEM', text(ca.pem), 'pem', [ca.der]],
  ['PEM of several', text(ca.pem + root.pem), 'pem', [ca.der, root.der]],
  [
    'PKCS#7 with something else than a certificate beside',
    certsOnly([ca.der, context(3, integer(1))]),
    'pkcs7',
    [ca.der],
  ],
  [
    'PKCS#7 under its long label',
    text(pem('PKCS #7 SIGNED DATA', certsOnly([ca.der]))),
    'pkcs7',
    [ca.der],
  ],
  ['PEM of 256', text(ca.pem.repeat(256)), 'pem', Array<Buffer>(256).fill(ca.der)],
  [
    'PKCS#7 of 256',
    certsOnly(Array<Buffer>(256).fill(ca.der)),
    'pkcs7',
    Array<Buffer>(256).fill(ca.der),
  ],
  ['PEM of a mebibyte', text(ca.pem.padEnd(1024 * 1024, '\n')), 'pem', [ca.der]],
  ['PEM after a line that begins as DER does', text(`0\n${ca.pem}`), 'pem', [ca.der]],
  [
    'PEM with CRLF and text around',
    text(`subject=CA\r\n${ca.pem.replaceAll('\n', '\r\n')}end`),
    'pem',
    [ca.der],
  ],
  [
    'PEM after a byte order mark',
    Buffer.concat([Buffer.of(0xef, 0xbb, 0xbf), text(ca.pem)]),
    'pem',
    [ca.der],
  ],
  ['PEM in one line', text(ca.pem.replace(/(?<=[\w+/=])\n(?=[\w+/=])/g, '')), 'pem', [ca.der]],
  [
    'PEM of the old label',
    text(ca.pem.replaceAll('CERTIFICATE', 'X509 CERTIFICATE')),
    'pem',
    [ca.der],
  ],
  ['PEM beside a key', text(ca.keyPem + ca.pem), 'pem', [ca.der]],
  ['PEM with one bad certificate', text(pem('CERTIFICATE', garbled) + ca.pem), 'pem', [ca.der], 1],
  [
    'PEM with one that is no base64',
    text(`-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n${ca.pem}`),
    'pem',
    [ca.der],
    1,
  ],
  ['PKCS#7', certsOnly([ca.der, root.der]), 'pkcs7', [ca.der, root.der]],
  ['PKCS#7 in BER', berCertsOnly([ca.der, root.der]), 'pkcs7', [ca.der, root.der]],
  ['PKCS#7 armoured', text(pem('PKCS7', certsOnly([ca.der]))), 'pkcs7', [ca.der]],
  ['PKCS#7 armoured as CMS', text(pem('CMS', certsOnly([ca.der]))), 'pkcs7', [ca.der]],
  [
    'PKCS#7 armoured as a certificate',
    text(pem('CERTIFICATE', certsOnly([ca.der]))),
    'pkcs7',
    [ca.der],
  ],
  ['PKCS#7 with one bad certificate', certsOnly([garbled, ca.der]), 'pkcs7', [ca.der], 1],
];

const unreadable: readonly [name: string, bytes: Uint8Array, fault: CertificatesFault][] = [
  ['nothing', Buffer.alloc(0), 'foreign'],
  ['text', text('certificate not found'), 'foreign'],
  ['text that begins with 0', text('0 certificates found on this server'), 'foreign'],
  ['HTML', text('<html><body>Blocked</body></html>'), 'foreign'],
  ['base64 without armour', text(ca.der.toString('base64')), 'foreign'],
  ['a JPEG', Buffer.from('ffd8ffe000104a464946', 'hex'), 'foreign'],
  ['DER cut short', ca.der.subarray(0, -1), 'malformed'],
  ['DER with a byte after it', Buffer.concat([ca.der, Buffer.of(0)]), 'malformed'],
  ['DER of a CRL', root.crl(), 'malformed'],
  ['DER of a key', ca.privateKey.export({ format: 'der', type: 'pkcs8' }), 'malformed'],
  ['DER of something else', garbled, 'malformed'],
  ['PEM of a CRL', text(pem('X509 CRL', root.crl())), 'malformed'],
  ['PEM of a key', text(ca.keyPem), 'malformed'],
  [
    'PEM with another character before its base64',
    text(ca.pem.replace('MII', '!MII')),
    'malformed',
  ],
  [
    'PEM with another character after it',
    text(ca.pem.replace('\n-----END', '!\n-----END')),
    'malformed',
  ],
  ['PEM with a character of its base64 missing', text(ca.pem.replace('MII', 'MI')), 'malformed'],
  ['PEM without an end', text('-----BEGIN CERTIFICATE-----\nMIIB'), 'malformed'],
  ['PKCS#7 without certificates', certsOnly([]), 'malformed'],
  ['PKCS#7 of data', certsOnly([ca.der], '1.2.840.113549.1.7.1'), 'malformed'],
  ['PKCS#7 with a byte after it', Buffer.concat([certsOnly([ca.der]), Buffer.of(0)]), 'malformed'],
  ['PKCS#7 cut short', certsOnly([ca.der]).subarray(0, -3), 'malformed'],
  ['PKCS#7 in BER without its end', berCertsOnly([ca.der]).subarray(0, -2), 'malformed'],
  ['PKCS#7 of certificates that are none', certsOnly([garbled, garbled]), 'malformed'],
  ['PKCS#7 nested a thousand deep', nested(1000), 'malformed'],
  ['PKCS#7 of too many certificates', certsOnly(Array<Buffer>(257).fill(garbled)), 'too-large'],
  [
    'PKCS#7 of a hundred thousand values',
    certsOnly([sequence(Buffer.alloc(400_000, Buffer.of(5, 0)))]),
    'malformed',
  ],
  ['PEM of too many certificates', text(pem('CERTIFICATE', garbled).repeat(257)), 'too-large'],
  ['PEM of too many in PKCS#7', text(pem('PKCS7', certsOnly([ca.der])).repeat(257)), 'too-large'],
  ['more than a mebibyte', Buffer.alloc(1024 * 1024 + 1), 'too-large'],
];

function nested(depth: number): Buffer {
  let value: Buffer = integer(1);
  for (let level = 0; level < depth; level++) value = tlv(0x30, value);
  return certsOnly([value]);
}

describe('certificate files', () => {
  for (const [name, bytes, format, certificates, problems = 0] of readable)
    it(`${name}: read`, async () => {
      const file = await readCertificates(bytes);
      assert.equal(file.format, format);
      assert.deepEqual(
        file.certificates.map((der) => Buffer.from(der)),
        certificates,
      );
      assert.equal(file.problems.length, problems);
    });

  for (const [name, bytes, fault] of unreadable)
    it(`${name}: ${fault}`, async () => {
      await assert.rejects(readCertificates(bytes), (error) => {
        assert.ok(error instanceof CertificatesFileError, String(error));
        assert.equal(error.fault, fault);
        return true;
      });
    });
});

describe('certificate files that openssl writes', { skip: opensslMissing }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'certificates-file-'));
  after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'ca.pem'), ca.pem + root.pem);
  for (const form of ['DER', 'PEM'])
    it(`PKCS#7 in ${form}`, async () => {
      const args = ['crl2pkcs7', '-nocrl', '-certfile', 'ca.pem', '-outform', form, '-out', form];
      execFileSync('openssl', args, { cwd: folder });
      const file = await readCertificates(readFileSync(join(folder, form)));
      assert.equal(file.format, 'pkcs7');
      assert.deepEqual(
        file.certificates.map((der) => Buffer.from(der)),
        [ca.der, root.der],
      );
    });
});

describe('mutated certificate files', () => {
  it('are read or refused, and never more than that', async () => {
    let seed = 0x5eed;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return seed % below;
    };
    const sources = [certsOnly([ca.der, root.der]), berCertsOnly([ca.der]), text(ca.pem), ca.der];
    let refused = 0;
    for (let round = 0; round < 4000; round++) {
      const bytes = Buffer.from(sources[round % sources.length] ?? ca.der);
      for (let edits = 1 + random(3); edits > 0; edits--)
        bytes.writeUInt8(random(256), random(bytes.length));
      try {
        await readCertificates(
          bytes.subarray(0, random(8) === 0 ? random(bytes.length) : undefined),
        );
      } catch (error) {
        assert.ok(error instanceof CertificatesFileError, String(error));
        refused++;
      }
    }
    assert.ok(refused > 1000 && refused < 4000, String(refused));
  });
});
