/** How long to wait before a receiver is tried again. */

const second = 1000;
const firstMs = 5 * second;
const mostMs = 15 * 60 * second;
/** A receiver may ask for more than that, within reason. */
const mostAskedMs = 60 * 60 * second;

/** No wait, whatever was written into it, is longer than this. */
export const longestWaitMs = mostAskedMs;

export interface Retry {
  /** How many times it has failed in a row, from 1 on. */
  readonly failures: number;
  /** What a Retry-After asked for. */
  readonly askedMs?: number;
  /** From 0 up to, but not including, 1. */
  readonly random: () => number;
}

/** Milliseconds: exponential with full jitter, at least a second, and no sooner than was asked for. */
export const backoffMs = ({ failures, askedMs = 0, random }: Retry): number => {
  const most = Math.min(mostMs, firstMs * 2 ** Math.min(failures - 1, 20));
  return Math.max(second, Math.round(random() * most), Math.min(askedMs, mostAskedMs));
};

/** IMF-fixdate, the one form that is sent (RFC 9110 section 5.6.7). */
const fixdate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** Reads Retry-After, seconds or a date (RFC 9110 section 10.2.3), as milliseconds from now. */
export const retryAfterMs = (header: string | undefined, now: Date): number | undefined => {
  const value = header?.trim() ?? '';
  if (/^\d{1,9}$/.test(value)) return Number(value) * second;
  const time = fixdate.test(value) ? Date.parse(value) : NaN;
  return Number.isNaN(time) ? undefined : Math.max(0, time - now.getTime());
};
