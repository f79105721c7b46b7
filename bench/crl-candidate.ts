/**
 * One candidate of the CRL benchmark, in a process of its own:
 *
 *     candidate NAME CRL ISSUER_PEM SERIAL_HEX [again]
 *
 * It reads the CRL, looks one serial number up and verifies the signature, and prints as JSON the
 * milliseconds that this took (`ms`, from opening the file, modules loaded) and the peak memory of
 * the process (`peak`, MB); with `again`, the milliseconds once it has been done before.
 */

import { createHash, createPublicKey } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { median } from './measure.ts';

const [, , name = '', path = '', issuerPath = '', serial = '', again] = process.argv;
const issuer = readFileSync(issuerPath);

const eachPiece = (take: (piece: Uint8Array) => void): void => {
  const file = openSync(path, 'r');
  const buffer = Buffer.allocUnsafeSlow(524_288);
  for (;;) {
    const length = readSync(file, buffer, 0, buffer.length, null);
    if (length === 0) break;
    take(length === buffer.length ? buffer : buffer.subarray(0, length));
  }
  closeSync(file);
};

const arrayBufferOf = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;

type Judge = () => Promise<boolean> | boolean;

const floor = (): Judge => () => {
  const hash = createHash('sha256');
  eachPiece((piece) => hash.update(piece));
  return hash.digest().length === 32;
};

/** `fingerprint`: the SHA-256 of the whole file too, as the check reports it. */
const certready = async (fingerprint: boolean): Promise<Judge> => {
  const { CrlReader } = await import('../checks/pki/crl-reader.ts');
  const { serialBytes } = await import('../checks/pki/values.ts');
  return () => {
    const reader = new CrlReader({ wanted: [serialBytes(serial)] });
    const hash = fingerprint ? createHash('sha256') : undefined;
    eachPiece((piece) => {
      reader.write(piece);
      hash?.update(piece);
    });
    const contents = reader.finish();
    hash?.digest();
    return contents.verify(createPublicKey(issuer)) === true && contents.hits.length === 0;
  };
};

const lifted = {
  maxDepth: 1_000,
  maxNodes: 1_000_000_000,
  maxContentLength: Number.MAX_SAFE_INTEGER,
};

const pkijs = async (): Promise<Judge> => {
  const asn1js = await import('asn1js');
  const { Certificate, CertificateRevocationList } = await import('pkijs');
  const { X509Certificate } = await import('node:crypto');
  return async () => {
    const { result } = asn1js.fromBER(arrayBufferOf(readFileSync(path)), lifted);
    const crl = new CertificateRevocationList({ schema: result });
    const certificate = Certificate.fromBER(arrayBufferOf(new X509Certificate(issuer).raw));
    const wanted = Buffer.from(serial, 'hex');
    const hit = crl.revokedCertificates?.some(
      ({ userCertificate }) =>
        Buffer.compare(Buffer.from(userCertificate.valueBlock.valueHexView), wanted) === 0,
    );
    return (await crl.verify({ issuerCertificate: certificate })) && hit !== true;
  };
};

const x509 = async (): Promise<Judge> => {
  await import('reflect-metadata');
  const { X509Certificate, X509Crl } = await import('@peculiar/x509');
  return async () => {
    const crl = new X509Crl(arrayBufferOf(readFileSync(path)), { berOptions: lifted });
    const certificate = new X509Certificate(issuer.toString());
    const hit = crl.findRevoked(serial);
    return (await crl.verify({ publicKey: certificate.publicKey })) && hit === null;
  };
};

const candidates: Readonly<Record<string, () => Promise<Judge> | Judge>> = {
  floor,
  certready: () => certready(false),
  'certready+sha256': () => certready(true),
  pkijs,
  x509,
};

const make = candidates[name];
if (!make) throw new Error(`no candidate ${name}; there are ${Object.keys(candidates).join(', ')}`);
const judge = await make();
const timed = async (): Promise<number> => {
  const started = performance.now();
  const good = await judge();
  const ms = performance.now() - started;
  if (!good) throw new Error(`${name} did not find the CRL good`);
  return ms;
};

if (again === undefined) {
  const ms = await timed();
  process.stdout.write(JSON.stringify({ ms, peak: process.resourceUsage().maxRSS / 1024 }));
} else {
  // A running agent reads its CRLs again and again, its code optimized by then.
  const times: number[] = [];
  for (let round = 0; round < 6; round++) times.push(await timed());
  process.stdout.write(JSON.stringify({ ms: median(times.slice(1)) }));
}
