/** Whether bytes have the form of a certificate, or of a CRL, for the libraries that read them. */

import { contextConstructed, contextPrimitive, tags, unlessMalformed } from '../pki/der.ts';
import {
  Walk,
  isTimeNext,
  skipTime,
  walkAlgorithm,
  walkBits,
  walkExtensions,
  walkName,
  walkTime,
} from './form-walk.ts';

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

/**
 * Certificate, TBSCertificate, its fields from the version to the extensions, algorithm and signature. Those of
 * context-specific class are optional.
 */
const headers = Uint8Array.of(
  ...[tags.sequence, tags.sequence, contextConstructed(0), tags.integer],
  ...[tags.sequence, tags.sequence, tags.sequence, tags.sequence, tags.sequence],
  ...[uniqueIds.issuer, uniqueIds.subject, contextConstructed(3), tags.sequence, tags.bitString],
);
const behindTbs = headers.length - 2;

/**
 * Whether the fields fit together, in one loop: what runs so few times is interpreted, and calls cost most then.
 * False also where only walkCertificate can tell.
 */
export const fieldsFit = (bytes: Uint8Array): boolean => {
  const { length } = bytes;
  let at = 0;
  let tbsEnd = length;
  for (let n = 0; n < headers.length; n++) {
    if (n === behindTbs && at !== tbsEnd) return false;
    const limit = n < behindTbs ? tbsEnd : length;
    const tag = headers[n] ?? 0;
    if (at >= limit || bytes[at] !== tag) {
      if (tag >= 0x80) continue;
      return false;
    }
    let size = bytes[at + 1] ?? 0;
    let content = at + 2;
    if (size === 0x81) {
      size = bytes[content++] ?? 0;
      if (size < 0x80) return false;
    } else if (size === 0x82) {
      size = (bytes[content] ?? 0) * 256 + (bytes[content + 1] ?? 0);
      content += 2;
      if (size < 0x100) return false;
    } else if (size >= 0x80) return false;
    const end = content + size;
    if (end > limit || size < (n === 2 ? 3 : 1)) return false;
    if (n === 0 && end !== length) return false;
    if (n === 1) tbsEnd = end;
    at = n < 2 ? content : end;
  }
  return at === length;
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
