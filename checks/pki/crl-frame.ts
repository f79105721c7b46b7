/** What stands around the entries of a CRL (RFC 5280 5.1): the fields before them, and what follows. */

import { type Extension, readExtensions } from './certificate.ts';
import { DerError, DerReader, contextConstructed, tags } from './der.ts';
import { DerWalk } from './der-walk.ts';
import { type Name, readName } from './name.ts';
import { type AlgorithmIdentifier, readAlgorithmIdentifier, sameAlgorithm } from './signature.ts';
import { isTime, readBitStringBytes, readSmallInteger, readTime } from './values.ts';

/** Where the parts of a CRL lie, in bytes from its start. */
export interface CrlFrame {
  /** One past the last byte of the CRL. */
  readonly total: number;
  /** What the signature covers. */
  readonly tbsStart: number;
  readonly tbsEnd: number;
  /** version … nextUpdate. */
  readonly fieldsStart: number;
  readonly fieldsEnd: number;
  /** The content of revokedCertificates; empty, at its end, where there is none. */
  readonly entriesStart: number;
  readonly entriesEnd: number;
}

export interface CrlFields {
  readonly version: 1 | 2;
  readonly algorithm: AlgorithmIdentifier;
  readonly issuer: Name;
  readonly thisUpdate: Date;
  readonly nextUpdate?: Date;
}

/** The most bytes that the fields before the entries, and those after them, may take. */
const maxFieldBytes = 65_536;
const maxTailBytes = 1_048_576;
/** version, signature, issuer, thisUpdate, nextUpdate. */
const maxFields = 5;

/**
 * The frame of the CRL whose first bytes these are, or undefined while they are too few to tell.
 * @throws DerError
 */
export const scanFrame = (bytes: Uint8Array): CrlFrame | undefined => {
  const window = new DerWalk(bytes);
  if (!window.hasHeader(0)) return undefined;
  const total = window.endOf(0, tags.sequence, Infinity);
  const tbsStart = window.contentOf(0);
  if (tbsStart + 2 > total) throw new DerError('value cut short', tbsStart);
  if (!window.hasHeader(tbsStart)) return undefined;
  const tbsEnd = window.endOf(tbsStart, tags.sequence, total);
  const fieldsStart = window.contentOf(tbsStart);
  const frame = { total, tbsStart, tbsEnd, fieldsStart };
  let at = fieldsStart;
  let afterTime = false;
  for (let fields = 0; at < tbsEnd; fields++) {
    if (at + 2 > tbsEnd) throw new DerError('value cut short', at);
    if (!window.hasHeader(at)) return undefined;
    const tag = window.view.getUint8(at);
    if (tag === contextConstructed(0)) break;
    const end = window.endOf(at, tag, tbsEnd);
    if (tag === tags.sequence && afterTime) {
      const entriesStart = window.contentOf(at);
      // 5.1.2.6: where there are no revoked certificates, the list is absent.
      if (entriesStart === end) throw new DerError('empty list of revoked certificates', at);
      return withTail({ ...frame, fieldsEnd: at, entriesStart, entriesEnd: end });
    }
    if (fields >= maxFields) throw new DerError('more fields than a CRL has', at);
    if (end - fieldsStart > maxFieldBytes)
      throw new DerError(`fields of more than ${maxFieldBytes} bytes`, at);
    if (end > bytes.length) return undefined;
    afterTime = isTime(tag);
    at = end;
  }
  return withTail({ ...frame, fieldsEnd: at, entriesStart: at, entriesEnd: at });
};

const withTail = (frame: CrlFrame): CrlFrame => {
  if (frame.total - frame.entriesEnd > maxTailBytes)
    throw new DerError(`more than ${maxTailBytes} bytes after the entries`, frame.entriesEnd);
  return frame;
};

/** `bytes`: the CRL up to its entries at least. The values are copies: `bytes` may be used again. */
export const readFields = (bytes: Uint8Array, frame: CrlFrame): CrlFields => {
  const copy = new Uint8Array(bytes.subarray(0, frame.fieldsEnd));
  const reader = new DerReader(copy, { start: frame.fieldsStart, end: frame.fieldsEnd });
  const version = readVersion(reader);
  const algorithm = readAlgorithmIdentifier(reader);
  const issuer = readName(reader);
  if (issuer.rdns.length === 0) throw new DerError('empty issuer', frame.fieldsStart);
  const thisUpdate = readTime(reader);
  const nextUpdate = isTime(reader.peek()) ? readTime(reader) : undefined;
  reader.finish();
  return { version, algorithm, issuer, thisUpdate, ...(nextUpdate && { nextUpdate }) };
};

/** 5.1.2.1: a version that is written is 2, as the integer 1. */
const readVersion = (reader: DerReader): 1 | 2 => {
  if (reader.peek() !== tags.integer) return 1;
  const at = reader.offset;
  if (readSmallInteger(reader) !== 1) throw new DerError('CRL version is not 2', at);
  return 2;
};

export interface CrlTail {
  readonly extensions: ReadonlyMap<string, Extension>;
  readonly signature: Uint8Array;
}

/** `bytes`: all that follows the entries. */
export const readTail = (bytes: Uint8Array, frame: CrlFrame, fields: CrlFields): CrlTail => {
  const signedEnd = frame.tbsEnd - frame.entriesEnd;
  const tbs = new DerReader(bytes, { start: 0, end: signedEnd });
  let extensions: ReadonlyMap<string, Extension> = new Map();
  if (!tbs.isDone()) {
    const wrapper = tbs.inside(contextConstructed(0));
    if (fields.version === 1) throw new DerError('extensions in a version 1 CRL', 0);
    extensions = readExtensions(wrapper.inside());
    wrapper.finish();
    tbs.finish();
  }
  const outer = new DerReader(bytes, { start: signedEnd, end: bytes.length });
  if (!sameAlgorithm(fields.algorithm, readAlgorithmIdentifier(outer)))
    throw new DerError('the two signature algorithms differ', signedEnd);
  const signature = readBitStringBytes(outer);
  outer.finish();
  return { extensions, signature };
};
