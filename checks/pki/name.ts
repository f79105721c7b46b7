/** Distinguished names (RFC 5280 4.1.2.4), compared as RFC 5280 7.1 asks. */

import { DerError, type DerReader, type Tlv, readSingle, tags } from './der.ts';
import { hex, readOid } from './values.ts';

export interface NameAttribute {
  readonly type: string;
  /** The text of a directory string; hex of the value for any other type. */
  readonly value: string;
}

export interface Name {
  /** DER of the whole Name. */
  readonly raw: Uint8Array;
  /** Relative distinguished names in the order of the encoding. */
  readonly rdns: readonly (readonly NameAttribute[])[];
  /** Equal for names that match: case, white space and string type do not count. */
  readonly key: string;
}

const maxAttributes = 200;

const shortNames: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'street',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.97': 'organizationIdentifier',
  '0.9.2342.19200300.100.1.25': 'DC',
  '1.2.840.113549.1.9.1': 'emailAddress',
};

export const nameTypes = { commonName: '2.5.4.3', organization: '2.5.4.10' } as const;

const utf8 = new TextDecoder('utf-8', { fatal: true });
const latin1 = new TextDecoder('latin1');
const utf16be = (bytes: Uint8Array): string =>
  Buffer.from(bytes.length % 2 === 0 ? bytes : bytes.subarray(0, -1))
    .swap16()
    .toString('utf16le');

const utf32be = (bytes: Uint8Array): string => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text = '';
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    const point = view.getUint32(at);
    text += point > 0x10ffff ? '\ufffd' : String.fromCodePoint(point);
  }
  return text;
};

/** The text of a string value, or undefined where the type is no string. */
const textOf = (reader: DerReader, tlv: Tlv): string | undefined => {
  const content = reader.content(tlv);
  switch (tlv.tag) {
    case tags.utf8String:
      try {
        return utf8.decode(content);
      } catch {
        throw new DerError('UTF8String is not UTF-8', tlv.start);
      }
    case tags.printableString:
    case tags.ia5String:
    case tags.teletexString:
      return latin1.decode(content);
    case tags.bmpString:
      return utf16be(content);
    case tags.universalString:
      return utf32be(content);
    default:
      return undefined;
  }
};

/** Plain text of single words and spaces, as most names are: nothing to normalize. */
const isPlain = (text: string): boolean => /^[!-~]+(?: [!-~]+)*$/.test(text);

const folded = (text: string): string =>
  isPlain(text)
    ? text.toLowerCase()
    : text.normalize('NFKC').toLowerCase().trim().replace(/\s+/gu, ' ');

/** One relative distinguished name: what a SET in a Name holds, or a name given relative to another's. */
export interface RelativeName {
  readonly attributes: readonly NameAttribute[];
  /** Equal for names that match. */
  readonly key: string;
}

/** Reads the attributes inside `reader`, at most `limit`. */
export const readRelativeName = (reader: DerReader, limit = maxAttributes): RelativeName => {
  if (reader.isDone()) throw new DerError('empty relative distinguished name', reader.offset);
  const attributes: NameAttribute[] = [];
  const keys: string[] = [];
  do {
    if (attributes.length >= limit)
      throw new DerError(`name of more than ${maxAttributes} attributes`, reader.offset);
    const pair = reader.inside();
    const type = readOid(pair);
    const tlv = pair.read();
    pair.finish();
    const text = textOf(pair, tlv);
    attributes.push({ type, value: text ?? hex(pair.content(tlv)) });
    keys.push(
      `${type}=${text === undefined ? `#${hex(pair.whole(tlv))}` : JSON.stringify(folded(text))}`,
    );
  } while (!reader.isDone());
  return { attributes, key: keys.sort().join('+') };
};

/** Reads the RDNSequence inside `reader`. */
const readRdns = (reader: DerReader): Pick<Name, 'rdns' | 'key'> => {
  const rdns: (readonly NameAttribute[])[] = [];
  const keys: string[] = [];
  let count = 0;
  while (!reader.isDone()) {
    const { attributes, key } = readRelativeName(reader.inside(tags.set), maxAttributes - count);
    count += attributes.length;
    rdns.push(attributes);
    keys.push(key);
  }
  return { rdns, key: keys.join(',') };
};

/** The next value, a Name. */
export const readName = (reader: DerReader): Name => {
  const tlv = reader.read(tags.sequence);
  return { raw: reader.whole(tlv), ...readRdns(reader.enter(tlv)) };
};

/** A Name from its own DER. */
export const parseName = (raw: Uint8Array): Name => ({ raw, ...readRdns(readSingle(raw)) });

/** The key of the name that `relative` is under `name` (RFC 5280 4.2.1.13, nameRelativeToCRLIssuer). */
export const keyUnder = (name: Name, relative: RelativeName): string =>
  name.key === '' ? relative.key : `${name.key},${relative.key}`;

export const sameName = (a: Name, b: Name): boolean => a.key === b.key;

/** In the order of the encoding, e.g. `C=BE, O=GlobalSign nv-sa, CN=GlobalSign Root CA`. */
export const nameText = (name: Name): string =>
  name.rdns
    .map((rdn) => rdn.map(({ type, value }) => `${shortNames[type] ?? type}=${value}`).join('+'))
    .join(', ');

/** The values of one attribute type, in the order of the encoding. */
export const nameValues = (name: Name, type: string): readonly string[] =>
  name.rdns.flatMap((rdn) =>
    rdn.filter((attribute) => attribute.type === type).map(({ value }) => value),
  );
