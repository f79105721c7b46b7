/**
 * One candidate of the CRL benchmark, in a process of its own:
 *
 *     candidate NAME CRL ISSUER_PEM SERIAL_HEX [again]
 *
 * With the issuer's certificate read (but for `certready-cold`), it reads the CRL, looks one serial number
 * up and verifies the signature. It prints as JSON the milliseconds that this took (`ms`, from opening the
 * file, modules loaded), those of processor time (`cpu`), and the peak memory of the process (`peak`, MB),
 * or why it would not (`refused`); with `again`, the milliseconds once it has been done before.
 */

import { type KeyObject, X509Certificate, createHash, createPublicKey } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { median } from './measure.ts';

const [, , name = '', path = '', issuerPath = '', serial = '', again] = process.argv;
const issuer = readFileSync(issuerPath);
const issuerDer = new X509Certificate(issuer).raw;

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

/** `issuerKey`: where the key that verifies comes from, asked once the CRL has been read. */
const certready = async (issuerKey: () => KeyObject | undefined): Promise<Judge> => {
  const { CrlReader } = await import('../checks/pki/crl-reader.ts');
  const { serialBytes } = await import('../checks/pki/values.ts');
  return () => {
    const reader = new CrlReader({ wanted: [serialBytes(serial)] });
    eachPiece((piece) => reader.write(piece));
    const contents = reader.finish();
    const key = issuerKey();
    return key !== undefined && contents.verify(key) === true && contents.hits.length === 0;
  };
};

/** As in a run, which has read its profile's certificates. */
const certreadyInRun = async (): Promise<Judge> => {
  const { certificateKey, parseCertificate } = await import('../checks/pki/certificate.ts');
  const key = certificateKey(parseCertificate(issuerDer));
  return certready(() => key);
};

/** The CRL is the first DER of all that the process reads. */
const certreadyCold = (): Promise<Judge> => certready(() => createPublicKey(issuer));

const lifted = {
  maxDepth: 1_000,
  maxNodes: 1_000_000_000,
  maxContentLength: Number.MAX_SAFE_INTEGER,
};

/** What a library says of a CRL that it does not take. */
class Refused extends Error {}

const pkijs = async (limits?: typeof lifted): Promise<Judge> => {
  const asn1js = await import('asn1js');
  const { Certificate, CertificateRevocationList } = await import('pkijs');
  const issuerCertificate = Certificate.fromBER(arrayBufferOf(issuerDer));
  return async () => {
    const { result, offset } = asn1js.fromBER(arrayBufferOf(readFileSync(path)), limits);
    if (offset === -1) throw new Refused(result.error);
    const crl = new CertificateRevocationList({ schema: result });
    const wanted = Buffer.from(serial, 'hex');
    const hit = crl.revokedCertificates?.some(
      ({ userCertificate }) =>
        Buffer.compare(Buffer.from(userCertificate.valueBlock.valueHexView), wanted) === 0,
    );
    return (await crl.verify({ issuerCertificate })) && hit !== true;
  };
};

const x509 = async (limits?: typeof lifted): Promise<Judge> => {
  await import('reflect-metadata');
  const { X509Certificate: Certificate, X509Crl } = await import('@peculiar/x509');
  const { publicKey } = new Certificate(issuerDer);
  return async () => {
    const crl = readX509(() =>
      limits
        ? new X509Crl(arrayBufferOf(readFileSync(path)), { berOptions: limits })
        : new X509Crl(arrayBufferOf(readFileSync(path))),
    );
    const hit = crl.findRevoked(serial);
    return (await crl.verify({ publicKey })) && hit === null;
  };
};

const readX509 = <T>(read: () => T): T => {
  try {
    return read();
  } catch (error) {
    throw new Refused(error instanceof Error ? error.message : String(error));
  }
};

const candidates: Readonly<Record<string, () => Promise<Judge> | Judge>> = {
  floor,
  certready: certreadyInRun,
  'certready-cold': certreadyCold,
  'pkijs-limited': () => pkijs(),
  pkijs: () => pkijs(lifted),
  'x509-limited': () => x509(),
  x509: () => x509(lifted),
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

const once = async (): Promise<object> => {
  try {
    const before = process.cpuUsage();
    const ms = await timed();
    const { user, system } = process.cpuUsage(before);
    return { ms, cpu: (user + system) / 1000, peak: process.resourceUsage().maxRSS / 1024 };
  } catch (error) {
    if (error instanceof Refused) return { refused: `refused (${error.message})` };
    throw error;
  }
};

/** A running agent reads its CRLs again and again, its code optimized by then. */
const repeatedly = async (): Promise<object> => {
  const times: number[] = [];
  for (let round = 0; round < 6; round++) times.push(await timed());
  return { ms: median(times.slice(1)) };
};

process.stdout.write(JSON.stringify(await (again === undefined ? once() : repeatedly())));
