import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseCron } from '../../service/cron.ts';
import {
  type Clock,
  type RunReason,
  type Schedule,
  type Timetable,
  createSchedule,
  delayed,
} from '../../service/schedule.ts';
import { SimulatedClock } from '../helpers/simulated-clock.ts';

/** How often the schedule looks at the clock. */
const watchMs = 30_000;
const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

interface Lab {
  readonly clock: SimulatedClock;
  readonly schedule: Schedule;
  /** When runs began, and why. */
  readonly runs: { readonly at: string; readonly elapsed: number; readonly reason: RunReason }[];
}

interface LabOptions {
  readonly start?: string;
  readonly timetable?: Timetable;
  /** How long a run takes; Infinity: it ends when it is told to. */
  readonly takes?: (run: number) => number;
  readonly deadlineMs?: number;
  /** Takes no notice of its deadline. */
  readonly deaf?: boolean;
}

const open = (options: LabOptions = {}): Lab => {
  const clock = new SimulatedClock(options.start ?? '2026-01-01T00:00:10Z');
  const runs: Lab['runs'] = [];
  let running = 0;
  /** A watch on the clock that begins no run. */
  const watch: Clock['after'] = (ms, action) =>
    clock.after(ms, () => {
      const before = runs.length;
      action();
      if (ms === watchMs && runs.length === before) clock.quiet();
    });
  const schedule = createSchedule({
    timetable: options.timetable ?? parseCron('*/30 * * * *', 'UTC'),
    clock: { now: clock.now, elapsed: clock.elapsed, after: watch },
    deadlineMs: () => options.deadlineMs ?? 2 * minute,
    job: (reason, signal) =>
      new Promise((resolve) => {
        assert.equal(running, 0, 'two runs at once');
        running++;
        runs.push({ at: clock.now().toISOString(), elapsed: clock.elapsed(), reason });
        const end = (): void => {
          running = 0;
          resolve();
        };
        const takes = options.takes?.(runs.length) ?? 10 * second;
        if (takes !== Infinity) clock.after(takes, end);
        signal.addEventListener('abort', () => {
          if (options.deaf === true) running = 0;
          else end();
        });
      }),
  });
  return { clock, schedule, runs };
};

describe('the schedule', () => {
  it('runs at start, then by the timetable', async () => {
    const { clock, schedule, runs } = open();
    schedule.start();
    await clock.pass(65 * minute);
    assert.deepEqual(
      runs.map(({ at, reason }) => [at.slice(11, 19), reason]),
      [
        ['00:00:10', 'start'],
        ['00:30:00', 'schedule'],
        ['01:00:00', 'schedule'],
      ],
    );
    assert.equal(schedule.next()?.toISOString(), '2026-01-01T01:30:00.000Z');
    await schedule.stop();
    assert.equal(clock.waiting, 0);
  });

  const spans: readonly (readonly [zone: string, start: string, days: number])[] = [
    ['Europe/Madrid', '2026-01-01', 365],
    ['America/New_York', '2026-03-01', 20],
    ['America/New_York', '2026-10-20', 30],
  ];
  for (const [zone, start, days] of spans)
    it(`runs every half hour for ${days} days from ${start} on in ${zone}`, async () => {
      const splay = 17 * second;
      const { clock, schedule, runs } = open({
        start: `${start}T00:00:10Z`,
        timetable: delayed(parseCron('*/30 * * * *', zone), splay),
      });
      schedule.start();
      await clock.pass(days * day + minute);
      await schedule.stop();
      const times = runs.slice(1).map(({ at }) => Date.parse(at));
      // The clock's offset is whole hours: half hours are half hours everywhere. The first is 7 s after the start.
      assert.equal(times.length, days * 48);
      for (const [index, at] of times.entries())
        assert.equal(at, Date.parse(`${start}T00:30:17Z`) + index * 30 * minute);
    });

  it('makes up for what a sleeping machine missed by one run, soon after it wakes', async () => {
    const { clock, schedule, runs } = open();
    schedule.start();
    await clock.pass(hour);
    clock.jump(3 * day + 7 * minute);
    const before = runs.length;
    await clock.pass(minute);
    assert.equal(runs.length, before + 1);
    await clock.pass(30 * minute);
    assert.equal(runs.length, before + 2);
  });

  it('goes on at once where the clock was put back', async () => {
    const { clock, schedule, runs } = open({ start: '2027-06-01T12:00:10Z' });
    schedule.start();
    await clock.pass(5 * minute);
    clock.jump(-180 * day);
    const before = runs.length;
    await clock.pass(31 * minute);
    assert.equal(runs.length, before + 1);
  });

  it('begins no storm and forgets nothing while the clock goes to and fro', async () => {
    const { clock, schedule, runs } = open({ takes: () => second });
    schedule.start();
    for (let turn = 0; turn < 500; turn++) {
      await clock.pass(20 * second);
      clock.jump(turn % 2 === 0 ? 5 * hour : -5 * hour);
    }
    await clock.pass(2 * hour);
    const gaps = runs.slice(1).map(({ elapsed }, index) => elapsed - (runs[index]?.elapsed ?? 0));
    assert.ok(Math.min(...gaps) >= minute, `${Math.min(...gaps)} ms between two runs`);
    assert.ok(
      Math.max(...gaps) <= 30 * minute + 30 * second,
      `${Math.max(...gaps)} ms without one`,
    );
  });

  it('lets no two runs overlap, and does not catch up with those that a long one covered', async () => {
    const { clock, schedule, runs } = open({
      timetable: parseCron('* * * * *', 'UTC'),
      takes: (run) => (run === 2 ? 10 * minute : second),
      deadlineMs: hour,
    });
    schedule.start();
    await clock.pass(15 * minute);
    assert.deepEqual(
      runs.map(({ at }) => at.slice(11, 16)),
      ['00:00', '00:01', '00:12', '00:13', '00:14', '00:15'],
    );
  });

  for (const deaf of [false, true])
    it(`ends a run at its deadline, ${deaf ? 'also one that takes no notice' : 'and goes on'}`, async () => {
      const { clock, schedule, runs } = open({
        timetable: parseCron('*/5 * * * *', 'UTC'),
        takes: (run) => (run === 1 ? Infinity : second),
        deaf,
      });
      schedule.start();
      await clock.pass(11 * minute);
      assert.deepEqual(
        runs.map(({ at }) => at.slice(11, 16)),
        ['00:00', '00:05', '00:10'],
      );
    });

  it('looks in between when it is asked to, once', async () => {
    const { clock, schedule, runs } = open();
    schedule.start();
    await clock.pass(minute);
    schedule.lookWithin(30 * second);
    schedule.lookWithin(5 * minute);
    await clock.pass(20 * minute);
    assert.deepEqual(
      runs.map(({ reason }) => reason),
      ['start', 'look'],
    );
  });

  it('takes another timetable without a run for it, and keeps what was due', async () => {
    const { clock, schedule, runs } = open();
    schedule.start();
    await clock.pass(minute);
    schedule.reschedule(parseCron('15 * * * *', 'UTC'));
    assert.equal(schedule.next()?.toISOString(), '2026-01-01T00:15:00.000Z');
    await clock.pass(20 * minute);
    assert.equal(runs.length, 2);
  });

  it('ends a run that is under way when it stops', async () => {
    const { clock, schedule, runs } = open({ takes: () => Infinity });
    schedule.start();
    await clock.pass(second);
    await schedule.stop();
    await clock.pass(day);
    assert.equal(runs.length, 1);
  });
});
