/**
 * The revoked certificates of a CRL (RFC 5280 5.1.2.6), walked as they arrive. Every entry is held
 * to strict DER; only those whose serial number is wanted are kept.
 */

import { readExtensions } from './certificate.ts';
import { type EntryWindow, entryWindow, serialFilter } from './crl-plain-entries.ts';
import { DerError, tags } from './der.ts';
import { DerWalk } from './der-walk.ts';
import { readGeneralNames } from './general-names.ts';
import { equalBytes } from './values.ts';

/** An entry that was asked for, copied as it stands. */
export interface RawEntry {
  /** DER of the whole entry. */
  readonly raw: Uint8Array;
  /** Value of the certificateIssuer extension in force (RFC 5280 5.3.3): its own or an earlier entry's. */
  readonly certificateIssuer?: Uint8Array;
}

/** The longest entry that is taken; a serial number, a time and a few extensions need about 100 bytes. */
const maxEntryBytes = 65_536;
/** The most entries kept for one lookup: a list that names a serial number more often is no honest one. */
const maxHits = 1_000;
/** The most critical extensions that are remembered by name. */
const maxNamedExtensions = 8;

const reasonCode = 21;
const invalidityDate = 24;
const certificateIssuer = 29;

/** A copy: what a window shows changes with the next chunk. (A Buffer's `slice` is none.) */
const copyOf = (bytes: Uint8Array, start: number, end: number): Uint8Array =>
  new Uint8Array(bytes.subarray(start, end));

export class EntryWalker {
  /** Entries walked so far. */
  entries = 0;
  readonly hits: RawEntry[] = [];
  /** Critical extensions of entries that certready does not process, by OID; the first few. */
  readonly criticalExtensions = new Set<string>();
  /** Some entry names the issuer of its certificate. */
  namesIssuers = false;

  private readonly wanted: readonly Uint8Array[];
  private readonly version: 1 | 2;
  private readonly filter: Uint8Array;
  private issuerInForce: Uint8Array | undefined;
  private rest: Uint8Array = new Uint8Array(0);

  /** `wanted`: content bytes of serial numbers. */
  constructor(wanted: readonly Uint8Array[], version: 1 | 2) {
    this.wanted = wanted;
    this.version = version;
    this.filter = serialFilter(wanted);
  }

  /** Bytes taken of an entry that is not there to its end. */
  get unfinished(): number {
    return this.rest.length;
  }

  /** Walks the entries of the next piece of the list, 500 KB at most. @throws DerError, offsets from the piece's start */
  take(piece: Uint8Array): void {
    const { rest } = this;
    const { bytes, walkPlain } = entryWindow([rest, piece], this.filter);
    try {
      this.rest = copyOf(bytes, this.walk(new DerWalk(bytes), walkPlain), bytes.length);
    } catch (error) {
      throw error instanceof DerError ? error.movedBy(-rest.length) : error;
    }
  }

  /** Where the first entry starts that the window does not hold whole. */
  private walk(window: DerWalk, walkPlain: EntryWindow['walkPlain']): number {
    const { length } = window.bytes;
    let start = 0;
    for (;;) {
      // Version 1 has no entry extensions, and its lists are small.
      if (this.version === 2) {
        const { next, passed } = walkPlain(start);
        this.entries += passed;
        start = next;
      }
      if (!window.hasHeader(start)) return start;
      const end = window.endOf(start, tags.sequence, start + maxEntryBytes);
      if (end > length) return start;
      this.walkEntry(window, start, end);
      this.entries++;
      start = end;
    }
  }

  private walkEntry(window: DerWalk, start: number, end: number): void {
    const serial = window.contentOf(start);
    const date = window.integerEnd(serial, end);
    const extensions = window.timeEnd(date, end);
    if (extensions < end) {
      if (this.version === 1) throw new DerError('entry extensions in a version 1 CRL', extensions);
      this.walkExtensions(window, extensions, end);
    }
    const content = window.bytes.subarray(window.contentOf(serial), date);
    if (!this.wanted.some((wanted) => equalBytes(wanted, content))) return;
    if (this.hits.length >= maxHits)
      throw new DerError(`a serial number more than ${maxHits} times`, start);
    this.hits.push({
      raw: copyOf(window.bytes, start, end),
      ...(this.issuerInForce && { certificateIssuer: this.issuerInForce }),
    });
  }

  private walkExtensions(window: DerWalk, start: number, end: number): void {
    if (window.endOf(start, tags.sequence, end) !== end)
      throw new DerError('bytes left over in an entry', start);
    let at = window.contentOf(start);
    if (at === end) throw new DerError('empty list of extensions', at);
    let seen = 0;
    while (at < end) {
      const next = window.endOf(at, tags.sequence, end);
      const inside = window.contentOf(at);
      // 06 03 55 1D XX: an extension of RFC 5280 itself, 2.5.29.XX.
      const ours = inside + 5 <= next && window.view.getInt32(inside) === 0x0603551d;
      const id = ours ? window.view.getUint8(inside + 4) : 0xff;
      if (id > 31) {
        this.readUnusual(window, start, end);
        return;
      }
      if ((seen & (1 << id)) !== 0) throw new DerError(`extension 2.5.29.${id} twice`, at);
      seen |= 1 << id;
      this.walkExtension(window, id, { start: inside + 5, end: next });
      at = next;
    }
  }

  /** What follows the OID of extension 2.5.29.`id`. */
  private walkExtension(
    window: DerWalk,
    id: number,
    { start, end }: { start: number; end: number },
  ): void {
    let at = start;
    let critical = false;
    if (at < end && window.view.getUint8(at) === tags.boolean) {
      const after = window.endOf(at, tags.boolean, end);
      if (after !== at + 3 || window.view.getUint8(at + 2) !== 0xff)
        throw new DerError('criticality is not TRUE', at);
      critical = true;
      at = after;
    }
    if (window.endOf(at, tags.octetString, end) !== end)
      throw new DerError('bytes left over in an extension', at);
    this.walkValue(window, id, { start: window.contentOf(at), end });
    if (critical) this.rememberCritical(`2.5.29.${id}`);
  }

  private walkValue(
    window: DerWalk,
    id: number,
    { start, end }: { start: number; end: number },
  ): void {
    switch (id) {
      case reasonCode:
        if (
          window.endOf(start, tags.enumerated, end) !== end ||
          end !== start + 3 ||
          window.view.getUint8(start + 2) >= 0x80
        )
          throw new DerError('malformed reasonCode', start);
        break;
      case invalidityDate:
        if (window.timeEnd(start, end) !== end || end !== start + 17)
          throw new DerError('malformed invalidityDate', start);
        break;
      case certificateIssuer: {
        const reader = window.reader(start, end);
        if (readGeneralNames(reader.inside()).directoryNames.length === 0)
          throw new DerError('certificateIssuer without a directory name', start);
        reader.finish();
        this.namesIssuers = true;
        this.issuerInForce = copyOf(window.bytes, start, end);
        break;
      }
    }
  }

  /** A list with an extension of somebody's own: read in full. */
  private readUnusual(window: DerWalk, start: number, end: number): void {
    const list = window.reader(start, end).inside();
    for (const { oid, critical, value } of readExtensions(list).values()) {
      const from = value.byteOffset - window.bytes.byteOffset;
      const id = /^2\.5\.29\.(\d+)$/.exec(oid)?.[1];
      if (id !== undefined)
        this.walkValue(window, Number(id), { start: from, end: from + value.length });
      if (critical) this.rememberCritical(oid);
    }
  }

  private rememberCritical(oid: string): void {
    if (oid !== `2.5.29.${certificateIssuer}` && this.criticalExtensions.size < maxNamedExtensions)
      this.criticalExtensions.add(oid);
  }
}
