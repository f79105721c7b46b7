/**
 * The subject of a certificate as OpenSSL looks it up: its canonical encoding, and the hash of that
 * which names the links in a certificate folder (`openssl x509 -subject_hash`, X509_NAME_hash_ex).
 */

import { createHash } from 'node:crypto';
import { DerError, DerReader, contextConstructed, readSingle, tags } from '../pki/der.ts';

/** String types that the canonical form turns into UTF-8 and folds; all others stay as they are. */
const foldedTags: ReadonlySet<number> = new Set([
  tags.utf8String,
  tags.printableString,
  tags.teletexString,
  tags.ia5String,
  tags.universalString,
  tags.bmpString,
  0x1a, // VisibleString
]);

const latin1Tags: ReadonlySet<number> = new Set([
  tags.printableString,
  tags.teletexString,
  tags.ia5String,
  0x1a,
]);

/** A reader of a certificate that stands before its subject. */
const atSubject = (der: Uint8Array): DerReader => {
  const outer = new DerReader(der);
  const tbs = outer.inside().inside();
  if (tbs.peek() === contextConstructed(0)) tbs.read();
  tbs.read(tags.integer);
  tbs.read(tags.sequence); // the signature's algorithm
  tbs.read(tags.sequence); // the issuer
  tbs.read(tags.sequence); // the validity
  return tbs;
};

/** DER of a certificate's subject; nothing else of it is read. @throws DerError */
export const subjectOf = (der: Uint8Array): Uint8Array => {
  const tbs = atSubject(der);
  return tbs.whole(tbs.read(tags.sequence));
};

/** DER of a certificate's SubjectPublicKeyInfo; nothing else of it is read. @throws DerError */
export const publicKeyInfoOf = (der: Uint8Array): Uint8Array => {
  const tbs = atSubject(der);
  tbs.read(tags.sequence);
  return tbs.whole(tbs.read(tags.sequence));
};

const isAscii = (bytes: Uint8Array): boolean => {
  for (const byte of bytes) if (byte >= 0x80) return false;
  return true;
};

const utf8Bytes = (tag: number, content: Uint8Array): Uint8Array => {
  if (tag === tags.utf8String) return content;
  if (latin1Tags.has(tag))
    return isAscii(content)
      ? content
      : Buffer.from(Buffer.from(content).toString('latin1'), 'utf8');
  const width = tag === tags.bmpString ? 2 : 4;
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  let text = '';
  for (let at = 0; at + width <= content.length; at += width) {
    const point = width === 2 ? view.getUint16(at) : view.getUint32(at);
    text += point > 0x10ffff ? '\ufffd' : String.fromCodePoint(point);
  }
  return Buffer.from(text, 'utf8');
};

const isSpace = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);

/** ASCII letters in lower case, white space trimmed and each run of it one space. */
const folded = (bytes: Uint8Array): Uint8Array => {
  const result = new Uint8Array(bytes.length);
  let length = 0;
  let space = false;
  for (const byte of bytes) {
    if (isSpace(byte)) {
      space = length > 0;
      continue;
    }
    if (space) result[length++] = 0x20;
    space = false;
    result[length++] = byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
  }
  return result.subarray(0, length);
};

/** The longest name that is canonicalised: two length bytes are then always enough. */
const maxNameBytes = 16_000;

/** Tag and length of a value of `length` bytes. */
const header = (tag: number, length: number): readonly number[] => {
  if (length < 0x80) return [tag, length];
  return length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
};

/** An attribute in its canonical encoding, with the header of the SET around it where it is alone in it. */
const canonicalAttribute = (pair: DerReader, alone: boolean): Buffer => {
  const type = pair.whole(pair.read(tags.oid));
  const tlv = pair.read();
  pair.finish();
  const isText = foldedTags.has(tlv.tag);
  const value = isText ? folded(utf8Bytes(tlv.tag, pair.content(tlv))) : pair.whole(tlv);
  const valueHeader = isText ? header(tags.utf8String, value.length) : [];
  const inner = type.length + valueHeader.length + value.length;
  const innerHeader = header(tags.sequence, inner);
  const outerHeader = alone ? header(tags.set, innerHeader.length + inner) : [];
  const bytes = Buffer.allocUnsafe(outerHeader.length + innerHeader.length + inner);
  let at = 0;
  for (const part of [outerHeader, innerHeader, type, valueHeader, value]) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
};

const canonicalSet = (set: DerReader): Buffer => {
  const first = set.inside();
  if (set.isDone()) return canonicalAttribute(first, true);
  const attributes = [canonicalAttribute(first, false)];
  while (!set.isDone()) attributes.push(canonicalAttribute(set.inside(), false));
  attributes.sort((a, b) => Buffer.compare(a, b)); // DER of a SET OF
  const content = Buffer.concat(attributes);
  return Buffer.concat([Buffer.from(header(tags.set, content.length)), content]);
};

/**
 * The canonical encoding of a Name: its relative distinguished names one after the other.
 * @throws DerError
 */
export const canonicalName = (name: Uint8Array): Buffer => {
  if (name.length > maxNameBytes) throw new DerError(`name of ${name.length} bytes`, 0);
  const rdns = readSingle(name);
  const sets: Buffer[] = [];
  while (!rdns.isDone()) sets.push(canonicalSet(rdns.inside(tags.set)));
  return Buffer.concat(sets);
};

/** What names a certificate's link in a folder, eight hex digits. @throws DerError */
export const subjectHash = (der: Uint8Array): string =>
  createHash('sha1')
    .update(canonicalName(subjectOf(der)))
    .digest()
    .readUInt32LE(0)
    .toString(16)
    .padStart(8, '0');
