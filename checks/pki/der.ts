/**
 * A strict reader of DER (X.690): definite, minimal lengths; single-byte tags; no trailing bytes
 * where `finish()` is called. Everything that it refuses is a `DerError` that says where and why.
 * It copies nothing: what it gives are views of the bytes that it was given.
 */

/** Bytes that are not the DER that was due. `offset` counts from the start of the outermost input. */
export class DerError extends Error {
  override readonly name = 'DerError';
  /** What is wrong, without the place. */
  readonly problem: string;
  readonly offset: number;

  constructor(problem: string, offset: number) {
    super(`${problem} at byte ${offset}`);
    this.problem = problem;
    this.offset = offset;
  }

  /** The same fault, where the bytes that were read start `base` bytes into a larger input. */
  movedBy(base: number): DerError {
    return new DerError(this.problem, this.offset + base);
  }
}

/** What is read, or undefined where the bytes are malformed. */
export const unlessMalformed = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
};

/** Universal tags, and the constructors of context-specific ones. */
export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** The tag of an implicitly tagged primitive, `[n]`. */
export const contextPrimitive = (n: number): number => 0x80 | n;
/** The tag of an explicitly tagged or constructed value, `[n]`. */
export const contextConstructed = (n: number): number => 0xa0 | n;

const hexOf = (tag: number): string => `0x${tag.toString(16).padStart(2, '0')}`;

/** A tag-length-value: `start` is its first byte, `content` the first of its value, `end` one past its last. */
export interface Tlv {
  readonly tag: number;
  readonly start: number;
  readonly content: number;
  readonly end: number;
}

/** How deep values may nest: readers are entered no further. */
const maxDepth = 32;

/** A cursor over the values in one range of bytes. */
export class DerReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  readonly depth: number;
  offset: number;

  constructor(bytes: Uint8Array, range?: { start: number; end: number; depth?: number }) {
    this.bytes = bytes;
    this.offset = range?.start ?? 0;
    this.end = range?.end ?? bytes.length;
    this.depth = range?.depth ?? 0;
    if (this.depth > maxDepth)
      throw new DerError(`values nest deeper than ${maxDepth}`, this.offset);
  }

  isDone(): boolean {
    return this.offset >= this.end;
  }

  /** The tag of the next value, or undefined at the end. */
  peek(): number | undefined {
    return this.isDone() ? undefined : this.bytes[this.offset];
  }

  /** The next value, of whatever tag, or of the tag that is due. */
  read(tag?: number): Tlv {
    const start = this.offset;
    const found = this.byte(start);
    if (tag !== undefined && found !== tag)
      throw new DerError(`tag ${hexOf(found)} where ${hexOf(tag)} is due`, start);
    if ((found & 0x1f) === 0x1f) throw new DerError('multi-byte tag', start);
    const first = this.byte(start + 1);
    let content = start + 2;
    let length = first;
    if (first >= 0x80) {
      const count = first & 0x7f;
      if (count === 0) throw new DerError('indefinite length', start + 1);
      if (count > 4) throw new DerError(`length of ${count} bytes`, start + 1);
      length = 0;
      for (let index = 0; index < count; index++)
        length = length * 256 + this.byte(content + index);
      content += count;
      if (length < 0x80 || length < 2 ** (8 * (count - 1)))
        throw new DerError('length not minimal', start + 1);
    }
    const end = content + length;
    if (end > this.end) throw new DerError('value runs past the end', start);
    this.offset = end;
    return { tag: found, start, content, end };
  }

  /** The next value if it has this tag. */
  optional(tag: number): Tlv | undefined {
    return this.peek() === tag ? this.read(tag) : undefined;
  }

  /** A reader of the values inside. */
  enter(tlv: Tlv): DerReader {
    return new DerReader(this.bytes, { start: tlv.content, end: tlv.end, depth: this.depth + 1 });
  }

  /** A reader of the values inside the next one, which has this tag (a SEQUENCE unless said otherwise). */
  inside(tag: number = tags.sequence): DerReader {
    return this.enter(this.read(tag));
  }

  /** The bytes of the value alone. */
  content(tlv: Tlv): Uint8Array {
    return this.bytes.subarray(tlv.content, tlv.end);
  }

  /** The bytes of tag, length and value. */
  whole(tlv: Tlv): Uint8Array {
    return this.bytes.subarray(tlv.start, tlv.end);
  }

  /** Nothing may be left. */
  finish(): void {
    if (!this.isDone()) throw new DerError('bytes left over', this.offset);
  }

  private byte(at: number): number {
    const value = at < this.end ? this.bytes[at] : undefined;
    if (value === undefined) throw new DerError('value cut short', at);
    return value;
  }
}

/** A reader of the one value that `bytes` hold, which has this tag. */
export const readSingle = (bytes: Uint8Array, tag: number = tags.sequence): DerReader => {
  const outer = new DerReader(bytes);
  const inner = outer.inside(tag);
  outer.finish();
  return inner;
};
