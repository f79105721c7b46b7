/** The real clocks and timers. */

import type { Clock } from '../../service/schedule.ts';

/** setTimeout fires at once for what is longer. */
const longestMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => new Date(),
  elapsed: () => performance.now(),
  after(ms, action) {
    const timer = setTimeout(action, Math.min(Math.max(0, Math.ceil(ms)), longestMs));
    return () => clearTimeout(timer);
  },
};
