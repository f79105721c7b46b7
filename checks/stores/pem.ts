/** Files of PEM: certificates one after the other, with whatever text between them (RFC 7468), as one program reads them. */

import { createPrivateKey } from 'node:crypto';
import { DerError, DerReader, tags } from '../pki/der.ts';
import type { StoreEntry, StoreProblem } from '../types.ts';
import { type TlsLibrary, certificateFault, fieldsFault } from './certificate-form.ts';
import { walkCrl } from './certificate-walk.ts';
import { storeLimits } from './files.ts';
import { type PemBlock, begin, gnutlsBlocks, opensslBlocks, p11KitBlocks } from './pem-blocks.ts';
import { type Collected, StoreError } from './store-error.ts';
import { opensslTrust, p11KitTrust, readTrustSettings } from './trusted-certificate.ts';

type Trust = ReturnType<typeof opensslTrust>;

/** What a program makes of PEM. */
export interface PemReader {
  readonly blocks: (text: string) => Iterable<PemBlock>;
  /** By whose rules a certificate is one. */
  readonly library: TlsLibrary;
  /** What it takes from a block of this label; absent where it passes over the block. @throws DerError */
  readonly contentOf: (label: string) => ((bytes: Buffer) => Trust | undefined) | undefined;
  /** What is looked at of a certificate; default all of it, since one that is damaged may cost the whole file. */
  readonly faultOf?: typeof certificateFault;
  /** Base64 that was decoded before: of what lies in several files there is one array of bytes. */
  readonly known?: Map<string, Buffer> | undefined;
}

/** A certificate, whatever stands behind it. */
const plain = (bytes: Buffer): Trust => {
  const reader = new DerReader(bytes);
  const { end } = reader.read(tags.sequence);
  return { der: end === bytes.length ? bytes : bytes.subarray(0, end), trust: 'trusted' };
};

const whole = (bytes: Buffer): Trust => ({ der: bytes, trust: 'trusted' });
const withSettings = (bytes: Buffer): Trust => opensslTrust(readTrustSettings(bytes));

const isPlain = (label: string): boolean => label === 'CERTIFICATE' || label === 'X509 CERTIFICATE';

/** Node's OpenSSL is asked; it knows no DSA by itself, of which only the form is looked at. */
const requirePrivateKey = (bytes: Buffer, label: string): undefined => {
  new DerReader(bytes).read(tags.sequence);
  if (label === 'DSA PRIVATE KEY') return undefined;
  for (const type of ['pkcs8', 'pkcs1', 'sec1'] as const)
    try {
      createPrivateKey({ key: bytes, format: 'der', type });
      return undefined;
    } catch {
      // perhaps of the next type
    }
  throw new DerError('a private key that cannot be read', 0);
};

const requireCrl = (bytes: Buffer): undefined => {
  walkCrl(bytes);
  return undefined;
};

/** PEM_X509_INFO_read_bio: it reads CRLs and keys too, but not encrypted ones. */
const opensslFileContent: PemReader['contentOf'] = (label) => {
  if (isPlain(label)) return plain;
  if (label === 'TRUSTED CERTIFICATE') return withSettings;
  if (label === 'X509 CRL') return requireCrl;
  const isKey = label.endsWith('PRIVATE KEY') && label !== 'ENCRYPTED PRIVATE KEY';
  return isKey ? (bytes) => requirePrivateKey(bytes, label) : undefined;
};

export const pemReaders = {
  /** A bundle by OpenSSL's rules, of which nobody is known to lose all for one certificate. */
  anyone: {
    blocks: opensslBlocks,
    library: 'openssl',
    faultOf: fieldsFault,
    contentOf: opensslFileContent,
  },
  /** OpenSSL, a file of authorities (X509_load_cert_crl_file). */
  openssl: { blocks: opensslBlocks, library: 'openssl', contentOf: opensslFileContent },
  /** OpenSSL, a file that a hash link leads to (PEM_read_bio_X509_AUX). */
  opensslLookup: {
    blocks: opensslBlocks,
    library: 'openssl',
    faultOf: fieldsFault,
    contentOf: (label) =>
      isPlain(label) || label === 'TRUSTED CERTIFICATE' ? withSettings : undefined,
  },
  /** Node, its additional file (PEM_read_bio_X509). */
  node: {
    blocks: opensslBlocks,
    library: 'openssl',
    contentOf: (label) => (isPlain(label) ? plain : undefined),
  },
  gnutls: { blocks: gnutlsBlocks, library: 'gnutls', contentOf: () => whole },
  p11Kit: {
    blocks: p11KitBlocks,
    library: 'gnutls',
    contentOf: (label) => {
      if (isPlain(label)) return whole;
      if (label !== 'TRUSTED CERTIFICATE') return undefined;
      return (bytes) => p11KitTrust(readTrustSettings(bytes));
    },
  },
} as const satisfies Readonly<Record<string, PemReader>>;

const isCertificate = (label: string): boolean => isPlain(label) || label === 'TRUSTED CERTIFICATE';

/** As it is written mostly: lines of 64 characters. */
const usualLength = (bytes: number): number => {
  const characters = Math.ceil(bytes / 3) * 4;
  return characters + Math.ceil(characters / 64) - 1;
};

const decode = (body: string | undefined): Buffer => {
  if (body === undefined) throw new DerError('not lines of base64 between two of their own', 0);
  const bytes = Buffer.from(body, 'base64');
  if (body.length === usualLength(bytes.length)) return bytes;
  const text = body.replace(/\s+/g, '');
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text))
    throw new DerError('not base64', 0);
  return bytes;
};

const decoded = (body: string | undefined, known: PemReader['known']): Buffer => {
  const found = body === undefined ? undefined : known?.get(body);
  if (found) return found;
  const bytes = decode(body);
  if (body !== undefined) known?.set(body, bytes);
  return bytes;
};

interface Read {
  readonly entry?: Trust;
  readonly problem?: string;
  /** The program reads nothing from here on, or nothing at all. */
  readonly refused?: boolean;
}

const readCertificate = (
  trust: Trust,
  { library, faultOf = certificateFault }: PemReader,
): Read => {
  const fault = faultOf(trust.der);
  if (fault === undefined) return { entry: trust };
  const refused = fault.refusedBy.includes(library);
  return { problem: fault.problem, refused, ...(!refused && { entry: trust }) };
};

const readBlock = ({ label, header, body, unseen }: PemBlock, reader: PemReader): Read => {
  const contentOf = reader.contentOf(label);
  try {
    if (unseen) return isCertificate(label) ? { problem: 'more in the line that begins it' } : {};
    const bytes = decoded(body, reader.known);
    // What is encrypted OpenSSL keeps as it is, unless it must look inside
    const isEncrypted =
      header !== undefined && /^Proc-Type: 4,ENCRYPTED\r?\nDEK-Info: /.test(header);
    if (contentOf === undefined || (isEncrypted && !isCertificate(label) && label !== 'X509 CRL'))
      return {};
    if (header !== undefined) throw new DerError('a header that is not expected', 0);
    const trust = contentOf(bytes);
    return trust ? readCertificate(trust, reader) : {};
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return { problem: error.message, refused: true };
  }
};

/** Whether bytes hold anything that a PEM reader would look at. */
export const looksLikePem = (bytes: Buffer): boolean => bytes.includes(begin);

export interface PemContents extends Collected {
  /** How many of the entries stand before the first that cannot be read. */
  readonly intact: number;
  /** Whether there is one. */
  readonly refused: boolean;
}

/**
 * The certificates of a PEM file in its order. A block that cannot be read is a problem and hides no
 * other; blocks of another kind (keys, CRLs) are passed over, but for the faults that the program finds in them.
 * @throws StoreError for more certificates than are read
 */
export const readPemBundle = (
  bytes: Buffer,
  path: string,
  reader: PemReader = pemReaders.anyone,
): PemContents => {
  const entries: StoreEntry[] = [];
  let intact: number | undefined;
  const problems: StoreProblem[] = [];
  let count = 0;
  for (const block of reader.blocks(bytes.toString('latin1'))) {
    if (isCertificate(block.label)) count++;
    const origin = isCertificate(block.label) ? `${path}#${count}` : `${path} (${block.label})`;
    if (count > storeLimits.certificates)
      throw new StoreError(
        'unreadable',
        `${path}: more than ${storeLimits.certificates} certificates, and no more are read`,
      );
    const { entry, problem, refused = false } = readBlock(block, reader);
    if (entry) entries.push({ ...entry, origin });
    if (problem !== undefined) problems.push({ origin, problem });
    if (refused) intact ??= entries.length;
  }
  return { entries, problems, intact: intact ?? entries.length, refused: intact !== undefined };
};
