/** Durations as the configuration writes them: a number and its unit. */

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
type Unit = keyof typeof units;

export type Duration = `${number}${Unit}`;

export const durationPattern = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/;

/** @returns undefined for anything that is not a duration */
export const parseDuration = (text: string): number | undefined => {
  const [, number, unit] = durationPattern.exec(text) ?? [];
  return number === undefined ? undefined : Math.round(Number(number) * units[unit as Unit]);
};

export const milliseconds = (duration: Duration): number => parseDuration(duration) ?? NaN;
