/**
 * Goes over a certificate's DER, or a CRL's, without making values of it: every entry of a store is looked at, and
 * parsing takes ten times as long (RFC 5280 4.1 and 5.1).
 */

import { isUtf8 } from 'node:buffer';
import {
  DerError,
  contextConstructed,
  contextPrimitive,
  tags,
  unlessMalformed,
} from '../pki/der.ts';

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

const walkAlgorithm = (walk: Walk, end: number): void => {
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

const walkBits = (walk: Walk, end: number): number => {
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

/** The string between two places. */
const walkContent = (walk: Walk, tag: number, textEnd: number): void => {
  if (tag === tags.utf8String) {
    if (!isUtf8(walk.bytes.subarray(walk.at, textEnd))) walk.doubt ??= 'text that is not UTF-8';
  } else if (!plainStrings.has(tag)) walk.doubt ??= `a name with a value of tag ${tag}`;
  walk.at = textEnd;
};

/**
 * Passes over an attribute as nearly all are: a set of one pair, whose identifier has three bytes, and each length one.
 */
const skipUsualAttribute = (walk: Walk, end: number): boolean => {
  const { bytes, at } = walk;
  const length = bytes[at + 1] ?? 0x80;
  const isUsual =
    bytes[at] === tags.set &&
    length < 0x80 &&
    at + 2 + length <= end &&
    bytes[at + 2] === tags.sequence &&
    bytes[at + 3] === length - 2 &&
    bytes[at + 4] === tags.oid &&
    bytes[at + 5] === 3 &&
    ((bytes[at + 6] ?? 0) | (bytes[at + 7] ?? 0) | (bytes[at + 8] ?? 0)) < 0x80 &&
    bytes[at + 10] === length - 9;
  if (!isUsual) return false;
  walk.at = at + 11;
  walkContent(walk, bytes[at + 9] ?? 0, at + 2 + length);
  return true;
};

const walkText = (walk: Walk, end: number): void => {
  const tag = walk.bytes[walk.at] ?? 0;
  walkContent(walk, tag, walk.enter(undefined, end));
};

const walkName = (walk: Walk, end: number): void => {
  const nameEnd = walk.enter(tags.sequence, end);
  while (walk.at < nameEnd) {
    if (skipUsualAttribute(walk, nameEnd)) continue;
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

const isTimeNext = (walk: Walk, end: number): boolean =>
  walk.isNext(tags.utcTime, end) || walk.isNext(tags.generalizedTime, end);

const skipTime = (walk: Walk, end: number): void => {
  walk.skip(isTimeNext(walk, end) ? undefined : tags.utcTime, end);
};

/** OpenSSL reads any bytes as a time, and then verifies nothing with them. */
const walkTime = (walk: Walk, end: number): void => {
  const isLong = walk.isNext(tags.generalizedTime, end);
  const timeEnd = walk.enter(isLong ? tags.generalizedTime : tags.utcTime, end);
  const year = twoDigits(walk, walk.at) + twoDigits(walk, timeEnd - 13);
  if (timeEnd - walk.at !== (isLong ? 15 : 13) || !(year >= 0) || !isTimeOfYear(walk, timeEnd - 11))
    throw walk.fault('malformed time');
  walk.at = timeEnd;
};

/** Content of an object identifier. */
const rsaEncryption = Uint8Array.of(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1);
const ecPublicKey = Uint8Array.of(0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1);
/** Bytes of a point on the curves that authorities use: P-256, P-384, P-521. */
const pointBytes: ReadonlySet<number> = new Set([65, 97, 133]);

const hasOid = ({ bytes }: Walk, at: number, oid: Uint8Array): boolean => {
  for (let n = 0; n < oid.length; n++) if (bytes[at + n] !== oid[n]) return false;
  return true;
};

const walkKey = (walk: Walk, end: number): void => {
  const infoEnd = walk.enter(tags.sequence, end);
  const oid = walk.at + 4;
  walkAlgorithm(walk, infoEnd);
  const keyEnd = walkBits(walk, infoEnd);
  walk.leave(infoEnd - (keyEnd - walk.at));
  if (hasOid(walk, oid, rsaEncryption)) {
    const key = new Walk(walk.bytes);
    key.at = walk.at;
    walk.isKeyKnown =
      unlessMalformed(() => {
        key.leave(keyEnd - (key.enter(tags.sequence, keyEnd) - key.at));
        key.skip(tags.integer, keyEnd, 1);
        key.skip(tags.integer, keyEnd, 1);
        key.leave(keyEnd);
        return true;
      }) ?? false;
  } else if (hasOid(walk, oid, ecPublicKey))
    walk.isKeyKnown = walk.bytes[walk.at] === 4 && pointBytes.has(keyEnd - walk.at);
  walk.at = keyEnd;
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

const walkExtensions = (walk: Walk, end: number): void => {
  const listEnd = walk.enter(tags.sequence, end);
  /** Where each object identifier begins. */
  const seen: number[] = [];
  do {
    const extensionEnd = walk.enter(tags.sequence, listEnd);
    const from = walk.at;
    walkOid(walk, extensionEnd);
    for (let n = 0; n < seen.length; n++)
      if (isSameOid(walk, from, seen[n] ?? 0)) throw walk.fault('an extension twice');
    if (seen.length >= mostExtensions) throw walk.fault(`more than ${mostExtensions} extensions`);
    seen.push(from);
    if (walk.isNext(tags.boolean, extensionEnd)) walkBoolean(walk, extensionEnd);
    walk.skip(tags.octetString, extensionEnd);
    walk.leave(extensionEnd);
  } while (walk.at < listEnd);
};

/** Whether there may be extensions. */
const walkVersion = (walk: Walk, end: number): boolean => {
  if (!walk.isNext(contextConstructed(0), end)) return false;
  const versionEnd = walk.enter(contextConstructed(0), end);
  walk.skip(tags.integer, versionEnd, 1);
  walk.leave(versionEnd);
  const version = walk.bytes[versionEnd - 1] ?? 0;
  if (version > 0x7f) throw walk.fault('negative version');
  return version >= 2;
};

const uniqueIds = { issuer: contextPrimitive(1), subject: contextPrimitive(2) } as const;

/** OpenSSL reads no number that is padded. */
const walkSerial = (walk: Walk, end: number): void => {
  const serialEnd = walk.enter(tags.integer, end);
  const { bytes, at } = walk;
  if (at === serialEnd) throw walk.fault('empty serial number');
  const isLong = serialEnd - at > 1;
  if (isLong && bytes[at] === ((bytes[at + 1] ?? 0) < 0x80 ? 0 : 0xff))
    walk.doubt ??= 'a padded serial number';
  walk.at = serialEnd;
};

const walkTbs = (walk: Walk, end: number): { readonly from: number; readonly to: number } => {
  const mayExtend = walkVersion(walk, end);
  walkSerial(walk, end);
  const from = walk.at;
  walkAlgorithm(walk, end);
  const to = walk.at;
  const issuer = walk.at;
  walkName(walk, end);
  const issuerEnd = walk.at;
  const validityEnd = walk.enter(tags.sequence, end);
  walkTime(walk, validityEnd);
  walkTime(walk, validityEnd);
  walk.leave(validityEnd);
  const subjectEnd = walk.at + issuerEnd - issuer;
  if (subjectEnd <= end && walk.isSame(issuer, issuerEnd, walk.at)) walk.at = subjectEnd;
  else walkName(walk, end);
  walkKey(walk, end);
  if (walk.isNext(uniqueIds.issuer, end)) walk.skip(uniqueIds.issuer, end, 1);
  if (walk.isNext(uniqueIds.subject, end)) walk.skip(uniqueIds.subject, end, 1);
  if (walk.at < end) {
    const extensionsEnd = walk.enter(contextConstructed(3), end);
    if (!mayExtend) throw walk.fault('extensions in a certificate before version 3');
    walkExtensions(walk, extensionsEnd);
    walk.leave(extensionsEnd);
  }
  walk.leave(end);
  return { from, to };
};

/** @throws DerError for what GnuTLS does not read */
export const walkCertificate = (bytes: Uint8Array): Walk => {
  const walk = new Walk(bytes);
  const end = walk.enter(tags.sequence, bytes.length);
  walk.leave(walk.at + bytes.length - end);
  const { from, to } = walkTbs(walk, walk.enter(tags.sequence, end));
  const algorithmEnd = walk.at + to - from;
  if (algorithmEnd > end || !walk.isSame(from, to, walk.at))
    throw walk.fault('the two signature algorithms differ');
  walk.at = algorithmEnd;
  walk.at = walkBits(walk, end);
  walk.leave(end);
  return walk;
};

/** A CertificateList. @throws DerError for what OpenSSL does not read */
export const walkCrl = (bytes: Uint8Array): void => {
  const walk = new Walk(bytes);
  const end = walk.enter(tags.sequence, bytes.length);
  const tbsEnd = walk.enter(tags.sequence, end);
  if (walk.isNext(tags.integer, tbsEnd)) walk.skip(tags.integer, tbsEnd, 1);
  walkAlgorithm(walk, tbsEnd);
  walkName(walk, tbsEnd);
  skipTime(walk, tbsEnd);
  if (isTimeNext(walk, tbsEnd)) skipTime(walk, tbsEnd);
  if (walk.isNext(tags.sequence, tbsEnd)) {
    const listEnd = walk.enter(tags.sequence, tbsEnd);
    while (walk.at < listEnd) {
      const entryEnd = walk.enter(tags.sequence, listEnd);
      walk.skip(tags.integer, entryEnd, 1);
      skipTime(walk, entryEnd);
      if (walk.at < entryEnd) walkExtensions(walk, entryEnd);
      walk.leave(entryEnd);
    }
  }
  if (walk.at < tbsEnd) {
    const extensionsEnd = walk.enter(contextConstructed(0), tbsEnd);
    walkExtensions(walk, extensionsEnd);
    walk.leave(extensionsEnd);
  }
  walk.leave(tbsEnd);
  walkAlgorithm(walk, end);
  walk.at = walkBits(walk, end);
  walk.leave(end);
};
