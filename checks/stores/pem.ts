/** PEM bundles: certificates one after the other, with whatever text between them (RFC 7468, OpenSSL). */

import { DerError, readSingle } from '../pki/der.ts';
import type { StoreEntry, StoreProblem } from '../types.ts';
import { storeLimits } from './files.ts';
import { type Collected, StoreError } from './store-error.ts';
import { opensslTrust, readTrustSettings } from './trusted-certificate.ts';

const labels = new Set(['CERTIFICATE', 'X509 CERTIFICATE', 'TRUSTED CERTIFICATE']);
const begin = '-----BEGIN ';

interface Block {
  readonly label: string;
  /** Base64 with white space; absent where the block is not closed. */
  readonly body?: string;
}

/** Every armoured block of the text, in one pass whatever the text is. */
function* blocksOf(text: string): Generator<Block> {
  for (let at = text.indexOf(begin); at >= 0;) {
    const labelEnd = text.indexOf('-----', at + begin.length);
    if (labelEnd < 0) return;
    const label = text.slice(at + begin.length, labelEnd);
    const bodyEnd = text.indexOf('-----', labelEnd + 5);
    const closing = `-----END ${label}-----`;
    if (bodyEnd >= 0 && text.startsWith(closing, bodyEnd)) {
      yield { label, body: text.slice(labelEnd + 5, bodyEnd) };
      at = text.indexOf(begin, bodyEnd + closing.length);
    } else {
      yield { label };
      at = bodyEnd < 0 ? -1 : text.indexOf(begin, bodyEnd);
    }
  }
}

const base64Pattern = /^[A-Za-z0-9+/\s]+(?:=\s*){0,2}$/;

const readBlock = (
  { label, body }: Block,
  trustOf: typeof opensslTrust,
): ReturnType<typeof opensslTrust> => {
  if (body === undefined) throw new DerError('block that is not closed', 0);
  if (!base64Pattern.test(body)) throw new DerError('not base64', 0);
  const bytes = Buffer.from(body, 'base64');
  if (label === 'TRUSTED CERTIFICATE') return trustOf(readTrustSettings(bytes));
  readSingle(bytes);
  return { der: bytes, trust: 'trusted' };
};

/** Whether bytes hold anything that a PEM reader would look at. */
export const looksLikePem = (bytes: Buffer): boolean => bytes.includes(begin);

/**
 * The certificates of a PEM file in its order. A block that cannot be read is a problem and hides no
 * other; blocks of another kind (keys, CRLs) are passed over. `trustOf` says what its reader makes of
 * trust settings.
 * @throws StoreError for more certificates than are read
 */
export const readPemBundle = (
  bytes: Buffer,
  path: string,
  trustOf: typeof opensslTrust = opensslTrust,
): Collected => {
  const entries: StoreEntry[] = [];
  const problems: StoreProblem[] = [];
  let count = 0;
  for (const block of blocksOf(bytes.toString('latin1'))) {
    if (!labels.has(block.label)) continue;
    const origin = `${path}#${++count}`;
    if (count > storeLimits.certificates)
      throw new StoreError(
        'unreadable',
        `${path}: more than ${storeLimits.certificates} certificates, and no more are read`,
      );
    try {
      entries.push({ ...readBlock(block, trustOf), origin });
    } catch (error) {
      if (!(error instanceof DerError)) throw error;
      problems.push({ origin, problem: error.message });
    }
  }
  return { entries, problems };
};
