/**
 * The usual shape of a CRL entry, checked by a few word compares: what makes a CRL of millions of
 * entries cost little more than its hash. It accepts nothing that the full reader would refuse.
 */

/** No plain entry reaches further than this from its first byte. */
const plainReach = 64;
const filterMask = 0xfff;

/** The last two bytes of an encoded serial number (or its length and its only byte), 12 bits of them. */
const filterIndex = (serial: Uint8Array): number =>
  (((serial.at(-2) ?? 1) << 8) | (serial.at(-1) ?? 0)) & filterMask;

/** Marks the serial numbers that a walk must not pass over; others are marked too, rarely. */
export const serialFilter = (wanted: readonly Uint8Array[]): Uint8Array => {
  const filter = new Uint8Array(filterMask + 1);
  for (const serial of wanted) filter[filterIndex(serial)] = 1;
  return filter;
};

/** Days 29 to 31, as two digits in two bytes each, of a year from 1950 to 2049. */
const isLateDay = (month: number, day: number, year: number): boolean => {
  if (day < 0x209) return false;
  if (month === 0x002) return day === 0x209 && (((year >> 8) & 0xf) * 10 + (year & 0xf)) % 4 === 0;
  if (day <= 0x300) return true;
  if (day > 0x301) return false;
  const shorter = month === 0x004 || month === 0x006 || month === 0x009 || month === 0x101;
  return !shorter;
};

/**
 * Walks plain entries: short lengths, a serial number of at least one byte, a UTCTime, and either
 * nothing more or a reasonCode alone. It stops at the first entry that is not plain, is perhaps
 * wanted, or comes within reach of the end; `counter.entries` grows by what it passed.
 */
export const walkPlain = (
  view: DataView,
  range: { readonly start: number; readonly end: number },
  filter: Uint8Array,
  counter: { entries: number },
): number => {
  const last = (range.end - plainReach) | 0;
  let at = range.start | 0;
  let passed = 0;
  while (at <= last) {
    // 30 LL 02 SS: LL below 128, SS below 32.
    const head = view.getInt32(at);
    const serialLength = head & 0x1f;
    const time = (at + serialLength + 4) | 0;
    const next = (at + 2 + ((head >> 16) & 0xff)) | 0;
    // Nine equal leading bits: not minimal.
    const leading = view.getInt16((at + 4) | 0) >> 7;
    // 17 0D, then six pairs of digits and Z; pairs are bounded by carries into the upper nibble.
    const year = view.getInt32(time) ^ 0x170d3030;
    const date = view.getInt32((time + 4) | 0) ^ 0x30303030;
    const clock = view.getInt32((time + 8) | 0) ^ 0x30303030;
    const seconds = view.getInt32((time + 11) | 0, true) ^ 0x5a303030;
    let odd =
      ((head & 0xff80ffe0) ^ 0x30000200) |
      ((serialLength - 1) >> 31) |
      ((year & ~0x0f0f) | ((year + 0x0606) & 0xf0f0)) |
      ((date | clock | (date + 0x0e060c06) | (clock + 0x0d060a06)) & 0xf0f0f0f0) |
      ((seconds & 0xfff0f000) | ((seconds + 0x060a00) & 0xf0f000));
    if (next !== ((time + 15) | 0))
      // 30 0C 30 0A 06 03 55 1D 15 04 03 0A 01 RR, in the processor's order: no bytes to swap.
      odd |=
        (next - time - 29) |
        (view.getInt32((time + 15) | 0, true) ^ 0x0a300c30) |
        (view.getInt32((time + 19) | 0, true) ^ 0x1d550306) |
        (view.getInt32((time + 23) | 0, true) ^ 0x0a030415) |
        ((view.getInt16((time + 27) | 0, true) & 0xf0ff) ^ 0x0001);
    if (odd !== 0 || (leading + 1) >>> 0 < 2) break;
    const month = date >> 16;
    const day = date & 0xffff;
    // Unsigned, so that 0 is too large as well.
    if ((month - 1) >>> 0 > 0x101 || clock >> 16 > 0x203) break;
    if ((day - 1) >>> 0 > 0x207 && !isLateDay(month, day, year)) break;
    if (filter[view.getInt16((time - 2) | 0) & filterMask] !== 0) break;
    at = next;
    passed = (passed + 1) | 0;
  }
  counter.entries += passed;
  return at;
};
