/** Other readers of CRLs, on the same bytes: pkijs, @peculiar/x509 and OpenSSL, on real CRLs and on made ones. */

import 'reflect-metadata';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as x509 from '@peculiar/x509';
import * as asn1js from 'asn1js';
import * as pkijs from 'pkijs';
import { certificateKey, parseCertificate } from '../../checks/pki/certificate.ts';
import { judgeCrl } from '../../checks/pki/crl-judge.ts';
import { readCrl } from '../../checks/pki/crl-reader.ts';
import { hex } from '../../checks/pki/values.ts';
import { seeded } from '../helpers/chunks.ts';
import { makeCa } from '../helpers/private-ca.ts';
import { lacking } from '../helpers/programs.ts';
import { readPieces } from '../helpers/read-pieces.ts';

const data = (path: string): string =>
  fileURLToPath(new URL(`../../../shared/data/${path}`, import.meta.url));
const missing = existsSync(data('crls')) ? false : 'needs the data set crls';
const run = promisify(execFile);
const opensslMissing = await lacking('openssl');

interface RealCrl {
  readonly file: string;
  readonly issuer: string;
  readonly at: string;
  readonly entries: number;
  readonly number: bigint;
}

const real: readonly RealCrl[] = [
  {
    file: 'crls/gsdomainvalsha2g2-2014-06-26.der',
    issuer: 'intermediates/globalsign-dv-sha256-g2--by-r1.pem',
    at: '2014-06-28',
    entries: 190,
    number: 54740n,
  },
  {
    file: 'crls/gts-we2-2025-06-03.der',
    issuer: 'crls/gts-we2-2025-06-03.issuer.pem',
    at: '2025-06-05',
    entries: 150,
    number: 2827n,
  },
  {
    file: 'crls/amazon-server-ca-1b-2022-03-11.der',
    issuer: 'crls/amazon-server-ca-1b-2022-03-11.issuer.pem',
    at: '2022-03-12',
    entries: 34050,
    number: 2313n,
  },
  {
    file: 'crls/amazon-rootca1-2024-12-18.der',
    issuer: 'crls/amazon-rootca1-2024-12-18.issuer.pem',
    at: '2024-12-19',
    entries: 4,
    number: 24n,
  },
];

const derOf = (pemText: string): Buffer =>
  Buffer.from(/-----BEGIN CERTIFICATE-----([^-]+)-----END/.exec(pemText)?.[1] ?? '', 'base64');
const bufferOf = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;

/** What every reader should see of an entry: serial number, time, reason. */
type Seen = readonly [serial: string, time: string, reason: number | undefined];

const seenByPkijs = (crl: Uint8Array): Seen[] => {
  const { result } = asn1js.fromBER(bufferOf(crl));
  const { revokedCertificates = [] } = new pkijs.CertificateRevocationList({ schema: result });
  return revokedCertificates.map(({ userCertificate, revocationDate, crlEntryExtensions }) => {
    const reason: unknown = crlEntryExtensions?.extensions.find(
      ({ extnID }) => extnID === '2.5.29.21',
    )?.parsedValue;
    return [
      hex(userCertificate.valueBlock.valueHexView),
      revocationDate.value.toISOString(),
      reason instanceof asn1js.Enumerated ? reason.valueBlock.valueDec : undefined,
    ];
  });
};

const seenByPeculiar = (crl: Uint8Array): Seen[] =>
  new x509.X509Crl(bufferOf(crl)).entries.map(({ serialNumber, revocationDate, reason }) => [
    serialNumber.toUpperCase(),
    revocationDate.toISOString(),
    reason,
  ]);

const seenByUs = (crl: Uint8Array, serials: readonly string[]): Seen[] =>
  readCrl(crl, { wanted: serials.map((serial) => Buffer.from(serial, 'hex')) }).hits.map(
    ({ serial, revocationDate, reason }) => [hex(serial), revocationDate.toISOString(), reason],
  );

describe('real CRLs', { skip: missing }, () => {
  for (const { file, issuer, at, entries, number } of real) {
    it(`${file} is sound and current`, () => {
      const certificate = parseCertificate(derOf(readFileSync(data(issuer), 'latin1')));
      const contents = readCrl(readFileSync(data(file)));
      const verdict = judgeCrl(contents, {
        issuers: [certificate],
        at: new Date(at),
        url: contents.extensions.distributionPoint?.fullName?.uris[0] ?? 'http://any.example/',
      });
      assert.deepEqual(verdict.problems, []);
      assert.equal(verdict.signature, 'valid');
      assert.equal(contents.entries, entries);
      assert.equal(contents.extensions.number, number);
      assert.equal(certificateKey(certificate) !== undefined, true);
    });

    it(`${file} is what OpenSSL reads`, { skip: opensslMissing }, async () => {
      const args = ['crl', '-inform', 'DER', '-in', data(file), '-noout', '-text'];
      const { stdout } = await run('openssl', args, { maxBuffer: 64 * 1024 * 1024 });
      const serials = [...stdout.matchAll(/Serial Number: ([0-9A-F]+)/g)].map(
        ([, text]) => text ?? '',
      );
      assert.equal(serials.length, entries);
      const wanted = serials.slice(0, 50).map((text) => {
        const bytes = Buffer.from(text.length % 2 === 0 ? text : `0${text}`, 'hex');
        return (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes;
      });
      assert.equal(readCrl(readFileSync(data(file)), { wanted }).hits.length, wanted.length);
    });
  }

  for (const { file } of real.filter(({ entries }) => entries < 1000))
    it(`${file} is what pkijs and @peculiar/x509 read`, () => {
      const crl = readFileSync(data(file));
      const witness = seenByPkijs(crl);
      assert.deepEqual(
        seenByUs(
          crl,
          witness.map(([serial]) => serial),
        ),
        witness,
      );
      const second = seenByPeculiar(crl);
      assert.equal(second.length, witness.length);
      assert.deepEqual(
        second.map(([, time, reason]) => [time, reason]),
        witness.map(([, time, reason]) => [time, reason]),
      );
    });
});

describe('made CRLs', () => {
  it('are what pkijs and @peculiar/x509 read', () => {
    const ca = makeCa({ name: 'CN=Witnessed' });
    const next = seeded(3);
    for (let round = 0; round < 20; round++) {
      const entries = Array.from({ length: 1 + (next() % 60) }, () => {
        const words = Array.from({ length: 1 + (next() % 4) }, () => BigInt(next()));
        const serial = words.reduce((value, word) => (value << 32n) | word, 0n) + 1n;
        const reason = [undefined, 1, 3, 4, 5, 6, 9][next() % 7];
        const date = new Date(Date.UTC(2000 + (next() % 60), next() % 12, 1 + (next() % 28)));
        return { serial, date, ...(reason !== undefined && { reason }) };
      });
      const crl = ca.crl({ entries });
      const witness = seenByPkijs(crl);
      assert.equal(witness.length, entries.length);
      assert.deepEqual(
        seenByUs(
          crl,
          witness.map(([serial]) => serial),
        ),
        witness,
      );
      assert.deepEqual(
        seenByPeculiar(crl).map(([, time, reason]) => [time, reason]),
        witness.map(([, time, reason]) => [time, reason]),
      );
      const pieces = Array.from(crl, (byte) => Uint8Array.of(byte));
      assert.equal(readPieces(pieces).entries, entries.length);
    }
  });

  it('verify where pkijs says so', async () => {
    for (const key of ['rsa', 'p256', 'p384'] as const) {
      const ca = makeCa({ name: 'CN=Witnessed', key });
      for (const [crl, expected] of [
        [ca.crl({ entries: [{ serial: 5 }] }), true],
        [makeCa({ name: 'CN=Witnessed', key }).crl(), false],
      ] as const) {
        const { result } = asn1js.fromBER(bufferOf(crl));
        const list = new pkijs.CertificateRevocationList({ schema: result });
        const issuerCertificate = pkijs.Certificate.fromBER(bufferOf(ca.der));
        assert.equal(await list.verify({ issuerCertificate }), expected);
        assert.equal(readCrl(crl).verify(ca.publicKey), expected);
      }
    }
  });
});
