/** A fixed place for each host within a span of time, so that many hosts spread evenly over it. */

import { createHash } from 'node:crypto';

/** From 0 up to, but not including, `spanMs`; the same for the same name. */
export const splayOffset = (name: string, spanMs: number): number => {
  const hash = createHash('sha256').update(name).digest();
  return Math.floor((hash.readUIntBE(0, 6) / 2 ** 48) * spanMs);
};
