/** PEM bundles: certificates one after the other, with whatever text between them (RFC 7468, OpenSSL). */

import { DerError, contextConstructed, readSingle } from '../pki/der.ts';
import type { StoreEntry, StoreProblem } from '../types.ts';
import { storeLimits } from './files.ts';
import { type Collected, StoreError } from './store-error.ts';
import { publicKeyInfoOf } from './subject-name.ts';
import { opensslTrust, p11KitTrust, readTrustSettings } from './trusted-certificate.ts';

const labels = new Set(['CERTIFICATE', 'X509 CERTIFICATE', 'TRUSTED CERTIFICATE']);
const begin = '-----BEGIN ';

interface Block {
  readonly label: string;
  /** Base64 with white space; absent where the block is not closed as it should be. */
  readonly body?: string;
}

/** Nothing but white space up to the end of the line. */
const restOfLine = /[\t\v\f\r ]*(?:\n|$)/y;

const endsLine = (text: string, at: number): boolean => {
  restOfLine.lastIndex = at;
  return restOfLine.test(text);
};

const byteOrderMark = '\xef\xbb\xbf';

const beginsLine = (text: string, at: number): boolean =>
  at === 0 || text[at - 1] === '\n' || (at === 3 && text.startsWith(byteOrderMark));

/** Every armoured block of the text, in one pass whatever the text is. */
function* blocksOf(text: string, ownLines: boolean): Generator<Block> {
  for (let at = text.indexOf(begin); at >= 0;) {
    const labelEnd = text.indexOf('-----', at + begin.length);
    if (labelEnd < 0) return;
    if (ownLines && !beginsLine(text, at)) {
      at = text.indexOf(begin, at + begin.length);
      continue;
    }
    const label = text.slice(at + begin.length, labelEnd);
    const bodyStart = labelEnd + 5;
    const bodyEnd = text.indexOf('-----', bodyStart);
    const closing = `-----END ${label}-----`;
    const end = bodyEnd + closing.length;
    if (bodyEnd >= 0 && text.startsWith(closing, bodyEnd)) {
      const isAlone = endsLine(text, bodyStart) && beginsLine(text, bodyEnd) && endsLine(text, end);
      yield ownLines && !isAlone ? { label } : { label, body: text.slice(bodyStart, bodyEnd) };
      at = text.indexOf(begin, end);
    } else {
      yield { label };
      at = bodyEnd < 0 ? -1 : text.indexOf(begin, bodyEnd);
    }
  }
}

const base64Pattern = /^[A-Za-z0-9+/\t-\r ]+(?:=[\t-\r ]*){0,2}$/;

const blankLine = /\n[\t\v\f\r ]*\n/;

/** A blank line ends a header (RFC 1421). There is none, so that it may only come first. */
const isBase64 = (body: string): boolean =>
  base64Pattern.test(body) && !blankLine.test(body.slice(body.indexOf('\n') + 1));

/** What a program makes of PEM. */
export interface PemReader {
  readonly trustOf: typeof opensslTrust;
  /**
   * Whether the lines that begin and end a block have to be nothing else's: then what begins within a line is
   * not seen, and blocks that were put together without a line end are not read.
   */
  readonly ownLines: boolean;
}

export const pemReaders = {
  openssl: { trustOf: opensslTrust, ownLines: true },
  p11Kit: { trustOf: p11KitTrust, ownLines: false },
} as const satisfies Readonly<Record<string, PemReader>>;

const readBlock = (
  { label, body }: Block,
  { trustOf }: PemReader,
): ReturnType<typeof opensslTrust> => {
  if (body === undefined) throw new DerError('block that no line of its own closes', 0);
  if (!isBase64(body)) throw new DerError('not base64', 0);
  const bytes = Buffer.from(body, 'base64');
  if (label === 'TRUSTED CERTIFICATE') return trustOf(readTrustSettings(bytes));
  const tbs = readSingle(bytes).inside();
  // Without a version it may be a request or a CRL under the wrong label
  if (tbs.peek() !== contextConstructed(0)) publicKeyInfoOf(bytes);
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
  for (const block of blocksOf(bytes.toString('latin1'), reader.ownLines)) {
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
