/**
 * When a cron expression is due. node-cron reads the expression and says which days match; the times are
 * computed here, because it loses runs where clocks are changed: those that the spring skips, and the hour
 * that the autumn repeats.
 */

import cron from 'node-cron';
import { timeZone } from './time-zone.ts';

export interface Cron {
  /** The first time after `after` that it is due; undefined: never (a February 30). */
  next(after: Date): Date | undefined;
}

const secondMs = 1000;
const dayMs = 86_400_000;
/** February 29 comes on a given weekday every 28 years, every 40 around a century's end. */
const furthestDays = 41 * 366;
/** Longer than any zone repeats. */
const repeatMs = 3 * 3_600_000;

const ascending = (values: readonly number[]): readonly number[] =>
  [...values].sort((a, b) => a - b);

/** Times of the day that match, as far as hours, minutes and seconds go. */
const timesOfDay = (expression: string) => {
  const fields = cron.parse(expression);
  const hours = ascending(fields.hour);
  const minutes = ascending(fields.minute);
  const seconds = ascending(fields.second);
  const at = (hour = 0, minute = 0, second = 0): number =>
    ((hour * 60 + minute) * 60 + second) * secondMs;
  return {
    everyHour: hours.length === 24,
    first: at(hours[0], minutes[0], seconds[0]),
    /** The first one after `time`, all in milliseconds of the day. */
    after(time: number): number | undefined {
      for (const hour of hours) {
        if (at(hour + 1) <= time) continue;
        for (const minute of minutes) {
          if (at(hour, minute + 1) <= time) continue;
          const second = seconds.find((each) => at(hour, minute, each) > time);
          if (second !== undefined) return at(hour, minute, second);
        }
      }
      return undefined;
    },
  };
};

/**
 * Which expressions give the days. As in crontab(5): where neither the day of the month nor the day of the week
 * begins with `*`, a day that matches either of them is right. node-cron wants both.
 */
const dayExpressions = (expression: string): readonly string[] => {
  const fields = expression.trim().split(/\s+/);
  const [dayOfMonth, dayOfWeek] = [fields.length - 3, fields.length - 1];
  const isAny = (field: number): boolean => fields[field]?.startsWith('*') ?? true;
  if (isAny(dayOfMonth) || isAny(dayOfWeek)) return [expression];
  return [dayOfMonth, dayOfWeek].map((field) => fields.with(field, '*').join(' '));
};

/** The next wall time that matches, counted as if the clocks showed UTC. */
const wallTimes = (expression: string) => {
  const times = timesOfDay(expression);
  const tasks = dayExpressions(expression).map((days) =>
    cron.createTask(days, () => undefined, { timezone: 'UTC' }),
  );
  const isDay = (day: number): boolean =>
    tasks.some((task) => task.match(new Date(day + times.first)));
  return {
    everyHour: times.everyHour,
    after(wall: number): number | undefined {
      let day = Math.floor(wall / dayMs) * dayMs;
      let from = wall - day;
      for (let days = 0; days < furthestDays; days++) {
        const time = times.after(from);
        if (time !== undefined && isDay(day)) return day + time;
        day += dayMs;
        from = -1;
      }
      return undefined;
    },
  };
};

/**
 * Reads an expression of five or six fields, with crontab(5)'s meaning.
 *
 * Where clocks go forward, what the skipped time would have brought is due once, at the change. Where they go
 * back, an expression that is due in every hour goes on being due in the repeated one; any other is due in its
 * first passing only.
 * @throws an Error for what is no expression
 */
export const parseCron = (expression: string, zoneName?: string): Cron => {
  const walls = wallTimes(expression);
  const zone = timeZone(zoneName);

  /** Where the search begins in wall time: a repeated time is behind it, unless it counts again. */
  const startWall = (instant: number, offset: number): number => {
    const wall = instant + offset;
    if (walls.everyHour || zone.offsetAt(instant - repeatMs) <= offset) return wall;
    const change = zone.changeBetween(instant - repeatMs, instant);
    if (change === undefined) return wall;
    return Math.max(wall, change + zone.offsetAt(change - secondMs) - secondMs);
  };

  return {
    next(after) {
      let instant = Math.floor(after.getTime() / secondMs) * secondMs;
      let offset = zone.offsetAt(instant);
      let wall = startWall(instant, offset);
      for (;;) {
        const due = walls.after(wall);
        if (due === undefined) return undefined;
        const change = zone.changeBetween(instant, due - offset);
        if (change === undefined) return new Date(due - offset);
        const changed = zone.offsetAt(change);
        // Skipped: the first time that matches from the change on does not exist.
        if (due < change + changed) return new Date(change);
        const repeats = changed < offset && walls.everyHour;
        wall = change + (repeats ? changed : Math.max(offset, changed)) - secondMs;
        instant = change;
        offset = changed;
      }
    },
  };
};
