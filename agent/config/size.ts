/** Sizes as the configuration writes them: a number and its unit, in powers of 1024. */

const units = { KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 } as const;
type Unit = keyof typeof units;

export type Size = `${number}${Unit}`;

export const sizePattern = /^(\d{1,6})(KB|MB|GB)$/;

/** @returns undefined for anything that is not a size */
export const parseSize = (text: string): number | undefined => {
  const [, number, unit] = sizePattern.exec(text) ?? [];
  return number === undefined ? undefined : Number(number) * units[unit as Unit];
};

export const bytes = (size: Size): number => parseSize(size) ?? NaN;
