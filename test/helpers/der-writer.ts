/** Writes DER, right or wrong: what is handed in is what is written. */

export type Der = Buffer;

const lengthOf = (length: number): Buffer => {
  if (length < 0x80) return Buffer.of(length);
  const digits = length.toString(16);
  const bytes = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
  return Buffer.concat([Buffer.of(0x80 | bytes.length), bytes]);
};

/** One value of this tag around the contents. */
export const tlv = (tag: number, ...contents: readonly Uint8Array[]): Der => {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.of(tag), lengthOf(content.length), content]);
};

export const sequence = (...contents: readonly Uint8Array[]): Der => tlv(0x30, ...contents);
/** In the order given: DER's order is the caller's business. */
export const setOf = (...contents: readonly Uint8Array[]): Der => tlv(0x31, ...contents);
/** `[n]` constructed: explicit tagging, or an implicitly tagged SEQUENCE whose contents are given. */
export const context = (n: number, ...contents: readonly Uint8Array[]): Der =>
  tlv(0xa0 | n, ...contents);
/** `[n]` primitive: implicit tagging of a primitive type whose content is given. */
export const contextPrimitive = (n: number, content: Uint8Array): Der => tlv(0x80 | n, content);

/** Content bytes of an INTEGER: minimal two's complement. */
export const integerContent = (value: number | bigint): Buffer => {
  let rest = BigInt(value);
  const bytes: number[] = [];
  do {
    bytes.unshift(Number(rest & 0xffn));
    rest >>= 8n;
  } while (!((rest === 0n && (bytes[0] ?? 0) < 0x80) || (rest === -1n && (bytes[0] ?? 0) >= 0x80)));
  return Buffer.from(bytes);
};

/** Bytes are taken as the content as they are. */
export const integer = (value: number | bigint | Uint8Array): Der =>
  tlv(0x02, typeof value === 'object' ? value : integerContent(value));
export const enumerated = (value: number): Der => tlv(0x0a, integerContent(value));
export const boolean = (value: boolean): Der => tlv(0x01, Buffer.of(value ? 0xff : 0));
export const nullValue = (): Der => tlv(0x05);
export const octetString = (...contents: readonly Uint8Array[]): Der => tlv(0x04, ...contents);
export const bitString = (content: Uint8Array, unusedBits = 0): Der =>
  tlv(0x03, Buffer.of(unusedBits), content);
export const utf8String = (text: string): Der => tlv(0x0c, Buffer.from(text, 'utf8'));
export const printableString = (text: string): Der => tlv(0x13, Buffer.from(text, 'latin1'));
export const ia5String = (text: string): Der => tlv(0x16, Buffer.from(text, 'latin1'));

/** Content of a named BIT STRING: the bits of these numbers, without trailing zero bits. */
export const namedBits = (bits: readonly number[]): { bytes: Buffer; unusedBits: number } => {
  if (bits.length === 0) return { bytes: Buffer.alloc(0), unusedBits: 0 };
  const highest = Math.max(...bits);
  const bytes = Buffer.alloc(Math.floor(highest / 8) + 1);
  for (const bit of bits) {
    const at = Math.floor(bit / 8);
    bytes.writeUInt8(bytes.readUInt8(at) | (0x80 >> (bit % 8)), at);
  }
  return { bytes, unusedBits: 7 - (highest % 8) };
};

/** Dotted decimal. */
export const oid = (dotted: string): Der => {
  const [first = 0n, second = 0n, ...rest] = dotted.split('.').map(BigInt);
  const bytes = [first * 40n + second, ...rest].flatMap((arc) => {
    const groups = [Number(arc & 0x7fn)];
    for (let left = arc >> 7n; left > 0n; left >>= 7n) groups.unshift(Number(left & 0x7fn) | 0x80);
    return groups;
  });
  return tlv(0x06, Buffer.from(bytes));
};

const digitsOf = (time: Date): string =>
  time
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replace(/[-:T]/g, '');

export const generalizedTime = (time: Date): Der =>
  tlv(0x18, Buffer.from(digitsOf(time), 'latin1'));
export const utcTime = (time: Date): Der =>
  tlv(0x17, Buffer.from(digitsOf(time).slice(2), 'latin1'));
/** UTCTime through 2049, GeneralizedTime after (RFC 5280 4.1.2.5). */
export const timeValue = (time: Date): Der =>
  time.getUTCFullYear() >= 1950 && time.getUTCFullYear() < 2050
    ? utcTime(time)
    : generalizedTime(time);

/** PEM of one object. */
export const pem = (label: string, der: Uint8Array): string =>
  [
    `-----BEGIN ${label}-----`,
    ...(Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []),
    `-----END ${label}-----`,
    '',
  ].join('\n');
