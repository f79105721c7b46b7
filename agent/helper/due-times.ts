/** The times that a schedule is due at, for some days ahead. */

import { parseCron } from '../../service/cron.ts';
import { splayOffset } from '../../service/splay.ts';
import { milliseconds } from '../config/duration.ts';
import type { DueRequest, DueTimes } from './calls.ts';

const aheadMs = 8 * 86_400_000;
const mostTimes = 2000;

/** At least one time, however far ahead; none only where there will be none. */
export const dueTimes = ({
  schedule,
  timezone,
  splay,
  hostName,
  after,
}: DueRequest): Promise<DueTimes> => {
  const cron = parseCron(schedule, timezone);
  const offset = splayOffset(hostName, milliseconds(splay));
  const times: number[] = [];
  for (
    let due = cron.next(new Date(after - offset));
    due !== undefined && times.length < mostTimes;
    due = cron.next(due)
  ) {
    times.push(due.getTime() + offset);
    if (due.getTime() > after + aheadMs) break;
  }
  return Promise.resolve({ from: after, times });
};
