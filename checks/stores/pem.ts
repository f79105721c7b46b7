/** PEM bundles: certificates one after the other, with whatever text between them (RFC 7468, OpenSSL). */

import { DerError, contextConstructed, readSingle } from '../pki/der.ts';
import type { StoreEntry, StoreProblem } from '../types.ts';
import { storeLimits } from './files.ts';
import { type Collected, StoreError } from './store-error.ts';
import { publicKeyInfoOf } from './subject-name.ts';
import { opensslTrust, p11KitTrust, readTrustSettings } from './trusted-certificate.ts';

const labels = new Set(['CERTIFICATE', 'X509 CERTIFICATE', 'TRUSTED CERTIFICATE']);
const begin = '-----BEGIN ';

/** What a program makes of PEM. */
export interface PemReader {
  readonly trustOf: typeof opensslTrust;
  /** A block that it reads: its label, and its base64 with white space. */
  readonly block: RegExp;
  /** Whether it sees a block that begins within a line. */
  readonly withinLines: boolean;
}

const blank = '[\\t\\v\\f\\r ]*';
const line = `${blank}[A-Za-z0-9+/=][A-Za-z0-9+/=\\t\\v\\f\\r ]*`;
/** A blank line would end a header (RFC 1421): there is none, so that it may only come first. */
const body = `(?:${blank}\\n)?(${line}(?:\\n${line})*)`;

/**
 * OpenSSL wants lines for themselves that begin and end a block (PEM_read_bio): it does not read two that were
 * put together without a line end.
 */
export const pemReaders = {
  openssl: {
    trustOf: opensslTrust,
    block: new RegExp(
      `(?<![^\\n])-----BEGIN ([^-\\n]*)-----${blank}\\n${body}\\n-----END \\1-----${blank}(?:\\n|$)`,
      'y',
    ),
    withinLines: false,
  },
  p11Kit: {
    trustOf: p11KitTrust,
    block: new RegExp(
      `-----BEGIN ([^-\\n]*)-----(?:${blank}\\n)?${body}\\s?-----END \\1-----`,
      'y',
    ),
    withinLines: true,
  },
} as const satisfies Readonly<Record<string, PemReader>>;

interface Block {
  readonly label: string;
  /** Absent where the block is not as it should be. */
  readonly body?: string;
}

const labelAt = (text: string, at: number): string =>
  text.slice(at + begin.length, text.indexOf('-----', at + begin.length));

/** Every armoured block of the text, in one pass whatever the text is. */
function* blocksOf(text: string, { block, withinLines }: PemReader): Generator<Block> {
  for (let at = text.indexOf(begin); at >= 0;) {
    block.lastIndex = at;
    const [, label, body] = block.exec(text) ?? [];
    const next = text.indexOf(begin, Math.max(block.lastIndex, at + begin.length));
    if (label !== undefined && body !== undefined) yield { label, body };
    else if (withinLines || at === 0 || text[at - 1] === '\n') yield { label: labelAt(text, at) };
    at = next;
  }
}

const byteOrderMark = '\xef\xbb\xbf';

/** The text of a file, one character for each byte. */
const textOf = (bytes: Buffer): string =>
  bytes.toString('latin1', bytes.toString('latin1', 0, 3) === byteOrderMark ? 3 : 0);

/** Whether what stands in the outermost SEQUENCE begins with a version: only a certificate does. */
const isVersioned = (bytes: Buffer, start: number): boolean => {
  const length = bytes[start + 1] ?? 0;
  const content = start + 2 + (length < 0x80 ? 0 : length & 0x7f);
  return bytes[content] === contextConstructed(0);
};

const readBlock = (
  { label, body }: Block,
  { trustOf }: PemReader,
): ReturnType<typeof opensslTrust> => {
  if (body === undefined) throw new DerError('not lines of base64 between two of their own', 0);
  const bytes = Buffer.from(body, 'base64');
  if (label === 'TRUSTED CERTIFICATE') return trustOf(readTrustSettings(bytes));
  // PKCS#7, a request or a CRL may stand under the wrong label
  if (!isVersioned(bytes, readSingle(bytes).offset)) publicKeyInfoOf(bytes);
  return { der: bytes, trust: 'trusted' };
};

/** Whether bytes hold anything that a PEM reader would look at. */
export const looksLikePem = (bytes: Buffer): boolean => bytes.includes(begin);

export interface PemContents extends Collected {
  /** How many of the entries stand before the first that cannot be read. */
  readonly intact: number;
}

/**
 * The certificates of a PEM file in its order. A block that cannot be read is a problem and hides no
 * other; blocks of another kind (keys, CRLs) are passed over.
 * @throws StoreError for more certificates than are read
 */
export const readPemBundle = (
  bytes: Buffer,
  path: string,
  reader: PemReader = pemReaders.openssl,
): PemContents => {
  const entries: StoreEntry[] = [];
  let intact: number | undefined;
  const problems: StoreProblem[] = [];
  let count = 0;
  for (const block of blocksOf(textOf(bytes), reader)) {
    if (!labels.has(block.label)) continue;
    const origin = `${path}#${++count}`;
    if (count > storeLimits.certificates)
      throw new StoreError(
        'unreadable',
        `${path}: more than ${storeLimits.certificates} certificates, and no more are read`,
      );
    try {
      entries.push({ ...readBlock(block, reader), origin });
    } catch (error) {
      if (!(error instanceof DerError)) throw error;
      problems.push({ origin, problem: error.message });
      intact ??= entries.length;
    }
  }
  return { entries, problems, intact: intact ?? entries.length };
};
