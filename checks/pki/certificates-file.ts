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

/** Keeps the entries that are certificates. */
const readAll = (
  format: CertificatesFile['format'],
  entries: readonly Uint8Array[],
  seen: readonly string[] = [],
): CertificatesFile => {
  if (entries.length > maxCertificates)
    throw new CertificatesFileError('too-large', `more than ${maxCertificates} certificates`);
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
 * The certificates of a SignedData as they stand in the file. Real files are BER as often as DER: asn1js
 * reads the values within bounds, pkijs the ContentInfo around them. The certificates are taken by place,
 * since pkijs would refuse them all for one bad one, and encode the others anew.
 */
const pkcs7Entries = async (bytes: Uint8Array): Promise<Uint8Array[]> => {
  const [asn1, pkijs] = await Promise.all([import('asn1js'), import('pkijs')]);
  const malformed = (what: string): CertificatesFileError =>
    new CertificatesFileError('malformed', `PKCS#7: ${what}`);
  const contentOf = (): unknown => {
    try {
      const { offset, result } = asn1.fromBER(bytes, pkcs7Limits);
      if (offset === -1) throw new Error(result.error);
      if (offset !== bytes.length) throw new Error('bytes left over');
      const info = new pkijs.ContentInfo({ schema: result });
      if (info.contentType !== pkijs.id_ContentType_SignedData) throw new Error('not SignedData');
      return info.content as unknown;
    } catch (error) {
      throw malformed(error instanceof Error ? error.message : 'unreadable');
    }
  };
  const signedData = contentOf();
  const fields = signedData instanceof asn1.Sequence ? signedData.valueBlock.value : [];
  // RFC 5652 5.1: nothing before them has a context-specific tag
  const set = fields.find(({ idBlock }) => idBlock.tagClass === 3 && idBlock.tagNumber === 0);
  const nodes = set instanceof asn1.Constructed ? set.valueBlock.value : [];
  return nodes
    .filter((node) => node instanceof asn1.Sequence)
    .map((entry) => Uint8Array.from(entry.valueBeforeDecodeView));
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
