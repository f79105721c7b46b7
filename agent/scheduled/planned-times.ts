/**
 * A timetable that was worked out ahead, elsewhere: time zones and cron expressions cost memory that the agent at
 * rest does without. Where it ends, or the clock was put back before its beginning, more is asked for.
 */

import type { Timetable } from '../../service/schedule.ts';
import type { DueTimes } from '../helper/calls.ts';

export interface PlannedTimes extends Timetable {
  /** Goes on with these. */
  take(times: DueTimes): void;
}

/** @param askFor is called when no time is known after this one, and answers by take() */
export const plannedTimes = (askFor: (after: Date) => void): PlannedTimes => {
  let planned: DueTimes = { from: 0, times: [] };
  return {
    take(times) {
      planned = times;
    },
    next(after) {
      const instant = after.getTime();
      const due = instant < planned.from ? undefined : planned.times.find((time) => time > instant);
      if (due !== undefined) return new Date(due);
      askFor(after);
      return undefined;
    },
  };
};
