/** A time zone as arithmetic: what its clocks show at an instant, and where they are changed. */

/** Instants and wall times are milliseconds; a wall time is what the clocks show, counted as if they showed UTC. */
export interface TimeZone {
  /** Wall time minus instant; whole seconds. */
  offsetAt(instant: number): number;
  /** The first instant in (from, to] at which the offset is another than the one before; to the second. */
  changeBetween(from: number, to: number): number | undefined;
}

const secondMs = 1000;
const dayMs = 86_400_000;

const wallParts = ['year', 'month', 'day', 'hour', 'minute', 'second'] as const;

/** @param name of the IANA database; absent: the host's zone */
export const timeZone = (name?: string): TimeZone => {
  const format = new Intl.DateTimeFormat('en-US', {
    ...(name !== undefined && { timeZone: name }),
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const offsetAt = (instant: number): number => {
    const whole = Math.floor(instant / secondMs) * secondMs;
    const parts = new Map(format.formatToParts(whole).map(({ type, value }) => [type, value]));
    const [year = 0, month = 1, ...rest] = wallParts.map((part) => Number(parts.get(part)));
    return Date.UTC(year, month - 1, ...rest) - whole;
  };

  /** Two changes within a day are not seen; no zone has had them. */
  const changeBetween = (from: number, to: number): number | undefined => {
    const before = offsetAt(from);
    for (let start = from; start < to; start += dayMs) {
      const end = Math.min(start + dayMs, to);
      if (offsetAt(end) === before) continue;
      let low = Math.floor(start / secondMs);
      let high = Math.floor(end / secondMs);
      while (high - low > 1) {
        const middle = Math.floor((low + high) / 2);
        if (offsetAt(middle * secondMs) === before) low = middle;
        else high = middle;
      }
      return high * secondMs;
    }
    return undefined;
  };
  return { offsetAt, changeBetween };
};
