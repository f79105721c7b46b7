/** Whether standard error leads to systemd's journal (systemd.exec(5), JOURNAL_STREAM). */

import { fstatSync } from 'node:fs';

const standardError = 2;

export const isJournal = (env: Readonly<Record<string, string | undefined>>): boolean => {
  const stream = env['JOURNAL_STREAM'];
  if (stream === undefined || stream === '') return false;
  try {
    // The variable is inherited also where standard error was sent elsewhere.
    const { dev, ino } = fstatSync(standardError, { bigint: true });
    return stream === `${dev}:${ino}`;
  } catch {
    return false; // it is closed
  }
};
