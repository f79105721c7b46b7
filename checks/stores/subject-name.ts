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

/** A reader of a certificate that stands before its serial number. */
const atSerialNumber = (der: Uint8Array): DerReader => {
  const outer = new DerReader(der);
  const tbs = outer.inside().inside();
  if (tbs.peek() === contextConstructed(0)) tbs.read();
  return tbs;
};

/** A reader of a certificate that stands before its subject. */
const atSubject = (der: Uint8Array): DerReader => {
  const tbs = atSerialNumber(der);
  tbs.read(tags.integer);
  tbs.read(tags.sequence); // the signature's algorithm
  tbs.read(tags.sequence); // the issuer
  tbs.read(tags.sequence); // the validity
  return tbs;
};

/** DER of a certificate's issuer and of its serial number; nothing else of it is read. @throws DerError */
export const issuerAndSerialOf = (der: Uint8Array): readonly [Uint8Array, Uint8Array] => {
  const tbs = atSerialNumber(der);
  const serial = tbs.whole(tbs.read(tags.integer));
  tbs.read(tags.sequence); // the signature's algorithm
  return [tbs.whole(tbs.read(tags.sequence)), serial];
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

/** One character for each byte: what is quickest to cut, to fold and to put together again. */
export const byteString = (bytes: Uint8Array): string =>
  (Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  ).toString('latin1');

const utf8String = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

/** Text of two or four bytes a character. */
const wideText = (content: string, width: 2 | 4): string => {
  const bytes = Buffer.from(content, 'latin1');
  let text = '';
  for (let at = 0; at + width <= bytes.length; at += width) {
    const point = width === 2 ? bytes.readUInt16BE(at) : bytes.readUInt32BE(at);
    text += point > 0x10ffff ? '\ufffd' : String.fromCodePoint(point);
  }
  return text;
};

/** The content of a string in UTF-8. */
const inUtf8 = (tag: number, content: string): string => {
  if (tag === tags.utf8String) return content;
  if (latin1Tags.has(tag)) return utf8String(content);
  return utf8String(wideText(content, tag === tags.bmpString ? 2 : 4));
};

const inLowerCase = (utf8: string): string =>
  /[\x80-\xff]/.test(utf8)
    ? utf8.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
    : utf8.toLowerCase();

/** ASCII letters in lower case, white space trimmed and each run of it one space. */
const folded = (utf8: string): string => {
  const text = inLowerCase(utf8).replace(/[\t-\r ]+/g, ' ');
  return text.slice(text.startsWith(' ') ? 1 : 0, text.endsWith(' ') ? -1 : undefined);
};

/** The longest name that is canonicalised: two length bytes are then always enough. */
const maxNameBytes = 16_000;

/** A value of DER around its content. */
const valueOf = (tag: number, content: string): string => {
  const { length } = content;
  if (length < 0x80) return String.fromCharCode(tag, length) + content;
  const head = length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
  return String.fromCharCode(...head) + content;
};

/** An attribute in its canonical encoding; `name` holds the bytes that the reader reads. */
const canonicalAttribute = (pair: DerReader, name: string): string => {
  const type = pair.read(tags.oid);
  const value = pair.read();
  pair.finish();
  const canonical = foldedTags.has(value.tag)
    ? valueOf(tags.utf8String, folded(inUtf8(value.tag, name.slice(value.content, value.end))))
    : name.slice(value.start, value.end);
  return valueOf(tags.sequence, name.slice(type.start, type.end) + canonical);
};

const canonicalSet = (set: DerReader, name: string): string => {
  const attributes: string[] = [];
  do attributes.push(canonicalAttribute(set.inside(), name));
  while (!set.isDone());
  // DER of a SET OF: in the order of their bytes
  return valueOf(tags.set, attributes.sort().join(''));
};

/**
 * The canonical encoding of a Name: its relative distinguished names one after the other, one
 * character for each byte.
 * @throws DerError
 */
export const canonicalName = (name: Uint8Array): string => {
  if (name.length > maxNameBytes) throw new DerError(`name of ${name.length} bytes`, 0);
  const bytes = byteString(name);
  const rdns = readSingle(name);
  let canonical = '';
  while (!rdns.isDone()) canonical += canonicalSet(rdns.inside(tags.set), bytes);
  return canonical;
};

/** What names a certificate's link in a folder, eight hex digits. @throws DerError */
export const subjectHash = (der: Uint8Array): string =>
  createHash('sha1')
    .update(canonicalName(subjectOf(der)), 'latin1')
    .digest()
    .readUInt32LE(0)
    .toString(16)
    .padStart(8, '0');
