/** The primitive types of X.690 as values: each function takes a reader and reads its next value. */

import { type DerReader, DerError, type Tlv, tags } from './der.ts';

/** The content bytes of an INTEGER, in two's complement, minimal (X.690 8.3.2). */
export const readIntegerBytes = (reader: DerReader, tag: number = tags.integer): Uint8Array => {
  const tlv = reader.read(tag);
  const content = reader.content(tlv);
  const [first, second] = content;
  if (first === undefined) throw new DerError('empty integer', tlv.start);
  if (
    second !== undefined &&
    ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))
  )
    throw new DerError('integer not minimal', tlv.start);
  return content;
};

/** A non-negative INTEGER or ENUMERATED below 2^31. */
export const readSmallInteger = (reader: DerReader, tag: number = tags.integer): number => {
  const at = reader.offset;
  const content = readIntegerBytes(reader, tag);
  if (content.length > 4 || (content[0] ?? 0) >= 0x80)
    throw new DerError('integer out of range', at);
  return content.reduce((value, byte) => value * 256 + byte, 0);
};

/** A BOOLEAN that is left out where it is FALSE, by DER: an explicit FALSE is refused (X.690 11.1 and 11.5). */
export const readDefaultFalse = (reader: DerReader, tag: number = tags.boolean): boolean => {
  if (reader.peek() !== tag) return false;
  const tlv = reader.read(tag);
  const content = reader.content(tlv);
  const [value] = content;
  if (content.length !== 1 || (value !== 0x00 && value !== 0xff))
    throw new DerError('boolean is neither 00 nor FF', tlv.start);
  if (value === 0x00) throw new DerError('default FALSE written out', tlv.start);
  return true;
};

/** The same by BER (X.690 8.2): FALSE may be written, and TRUE is any other byte. */
export const readBerDefaultFalse = (reader: DerReader): boolean => {
  if (reader.peek() !== tags.boolean) return false;
  const tlv = reader.read(tags.boolean);
  const content = reader.content(tlv);
  if (content.length !== 1) throw new DerError('boolean of more or less than a byte', tlv.start);
  return content[0] !== 0x00;
};

/** Seven more bits; a number for as long as it is exact, which is twice as fast. */
const withBits = (arc: number | bigint, bits: number): number | bigint =>
  typeof arc === 'number' && arc < 2 ** 46 ? arc * 128 + bits : (BigInt(arc) << 7n) | BigInt(bits);

/** X.690 8.19.4: the first two arcs stand in one, the first of them at most 2. */
const firstArcs = (both: number | bigint): string => {
  if (typeof both === 'bigint') return `2.${both - 80n}`;
  const first = Math.min(Math.trunc(both / 40), 2);
  return `${first}.${both - first * 40}`;
};

/** Dotted decimal, e.g. `1.2.840.113549.1.1.11`. */
export const readOid = (reader: DerReader, tag: number = tags.oid): string => {
  const tlv = reader.read(tag);
  const content = reader.content(tlv);
  if (content.length === 0 || content.length > 64)
    throw new DerError(`object identifier of ${content.length} bytes`, tlv.start);
  let text = '';
  let arc: number | bigint = 0;
  let inside = false;
  for (const byte of content) {
    if (!inside && byte === 0x80) throw new DerError('object identifier not minimal', tlv.start);
    arc = withBits(arc, byte & 0x7f);
    inside = byte >= 0x80;
    if (inside) continue;
    text += text === '' ? firstArcs(arc) : `.${arc}`;
    arc = 0;
  }
  if (inside) throw new DerError('object identifier cut short', tlv.start);
  return text;
};

export interface BitString {
  readonly bytes: Uint8Array;
  readonly unusedBits: number;
}

export const readBitString = (reader: DerReader, tag: number = tags.bitString): BitString => {
  const tlv = reader.read(tag);
  const content = reader.content(tlv);
  const unusedBits = content[0];
  const last = content.at(-1) ?? 0;
  if (unusedBits === undefined || unusedBits > 7 || (content.length === 1 && unusedBits > 0))
    throw new DerError('malformed bit string', tlv.start);
  if (content.length > 1 && (last & ((1 << unusedBits) - 1)) !== 0)
    throw new DerError('bit string padded with ones', tlv.start);
  return { bytes: content.subarray(1), unusedBits };
};

/** The bytes of a BIT STRING that must hold whole bytes: a signature, a key. */
export const readBitStringBytes = (reader: DerReader): Uint8Array => {
  const at = reader.offset;
  const { bytes, unusedBits } = readBitString(reader);
  if (unusedBits !== 0) throw new DerError('bit string not of whole bytes', at);
  return bytes;
};

/**
 * The numbers of the bits that are set. DER allows no trailing zero bits in a named bit list
 * (X.690 11.2.2); they are tolerated, since trusted roots carry them and they change no meaning.
 */
export const readNamedBits = (reader: DerReader, tag: number = tags.bitString): Set<number> => {
  const { bytes } = readBitString(reader, tag);
  const set = new Set<number>();
  bytes.forEach((byte, index) => {
    for (let bit = 0; bit < 8; bit++) if ((byte & (0x80 >> bit)) !== 0) set.add(index * 8 + bit);
  });
  return set;
};

export const readOctetString = (reader: DerReader, tag: number = tags.octetString): Uint8Array =>
  reader.content(reader.read(tag));

export const readNull = (reader: DerReader): void => {
  const tlv = reader.read(tags.null);
  if (tlv.end !== tlv.content) throw new DerError('NULL with content', tlv.start);
};

const daysIn = (year: number, month: number): number =>
  new Date(Date.UTC(year, month, 0)).getUTCDate();

/** UTCTime or GeneralizedTime as RFC 5280 4.1.2.5 allows them: with seconds, without fraction, `Z`. */
export const timeOf = (reader: DerReader, tlv: Tlv): Date => {
  const text = String.fromCharCode(...reader.content(tlv).subarray(0, 24));
  const utc = tlv.tag === tags.utcTime;
  const pattern = utc
    ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/
    : /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;
  const digits = pattern.exec(text)?.slice(1).map(Number);
  if (digits === undefined) throw new DerError('malformed time', tlv.start);
  const [written = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = digits;
  const year = utc ? written + (written < 50 ? 2000 : 1900) : written;
  const valid =
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= daysIn(year, month) &&
    hour < 24 &&
    minute < 60 &&
    second < 60;
  if (!valid) throw new DerError('no such time', tlv.start);
  const time = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  if (year < 100) time.setUTCFullYear(year);
  return time;
};

/** The next value, a UTCTime or a GeneralizedTime. */
export const readTime = (reader: DerReader): Date => {
  const tlv = reader.read();
  if (tlv.tag !== tags.utcTime && tlv.tag !== tags.generalizedTime)
    throw new DerError('not a time', tlv.start);
  return timeOf(reader, tlv);
};

export const isTime = (tag: number | undefined): boolean =>
  tag === tags.utcTime || tag === tags.generalizedTime;

/** A serial number or fingerprint as upper-case hex, without the sign byte of a positive INTEGER. */
export const serialHex = (content: Uint8Array): string => {
  const start = content.length > 1 && content[0] === 0 ? 1 : 0;
  return hex(content.subarray(start));
};

export const hex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex').toUpperCase();

/** The content bytes of the INTEGER that a serial number in hex stands for. */
export const serialBytes = (serial: string): Uint8Array => {
  const digits = serial.replace(/^(?:00)+(?=.)/, '');
  const bytes = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
  return (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
};

export const equalBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && Buffer.compare(a, b) === 0;
