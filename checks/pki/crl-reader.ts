/**
 * Reads a CRL (RFC 5280 5) as it arrives, in constant memory whatever its size: strict DER, the
 * entries that are wanted, and the hash of what is signed, all in one pass.
 */

import type { Verify } from 'node:crypto';
import { type CrlContents, readHit, verificationFrom, verificationOf } from './crl-contents.ts';
import { EntryWalker } from './crl-entries.ts';
import { readCrlExtensions } from './crl-extensions.ts';
import { type CrlFields, type CrlFrame, readFields, readTail, scanFrame } from './crl-frame.ts';
import { DerError } from './der.ts';
import {
  type SignatureScheme,
  UnsupportedAlgorithm,
  signatureScheme,
  startVerification,
} from './signature.ts';

/** A CRL up to this size is kept, so that it can be read again and verified with any key. */
export const keptBytes = 1_048_576;
/** Ed25519 and Ed448 hash what is signed twice, so it is kept; larger CRLs are not verified. */
const oneShotBytes = 67_108_864;
/** Larger chunks are taken in pieces of this size, which stay in the processor's cache. */
const pieceBytes = 524_288;

export interface CrlReaderOptions {
  /** Content bytes of the serial numbers to look up. */
  readonly wanted?: readonly Uint8Array[];
  /** With how many keys the signature of a CRL that is too large to be kept can be tried; default 1. */
  readonly keys?: number;
}

/** Bytes gathered until they can be read. */
class Gathered {
  private buffer = Buffer.allocUnsafe(1024);
  length = 0;

  get bytes(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }

  append(chunk: Uint8Array): Uint8Array {
    const length = this.length + chunk.length;
    if (length > this.buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, this.buffer.length * 2));
      larger.set(this.bytes);
      this.buffer = larger;
    }
    this.buffer.set(chunk, this.length);
    this.length = length;
    return this.bytes;
  }
}

/** What is known once the fields before the entries have been read. */
interface Begun {
  readonly frame: CrlFrame;
  readonly fields: CrlFields;
  readonly scheme?: SignatureScheme;
  readonly refused?: string;
  readonly walker: EntryWalker;
  readonly hashes: readonly Verify[];
  readonly whole?: Uint8Array;
}

/** From `start` to `end`, as far as there are bytes; no copy, and no new view of the whole. */
const part = (bytes: Uint8Array, start: number, end: number): Uint8Array =>
  start <= 0 && end >= bytes.length ? bytes : bytes.subarray(Math.max(start, 0), Math.max(end, 0));

const schemeOf = ({ algorithm }: CrlFields): Pick<Begun, 'scheme' | 'refused'> => {
  try {
    return { scheme: signatureScheme(algorithm) };
  } catch (error) {
    if (error instanceof UnsupportedAlgorithm) return { refused: error.message };
    throw error;
  }
};

export class CrlReader {
  private readonly options: CrlReaderOptions;
  private received = 0;
  private fault: DerError | undefined;
  private readonly head = new Gathered();
  private begun: Begun | undefined;
  private readonly tail = new Gathered();
  private contents: CrlContents | undefined;

  constructor(options: CrlReaderOptions = {}) {
    this.options = options;
  }

  /** Takes the next bytes, which may be used again afterwards. The first fault is kept for `finish`. */
  write(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length && !this.fault; at += pieceBytes) {
      const piece = part(chunk, at, at + pieceBytes);
      try {
        this.take(piece, this.received + at);
      } catch (error) {
        if (!(error instanceof DerError)) throw error;
        this.fault = error;
      }
    }
    this.received += chunk.length;
  }

  /** @throws DerError for bytes that are not exactly one CRL */
  finish(): CrlContents {
    if (this.fault) throw this.fault;
    this.contents ??= this.conclude();
    return this.contents;
  }

  private take(piece: Uint8Array, offset: number): void {
    if (this.begun) {
      this.hash(this.begun, piece, offset);
      this.walk(this.begun, piece, offset);
      return;
    }
    // Mostly the first piece has all that stands before the entries: then nothing is copied.
    const bytes = this.head.length > 0 ? this.head.append(piece) : piece;
    const frame = scanFrame(bytes);
    if (!frame) {
      if (bytes === piece) this.head.append(piece);
      return;
    }
    this.begun = this.begin(frame, bytes);
    this.hash(this.begun, bytes, 0);
    this.walk(this.begun, bytes.subarray(frame.entriesStart), frame.entriesStart);
  }

  private begin(frame: CrlFrame, bytes: Uint8Array): Begun {
    const fields = readFields(bytes, frame);
    const { scheme, refused } = schemeOf(fields);
    const walker = new EntryWalker(this.options.wanted ?? [], fields.version);
    const begun = { frame, fields, walker, ...(refused !== undefined && { refused }) };
    const oneShot = scheme?.hash === null;
    if (frame.total <= (oneShot ? oneShotBytes : keptBytes)) {
      const whole = Buffer.allocUnsafeSlow(frame.total);
      return { ...begun, hashes: [], whole, ...(scheme && { scheme }) };
    }
    if (oneShot)
      return {
        ...begun,
        hashes: [],
        refused: `${scheme.name} over more than ${oneShotBytes} bytes`,
      };
    const hashes = scheme
      ? Array.from({ length: this.options.keys ?? 1 }, () => startVerification(scheme) ?? [])
      : [];
    return { ...begun, hashes: hashes.flat(), ...(scheme && { scheme }) };
  }

  private hash({ frame, hashes, whole }: Begun, piece: Uint8Array, offset: number): void {
    if (offset + piece.length > frame.total) throw new DerError('bytes left over', frame.total);
    whole?.set(piece, offset);
    if (hashes.length === 0) return;
    const signed = part(piece, frame.tbsStart - offset, frame.tbsEnd - offset);
    if (signed.length > 0) for (const hash of hashes) hash.update(signed);
  }

  private walk({ frame, walker }: Begun, piece: Uint8Array, offset: number): void {
    const entries = part(piece, 0, frame.entriesEnd - offset);
    if (entries.length > 0) movingErrors(offset, () => walker.take(entries));
    if (offset + entries.length < frame.entriesEnd) return;
    if (walker.unfinished > 0)
      throw new DerError('entry runs past the end of the list', frame.entriesEnd);
    this.tail.append(part(piece, entries.length, piece.length));
  }

  private conclude(): CrlContents {
    const { begun } = this;
    if (!begun || this.received < begun.frame.total)
      throw new DerError('CRL cut short', this.received);
    const { frame, fields, walker, scheme, refused, whole } = begun;
    const { extensions, signature } = movingErrors(frame.entriesEnd, () =>
      readTail(this.tail.bytes, frame, fields),
    );
    const data = whole?.subarray(frame.tbsStart, frame.tbsEnd);
    return {
      ...fields,
      ...(scheme && { scheme }),
      ...(refused !== undefined && { refused }),
      extensions: readCrlExtensions(extensions),
      entries: walker.entries,
      bytes: frame.total,
      hits: walker.hits.map(readHit),
      criticalEntryExtensions: [...walker.criticalExtensions],
      namesIssuers: walker.namesIssuers,
      ...(whole && { whole }),
      verify: !scheme
        ? () => false
        : data
          ? verificationOf(scheme, { data, signature })
          : verificationFrom(scheme, begun.hashes, signature),
    };
  }
}

/** Lets a DerError count its offset from the start of the CRL. */
const movingErrors = <T>(base: number, read: () => T): T => {
  try {
    return read();
  } catch (error) {
    throw error instanceof DerError ? error.movedBy(base) : error;
  }
};

/** Reads a CRL that is in memory. @throws DerError */
export const readCrl = (bytes: Uint8Array, options: CrlReaderOptions = {}): CrlContents => {
  const reader = new CrlReader(options);
  reader.write(bytes);
  return reader.finish();
};
