/**
 * When a gap is believed. A blip of one run opens nothing; a fault that comes and goes opens once and stays
 * open, rather than opening and closing for ever. `1` is a look that saw the gap, `0` one that saw it gone.
 */

/** How many looks are remembered, in units of `confirmAfter`. */
const remembered = 6;

const trailing = (looks: string, mark: '0' | '1'): number => {
  let count = 0;
  while (count < looks.length && looks.at(-1 - count) === mark) count++;
  return count;
};

const closings = (looks: string): number => looks.split('10').length - 1;

export const withLook = (looks: string, mark: '0' | '1', confirmAfter: number): string =>
  (looks + mark).slice(-remembered * confirmAfter);

/** Seen so many times in a row, or, coming and going, in half of all remembered looks. */
export const isConfirmed = (looks: string, confirmAfter: number): boolean =>
  trailing(looks, '1') >= confirmAfter ||
  (looks.endsWith('1') && looks.replaceAll('0', '').length >= (remembered * confirmAfter) / 2);

/** Gone once is enough for a gap that never closed lately; each closing lately asks for more looks. */
export const isGone = (looks: string, confirmAfter: number): boolean => {
  const earlier = Math.max(0, closings(looks) - 1);
  return trailing(looks, '0') >= Math.max(1, earlier * confirmAfter);
};

/** Whether there is nothing left to remember. */
export const isQuiet = (looks: string): boolean => !looks.includes('1');
