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

/** DER of a certificate's subject. @throws DerError */
export const subjectOf = (der: Uint8Array): Uint8Array => {
  const outer = new DerReader(der);
  const tbs = outer.inside().inside();
  if (tbs.peek() === contextConstructed(0)) tbs.read();
  tbs.read(tags.integer);
  tbs.read(tags.sequence); // the signature's algorithm
  tbs.read(tags.sequence); // the issuer
  tbs.read(tags.sequence); // the validity
  return tbs.whole(tbs.read(tags.sequence));
};

const utf8Bytes = (tag: number, content: Uint8Array): Uint8Array => {
  if (tag === tags.utf8String) return content;
  if (latin1Tags.has(tag))
    return content.some((byte) => byte >= 0x80)
      ? Buffer.from(Buffer.from(content).toString('latin1'), 'utf8')
      : content;
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
const folded = (bytes: Uint8Array): number[] => {
  const result: number[] = [];
  let space = false;
  for (const byte of bytes) {
    if (isSpace(byte)) {
      space = result.length > 0;
      continue;
    }
    if (space) result.push(0x20);
    space = false;
    result.push(byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte);
  }
  return result;
};

const tlv = (tag: number, content: readonly number[]): number[] => {
  const { length } = content;
  if (length < 0x80) return [tag, length, ...content];
  const digits = length < 0x100 ? [length] : [length >> 8, length & 0xff];
  return [tag, 0x80 | digits.length, ...digits, ...content];
};

/** The longest name that is canonicalised: two length bytes are then always enough. */
const maxNameBytes = 16_000;

const canonicalAttribute = (pair: DerReader): number[] => {
  const type = pair.whole(pair.read(tags.oid));
  const value = pair.read();
  pair.finish();
  const canonical = foldedTags.has(value.tag)
    ? tlv(tags.utf8String, folded(utf8Bytes(value.tag, pair.content(value))))
    : [...pair.whole(value)];
  return tlv(tags.sequence, [...type, ...canonical]);
};

/**
 * The canonical encoding of a Name: its relative distinguished names one after the other.
 * @throws DerError
 */
export const canonicalName = (name: Uint8Array): Buffer => {
  if (name.length > maxNameBytes) throw new DerError(`name of ${name.length} bytes`, 0);
  const rdns = readSingle(name);
  const bytes: number[] = [];
  while (!rdns.isDone()) {
    const set = rdns.inside(tags.set);
    const attributes: Buffer[] = [];
    while (!set.isDone()) attributes.push(Buffer.from(canonicalAttribute(set.inside())));
    attributes.sort((a, b) => Buffer.compare(a, b)); // DER of a SET OF
    bytes.push(...tlv(tags.set, [...Buffer.concat(attributes)]));
  }
  return Buffer.from(bytes);
};

/** What names a certificate's link in a folder, eight hex digits. @throws DerError */
export const subjectHash = (der: Uint8Array): string =>
  createHash('sha1')
    .update(canonicalName(subjectOf(der)))
    .digest()
    .readUInt32LE(0)
    .toString(16)
    .padStart(8, '0');
