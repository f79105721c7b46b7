/**
 * The usual shape of a CRL entry, checked by a few compares of many bytes each: what makes a CRL of
 * millions of entries cost little more than its hash. It accepts nothing that the full reader would
 * refuse. WebAssembly (crl-plain-entries.wat) is as fast the first time as ever after, where JavaScript
 * would be interpreted for most of the one CRL that a run reads.
 */

import { plainEntriesWasm } from './crl-plain-entries-wasm.ts';

/** No plain entry reaches further than this from its first byte, nor do the bytes compared. */
const plainReach = 66;
/** What follows the window, in reach of its last entry: no byte that is compared may have this value. */
const beyond = 0xff;
const filterLength = 65_536;
/** Where the window lies in the module's memory. */
const windowAt = 65_600;

/** What is used of it here: Node's types leave it to those of browsers. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

interface Module {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly walk: (at: number, last: number) => readonly [next: number, passed: number];
}

/** The last two bytes of an encoded serial number; one byte is preceded by its length. */
const filterIndex = (serial: Uint8Array): number =>
  ((serial.at(-1) ?? 0) << 8) | (serial.at(-2) ?? 1);

/** Marks the serial numbers that a walk must not pass over; others are marked too, rarely. */
export const serialFilter = (wanted: readonly Uint8Array[]): Uint8Array => {
  const filter = new Uint8Array(filterLength);
  for (const serial of wanted) filter[filterIndex(serial)] = 1;
  return filter;
};

/** Compiled while modules load, as the JavaScript around it is: no CRL waits for it. */
const instance = new WebAssembly.Instance(
  new WebAssembly.Module(Buffer.from(plainEntriesWasm, 'base64')),
);
const { memory, walk } = instance.exports as Module;
const room = new Uint8Array(memory.buffer);
/** The filter that is in the module's memory. */
let present: Uint8Array | undefined;

export interface PlainWalk {
  /** Where the first entry starts that is not plain, is perhaps wanted, or is not there to its end. */
  readonly next: number;
  /** How many entries lie before it. */
  readonly passed: number;
}

/** Entries, in the module's memory. The next window takes it over: one has to be done with by then. */
export interface EntryWindow {
  readonly bytes: Uint8Array;
  /**
   * Walks over the plain entries from `start` on: short lengths, a serial number of 1 to 31 bytes, a
   * UTCTime, and either nothing more or a reasonCode alone.
   */
  readonly walkPlain: (start: number) => PlainWalk;
}

/** The window that holds `parts` one after another. @throws RangeError for more than fits, some 700,000 bytes */
export const entryWindow = (parts: readonly Uint8Array[], filter: Uint8Array): EntryWindow => {
  if (present !== filter) room.set(filter, 0);
  present = filter;
  let end = windowAt;
  for (const part of parts) {
    room.set(part, end);
    end += part.length;
  }
  room.fill(beyond, end, end + plainReach);
  const last = end - 1;
  return {
    bytes: room.subarray(windowAt, end),
    walkPlain: (start) => {
      const [next, passed] = walk(windowAt + start, last);
      return { next: next - windowAt, passed };
    },
  };
};
