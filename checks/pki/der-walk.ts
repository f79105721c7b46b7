/**
 * Strict DER over a window of a larger input, without an object per value: offsets in, offsets out,
 * all of them counted from the window's start. For lists of millions of values; der.ts reads everything else.
 */

import { DerError, DerReader, tags } from './der.ts';

const hexOf = (tag: number): string => `0x${tag.toString(16).padStart(2, '0')}`;

export class DerWalk {
  readonly bytes: Uint8Array;
  readonly view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Whether tag and length of the value at `at` lie in the window. */
  hasHeader(at: number): boolean {
    const { length } = this.bytes;
    if (at + 2 > length) return false;
    const first = this.view.getUint8(at + 1);
    return first < 0x80 || at + 2 + (first & 0x7f) <= length;
  }

  /** Where the content of the value at `at` starts. */
  contentOf(at: number): number {
    const first = this.view.getUint8(at + 1);
    return at + 2 + (first < 0x80 ? 0 : first & 0x7f);
  }

  /** One past the value at `at`, which has this tag and ends by `limit`; the window may end earlier. */
  endOf(at: number, tag: number, limit: number): number {
    if (at + 2 > limit || at + 2 > this.bytes.length) throw new DerError('value cut short', at);
    const found = this.view.getUint8(at);
    if (found !== tag) throw new DerError(`tag ${hexOf(found)} where ${hexOf(tag)} is due`, at);
    const first = this.view.getUint8(at + 1);
    const end = first < 0x80 ? at + 2 + first : this.longEnd(at, limit);
    if (end > limit) throw new DerError('value runs past the end', at);
    return end;
  }

  /** One past the INTEGER at `at`, whose content is minimal two's complement. */
  integerEnd(at: number, limit: number): number {
    const end = this.endOf(at, tags.integer, limit);
    const start = this.contentOf(at);
    if (start === end) throw new DerError('empty integer', at);
    if (end - start === 1) return end;
    const nineBits = this.view.getInt16(start) >> 7;
    if (nineBits === 0 || nineBits === -1) throw new DerError('integer not minimal', at);
    return end;
  }

  /** One past the UTCTime or GeneralizedTime at `at`, of the forms that RFC 5280 4.1.2.5 allows. */
  timeEnd(at: number, limit: number): number {
    const tag = at < limit ? this.view.getUint8(at) : 0;
    if (tag !== tags.utcTime && tag !== tags.generalizedTime) throw new DerError('not a time', at);
    const end = this.endOf(at, tag, limit);
    const century = tag === tags.utcTime ? 0 : 2;
    if (end !== at + 15 + century || this.view.getUint8(end - 1) !== 0x5a)
      throw new DerError('malformed time', at);
    const start = at + 2 + century;
    const hundreds = century === 0 ? 20 : this.twoDigits(at + 2);
    const year = this.twoDigits(start);
    const month = this.twoDigits(start + 2);
    const day = this.twoDigits(start + 4);
    const leap = year % 4 === 0 && (year !== 0 || hundreds % 4 === 0);
    const days = month === 2 ? (leap ? 29 : 28) : 30 + ((month + (month >> 3)) & 1);
    const exists =
      month >= 1 &&
      month <= 12 &&
      day >= 1 &&
      day <= days &&
      this.twoDigits(start + 6) < 24 &&
      this.twoDigits(start + 8) < 60 &&
      this.twoDigits(start + 10) < 60;
    if (!exists) throw new DerError('no such time', at);
    return end;
  }

  /** A reader of one range of the window. */
  reader(start: number, end: number): DerReader {
    return new DerReader(this.bytes, { start, end });
  }

  private twoDigits(at: number): number {
    const tens = this.view.getUint8(at) - 0x30;
    const ones = this.view.getUint8(at + 1) - 0x30;
    if (tens < 0 || tens > 9 || ones < 0 || ones > 9) throw new DerError('malformed time', at);
    return tens * 10 + ones;
  }

  private longEnd(at: number, limit: number): number {
    const count = this.view.getUint8(at + 1) & 0x7f;
    if (count === 0) throw new DerError('indefinite length', at + 1);
    if (count > 4) throw new DerError(`length of ${count} bytes`, at + 1);
    const content = at + 2 + count;
    if (content > limit || content > this.bytes.length) throw new DerError('value cut short', at);
    let length = 0;
    for (let index = at + 2; index < content; index++)
      length = length * 256 + this.view.getUint8(index);
    if (length < 0x80 || length < 2 ** (8 * (count - 1)))
      throw new DerError('length not minimal', at + 1);
    return content + length;
  }
}
