/**
 * The files that CAs serve under caIssuers (RFC 5280 4.2.2.1) and that people keep certificates in:
 * one certificate in DER, certificates in PEM (RFC 7468), or PKCS#7 certs-only (RFC 5652), bare or armoured.
 */

import { parseCertificate } from './certificate.ts';
import { DerError } from './der.ts';

export interface CertificatesFile {
  readonly format: 'der' | 'pem' | 'pkcs7';
  /** DER of each, in the order of the file, every one of them read strictly; at least one. */
  readonly certificates: readonly Uint8Array[];
  /** What is wrong with the entries that are left out. */
  readonly problems: readonly string[];
}

/**
 * `foreign`: neither DER nor PEM at all. `malformed`: DER or PEM, but not certificates.
 * `too-large`: more bytes or certificates than are read.
 */
export type CertificatesFault = 'foreign' | 'malformed' | 'too-large';

export class CertificatesFileError extends Error {
  override readonly name = 'CertificatesFileError';
  readonly fault: CertificatesFault;

  constructor(fault: CertificatesFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

const maxBytes = 1024 * 1024;
const maxCertificates = 256;
/** asn1js makes an object of every value; a certificate has about 150. */
const pkcs7Limits = { maxDepth: 32, maxNodes: 60_000, maxContentLength: maxBytes };

const signedDataOid = '1.2.840.113549.1.7.2';

const tooMany = (): CertificatesFileError =>
  new CertificatesFileError('too-large', `more than ${maxCertificates} certificates`);

/** Keeps the entries that are certificates. */
const readAll = (
  format: CertificatesFile['format'],
  entries: readonly Uint8Array[],
  seen: readonly string[] = [],
): CertificatesFile => {
  if (entries.length > maxCertificates) throw tooMany();
  const certificates: Uint8Array[] = [];
  const problems = [...seen];
  for (const [index, der] of entries.entries()) {
    try {
      parseCertificate(der);
      certificates.push(der);
    } catch (error) {
      if (!(error instanceof DerError)) throw error;
      problems.push(`certificate ${index + 1}: ${error.message}`);
    }
  }
  if (certificates.length === 0)
    throw new CertificatesFileError('malformed', problems[0] ?? 'no certificate inside');
  return { format, certificates, problems };
};

/** Whether the bytes begin as one DER or BER SEQUENCE does; text that begins with `0` does not. */
const looksLikeSequence = (bytes: Uint8Array): boolean => {
  const [tag, length] = bytes;
  if (tag !== 0x30 || length === undefined) return false;
  return length < 0x80 ? bytes.length === length + 2 : length <= 0x84;
};

/** Whether a SEQUENCE begins with an OBJECT IDENTIFIER, as ContentInfo does and a certificate does not. */
const looksLikeContentInfo = (bytes: Uint8Array): boolean => {
  const length = bytes[1] ?? 0;
  return bytes[2 + (length > 0x80 ? length & 0x7f : 0)] === 0x06;
};

/**
 * The certificates of a SignedData as they stand in the file. Real files are BER as often as DER, so
 * asn1js reads the outer layers; pkijs on top of it would encode each certificate anew.
 */
const pkcs7Entries = async (bytes: Uint8Array): Promise<Uint8Array[]> => {
  const asn1 = await import('asn1js');
  const malformed = (what: string): CertificatesFileError =>
    new CertificatesFileError('malformed', `PKCS#7: ${what}`);
  let parsed;
  try {
    parsed = asn1.fromBER(bytes, pkcs7Limits);
  } catch (error) {
    throw malformed(error instanceof Error ? error.message : 'unreadable');
  }
  if (parsed.offset === -1) throw malformed(parsed.result.error);
  if (parsed.offset !== bytes.length) throw malformed('bytes left over');
  const children = (node: unknown): readonly unknown[] =>
    node instanceof asn1.Sequence || node instanceof asn1.Set || node instanceof asn1.Constructed
      ? node.valueBlock.value
      : [];
  const isContext = (node: unknown, n: number): boolean =>
    node instanceof asn1.Constructed && node.idBlock.tagClass === 3 && node.idBlock.tagNumber === n;
  const [type, content] = children(parsed.result);
  if (!(type instanceof asn1.ObjectIdentifier) || type.getValue() !== signedDataOid)
    throw malformed('not SignedData');
  const fields = children(children(content)[0]);
  const set = fields.slice(3).find((field) => isContext(field, 0));
  const entries = children(set).filter((node) => node instanceof asn1.Sequence);
  if (entries.length > maxCertificates) throw tooMany();
  return entries.map((entry) => Uint8Array.from(entry.valueBeforeDecodeView));
};

const readBinary = async (bytes: Uint8Array, format: 'der' | 'pem'): Promise<CertificatesFile> =>
  looksLikeContentInfo(bytes)
    ? readAll('pkcs7', await pkcs7Entries(bytes))
    : readAll(format, [bytes]);

const armour = /-----BEGIN ([A-Z0-9 #]{1,40})-----([^-]*)-----END \1-----/g;
const certificateLabels = new Set(['CERTIFICATE', 'X509 CERTIFICATE']);
const pkcs7Labels = new Set(['PKCS7', 'PKCS #7 SIGNED DATA', 'CMS']);

/** RFC 7468 2, laxly: white space anywhere; header lines (RFC 1421) are not for certificates. */
const base64Bytes = (text: string): Uint8Array | undefined => {
  const compact = text.replace(/\s+/g, '');
  return /^[A-Za-z0-9+/]+={0,2}$/.test(compact) && compact.length % 4 === 0
    ? Uint8Array.from(Buffer.from(compact, 'base64'))
    : undefined;
};

const readPem = async (text: string): Promise<CertificatesFile> => {
  const entries: Uint8Array[] = [];
  const problems: string[] = [];
  let pkcs7 = 0;
  for (const [, label = '', body = ''] of text.matchAll(armour)) {
    if (!certificateLabels.has(label) && !pkcs7Labels.has(label)) continue;
    const der = base64Bytes(body);
    if (der === undefined) problems.push(`${label}: not base64`);
    else if (looksLikeSequence(der) && looksLikeContentInfo(der)) {
      // Windows arms PKCS#7 with the label CERTIFICATE too
      entries.push(...(await pkcs7Entries(der)));
      pkcs7++;
    } else entries.push(der);
    if (entries.length > maxCertificates) throw tooMany();
  }
  return readAll(pkcs7 > 0 ? 'pkcs7' : 'pem', entries, problems);
};

/** @throws CertificatesFileError for bytes from which no certificate can be read. */
export const readCertificates = async (bytes: Uint8Array): Promise<CertificatesFile> => {
  if (bytes.length > maxBytes)
    throw new CertificatesFileError('too-large', `more than ${maxBytes} bytes`);
  if (looksLikeSequence(bytes)) return readBinary(bytes, 'der');
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  if (text.includes('-----BEGIN ')) return readPem(text);
  throw new CertificatesFileError('foreign', 'neither DER nor PEM');
};
