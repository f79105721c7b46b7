/** Makes the CRLs that the benchmark reads: entries as public CAs write them, signed by a real key. */

import { createSign } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import {
  bitString,
  context,
  integer,
  integerContent,
  sequence,
  timeValue,
} from '../test/helpers/der-writer.ts';
import { type Identity, testTime } from '../test/helpers/private-ca.ts';
import { signatureAlgorithm } from '../test/helpers/signing.ts';
import { authorityKeyIdentifier, crlNumber } from '../test/helpers/x509-writer.ts';

/** Marsaglia's xorshift: the same entries in every pass, without keeping them. */
const randomWords = (): (() => number) => {
  let state = 0x9e3779b9;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
};

const two = (value: number): string => String(value).padStart(2, '0');

/** 16-byte serial numbers, times of five years, a reason for six entries of seven. */
const forEachEntry = (count: number, take: (entry: Buffer) => void): void => {
  const next = randomWords();
  const buffer = Buffer.alloc(64);
  for (let index = 0; index < count; index++) {
    const words = [next(), next(), next(), next()];
    const signByte = (words[0] ?? 0) >= 0x80000000 ? 1 : 0;
    const withReason = next() % 7 > 0;
    const length = 2 + signByte + 16 + 15 + (withReason ? 14 : 0);
    buffer.set([0x30, length, 0x02, 16 + signByte, 0]);
    let at = 4 + signByte;
    for (const word of words) at = buffer.writeUInt32BE(word, at);
    // No serial number starts with nine equal bits.
    buffer.writeUInt8(buffer.readUInt8(4 + signByte) | 1, 4 + signByte);
    const clock = next();
    const month = 1 + ((clock >>> 4) % 12);
    const day = 1 + ((clock >>> 8) % (month === 2 ? 28 : 30));
    const date = `${two(20 + (clock % 5))}${two(month)}${two(day)}`;
    const time = `${two((clock >>> 12) % 24)}${two((clock >>> 16) % 60)}${two((clock >>> 20) % 60)}Z`;
    at += buffer.write(`\u0017\r${date}${time}`, at, 'latin1');
    if (withReason) {
      buffer.set([0x30, 0x0c, 0x30, 0x0a, 0x06, 0x03, 0x55, 0x1d, 0x15, 0x04, 0x03, 0x0a], at);
      buffer.set([0x01, [1, 3, 4, 5][clock & 3] ?? 1], at + 12);
      at += 14;
    }
    take(buffer.subarray(0, at));
  }
};

/** Tag and length of a value of `length` bytes of content. */
const headerOf = (tag: number, length: number): Buffer => {
  if (length < 0x80) return Buffer.of(tag, length);
  const digits = integerContent(length);
  const bytes = digits[0] === 0 ? digits.subarray(1) : digits;
  return Buffer.concat([Buffer.of(tag, 0x80 | bytes.length), bytes]);
};

/** Writes a CRL of so many entries, signed by `ca` with SHA-256; gives its length in bytes. */
export const writeCrl = (path: string, count: number, ca: Identity): number => {
  let entriesLength = 0;
  forEachEntry(count, (entry) => (entriesLength += entry.length));
  const algorithm = signatureAlgorithm(ca.privateKey);
  const fields = Buffer.concat([
    integer(1),
    algorithm,
    ca.name,
    timeValue(new Date(testTime.getTime() - 86_400_000)),
    timeValue(new Date(testTime.getTime() + 6 * 86_400_000)),
    ...(count > 0 ? [headerOf(0x30, entriesLength)] : []),
  ]);
  const extensions = context(
    0,
    sequence(authorityKeyIdentifier(ca.keyIdentifier), crlNumber(4711)),
  );
  const tbsHeader = headerOf(0x30, fields.length + entriesLength + extensions.length);
  const tbsLength = tbsHeader.length + fields.length + entriesLength + extensions.length;
  const signatureLength = ca.privateKey.asymmetricKeyDetails?.modulusLength ?? 2048;
  const placeholder = bitString(Buffer.alloc(signatureLength / 8));

  const file = openSync(path, 'w');
  const signer = createSign('sha256');
  const pieces = Buffer.alloc(1 << 20);
  let used = 0;
  const flush = (): void => {
    writeSync(file, pieces, 0, used);
    used = 0;
  };
  const write = (bytes: Buffer): void => {
    if (used + bytes.length > pieces.length) flush();
    used += bytes.copy(pieces, used);
  };
  const writeSigned = (bytes: Buffer): void => {
    signer.update(bytes);
    write(bytes);
  };
  const total = tbsLength + algorithm.length + placeholder.length;
  const outer = headerOf(0x30, total);
  write(outer);
  writeSigned(tbsHeader);
  writeSigned(fields);
  forEachEntry(count, writeSigned);
  writeSigned(extensions);
  write(algorithm);
  write(bitString(signer.sign(ca.privateKey)));
  flush();
  closeSync(file);
  return outer.length + total;
};
