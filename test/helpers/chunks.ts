/** Bytes cut into pieces, as a network might. */

/** A generator of numbers below 2^32, the same for the same seed (mulberry32). */
export const seeded = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
};

/** Pieces of one size, the last one shorter. */
export const piecesOf = (bytes: Uint8Array, size: number): Uint8Array[] => {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces;
};

/** Pieces of 0 to `largest` bytes. */
export const randomPieces = (
  bytes: Uint8Array,
  largest: number,
  next: () => number,
): Uint8Array[] => {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = next() % (largest + 1);
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
};
