/**
 * Goes over the values that certificates and CRLs are made of (RFC 5280 4.1 and 5.1), without making anything of
 * them: every entry of a store is looked at, and parsing takes several times as long.
 */

import { isUtf8 } from 'node:buffer';
import { DerError, tags } from '../pki/der.ts';

/** A cursor over DER whose ends are arguments. It throws DerError for what GnuTLS does not read. */
export class Walk {
  readonly bytes: Buffer;
  at = 0;
  /** What GnuTLS reads, and OpenSSL perhaps not. */
  doubt: string | undefined;
  /** Whether the key is one of those whose form is known here. */
  isKeyKnown = false;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  fault(problem: string): DerError {
    return new DerError(problem, this.at);
  }

  isNext(tag: number, end: number): boolean {
    return this.at < end && this.bytes[this.at] === tag;
  }

  /** Goes into the next value, which has this tag (any if undefined), and gives its end. */
  enter(tag: number | undefined, end: number): number {
    const { bytes, at } = this;
    if (at + 2 > end) throw this.fault('value cut short');
    if (tag !== undefined && bytes[at] !== tag)
      throw this.fault(`tag ${bytes[at] ?? ''} where ${tag} is due`);
    let length = bytes[at + 1] ?? 0;
    let content = at + 2;
    if (length >= 0x80) {
      const count = length & 0x7f;
      if (count < 1 || count > 3) throw this.fault(`length of ${count} bytes`);
      length = 0;
      for (let n = 0; n < count; n++) length = (length << 8) | (bytes[content++] ?? 0);
      if (length < 0x80 || length >> (8 * (count - 1)) === 0)
        throw this.fault('length not minimal');
    }
    if (content + length > end) throw this.fault('value runs past the end');
    this.at = content;
    return content + length;
  }

  /** Passes over the next value, of at least so many bytes. */
  skip(tag: number | undefined, end: number, least = 0): void {
    const valueEnd = this.enter(tag, end);
    if (valueEnd - this.at < least) throw this.fault('empty value');
    this.at = valueEnd;
  }

  leave(end: number): void {
    if (this.at !== end) throw this.fault('bytes left over');
  }

  /** Whether the same bytes stand in two places. */
  isSame(from: number, to: number, other: number): boolean {
    return this.bytes.compare(this.bytes, other, other + to - from, from, to) === 0;
  }
}

const walkOid = (walk: Walk, end: number): void => {
  const oidEnd = walk.enter(tags.oid, end);
  if (oidEnd === walk.at) throw walk.fault('empty object identifier');
  const { bytes, at } = walk;
  // Three bytes below 0x80 is what most are
  if (
    oidEnd - at === 3 &&
    ((bytes[at] ?? 0) | (bytes[at + 1] ?? 0) | (bytes[at + 2] ?? 0)) < 0x80
  ) {
    walk.at = oidEnd;
    return;
  }
  let isFirst = true;
  for (; walk.at < oidEnd; walk.at++) {
    const byte = walk.bytes[walk.at] ?? 0;
    if (isFirst && byte === 0x80) walk.doubt ??= 'object identifier not minimal';
    isFirst = byte < 0x80;
  }
  if (!isFirst) walk.doubt ??= 'object identifier cut short';
};

export const walkAlgorithm = (walk: Walk, end: number): void => {
  const algorithmEnd = walk.enter(tags.sequence, end);
  walkOid(walk, algorithmEnd);
  if (walk.isNext(tags.oid, algorithmEnd)) walkOid(walk, algorithmEnd);
  else if (walk.at < algorithmEnd) {
    if (!walk.isNext(tags.null, algorithmEnd) && !walk.isNext(tags.sequence, algorithmEnd))
      walk.doubt ??= "parameters of an algorithm's own kind";
    walk.skip(undefined, algorithmEnd);
  }
  walk.leave(algorithmEnd);
};

export const walkBits = (walk: Walk, end: number): number => {
  const bitsEnd = walk.enter(tags.bitString, end);
  const unused = walk.at < bitsEnd ? walk.bytes[walk.at++] : undefined;
  if (unused === undefined) throw walk.fault('empty bit string');
  if (unused > 7) walk.doubt ??= 'malformed bit string';
  return bitsEnd;
};

const plainStrings: ReadonlySet<number> = new Set([
  tags.printableString,
  tags.teletexString,
  tags.ia5String,
]);

const walkText = (walk: Walk, end: number): void => {
  const tag = walk.bytes[walk.at] ?? 0;
  const textEnd = walk.enter(undefined, end);
  if (tag === tags.utf8String) {
    if (!isUtf8(walk.bytes.subarray(walk.at, textEnd))) walk.doubt ??= 'text that is not UTF-8';
  } else if (!plainStrings.has(tag)) walk.doubt ??= `a name with a value of tag ${tag}`;
  walk.at = textEnd;
};

export const walkName = (walk: Walk, end: number): void => {
  const nameEnd = walk.enter(tags.sequence, end);
  while (walk.at < nameEnd) {
    const setEnd = walk.enter(tags.set, nameEnd);
    do {
      const pairEnd = walk.enter(tags.sequence, setEnd);
      walkOid(walk, pairEnd);
      walkText(walk, pairEnd);
      walk.leave(pairEnd);
    } while (walk.at < setEnd);
  }
};

/** The number that two digits at a place write, NaN where they are none. */
const twoDigits = ({ bytes }: Walk, at: number): number => {
  const tens = (bytes[at] ?? 0) - 0x30;
  const ones = (bytes[at + 1] ?? 0) - 0x30;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
};

/** `MMDDHHMMSSZ` */
const isTimeOfYear = (walk: Walk, at: number): boolean => {
  const month = twoDigits(walk, at);
  const day = twoDigits(walk, at + 2);
  return (
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= 31 &&
    twoDigits(walk, at + 4) <= 23 &&
    twoDigits(walk, at + 6) <= 59 &&
    twoDigits(walk, at + 8) <= 59 &&
    walk.bytes[at + 10] === 0x5a
  );
};

export const isTimeNext = (walk: Walk, end: number): boolean =>
  walk.isNext(tags.utcTime, end) || walk.isNext(tags.generalizedTime, end);

export const skipTime = (walk: Walk, end: number): void => {
  walk.skip(isTimeNext(walk, end) ? undefined : tags.utcTime, end);
};

/** OpenSSL reads any bytes as a time, and then verifies nothing with them. */
export const walkTime = (walk: Walk, end: number): void => {
  const isLong = walk.isNext(tags.generalizedTime, end);
  const timeEnd = walk.enter(isLong ? tags.generalizedTime : tags.utcTime, end);
  const year = twoDigits(walk, walk.at) + twoDigits(walk, timeEnd - 13);
  if (timeEnd - walk.at !== (isLong ? 15 : 13) || !(year >= 0) || !isTimeOfYear(walk, timeEnd - 11))
    throw walk.fault('malformed time');
  walk.at = timeEnd;
};

const walkBoolean = (walk: Walk, end: number): void => {
  const booleanEnd = walk.enter(tags.boolean, end);
  if (booleanEnd - walk.at !== 1) throw walk.fault('malformed boolean');
  walk.at = booleanEnd;
};

/** Its length stands before an identifier, so that none is the start of another; most differ in the last byte. */
const isSameOid = ({ bytes, at: end }: Walk, from: number, other: number): boolean => {
  for (let n = end - from - 1; n >= 0; n--) if (bytes[from + n] !== bytes[other + n]) return false;
  return true;
};

const mostExtensions = 100;

export const walkExtensions = (walk: Walk, end: number): void => {
  const listEnd = walk.enter(tags.sequence, end);
  /** Where each object identifier begins. */
  const seen: number[] = [];
  do {
    const extensionEnd = walk.enter(tags.sequence, listEnd);
    const from = walk.at;
    walkOid(walk, extensionEnd);
    for (const other of seen)
      if (isSameOid(walk, from, other)) throw walk.fault('an extension twice');
    if (seen.length >= mostExtensions) throw walk.fault(`more than ${mostExtensions} extensions`);
    seen.push(from);
    if (walk.isNext(tags.boolean, extensionEnd)) walkBoolean(walk, extensionEnd);
    walk.skip(tags.octetString, extensionEnd);
    walk.leave(extensionEnd);
  } while (walk.at < listEnd);
};
