/** Waits for what comes sooner or later. */

import { setTimeout as wait } from 'node:timers/promises';

/** A machine under load may take its time; a minute means that it never will. */
const patienceMs = 60_000;
const everyMs = 20;

/** @throws when it does not hold within a minute */
export const eventually = async (
  what: string,
  holds: () => boolean | Promise<boolean>,
): Promise<void> => {
  const end = performance.now() + patienceMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not within a minute: ${what}`);
    await wait(everyMs);
  }
};
