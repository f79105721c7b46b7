import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseCron } from '../../service/cron.ts';
import { splayOffset } from '../../service/splay.ts';

const minuteMs = 60_000;
/** Every zone's offset is a multiple of it. */
const stepMs = 15 * minuteMs;
const zones = ['Europe/Madrid', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata', 'UTC'];

/** What the clocks of a zone show, by other means than the program's. */
const localTime = (zone: string) => {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    dateStyle: 'short',
    timeStyle: 'medium',
  });
  return (instant: number): { date: string; hour: number; minute: number } => {
    const [date = '', time = ''] = format.format(instant).split(' ');
    const [hour = 0, minute = 0] = time.split(':').map(Number);
    return { date, hour, minute };
  };
};

/** Every time between two instants. */
const between = (expression: string, zone: string, from: number, to: number): number[] => {
  const cron = parseCron(expression, zone);
  const times: number[] = [];
  for (let due = cron.next(new Date(from)); due && due.getTime() <= to; due = cron.next(due))
    times.push(due.getTime());
  return times;
};

/** A week around every change of the clocks in two years. */
const windows = [
  '2026-03-05',
  '2026-03-26',
  '2026-10-01',
  '2026-10-22',
  '2026-10-29',
  '2027-03-11',
];

describe('cron', () => {
  for (const zone of zones) {
    const local = localTime(zone);
    it(`runs through both changes of the clocks what is due in every hour, in ${zone}`, () => {
      for (const day of windows) {
        const from = Date.parse(`${day}T00:00:00Z`);
        const to = from + 7 * 86_400_000;
        const expected: number[] = [];
        for (let at = from + stepMs; at <= to; at += stepMs)
          if (local(at).minute % 30 === 0) expected.push(at);
        const found = between('*/30 * * * *', zone, from, to);
        // Where half an hour is skipped, the change itself stands for what is due in it.
        assert.deepEqual(
          found.filter((at) => local(at).minute % 30 === 0),
          expected,
          `${zone} ${day}`,
        );
        assert.ok(found.length - expected.length <= 1);
      }
    });

    it(`runs what is due at a time of the day once on every day, in ${zone}`, () => {
      for (const time of ['30 1', '0 2', '15 2', '59 2', '0 3'])
        for (const day of windows) {
          const from = Date.parse(`${day}T12:00:00Z`);
          const to = from + 6 * 86_400_000;
          const [minute, hour] = time.split(' ').map(Number);
          const found = between(`${time} * * *`, zone, from, to);
          const dates = found.map((at) => local(at).date);
          assert.equal(new Set(dates).size, dates.length, `${zone} ${day} ${time}: twice a day`);
          assert.ok(
            found.length >= 5 && found.length <= 7,
            `${zone} ${day} ${time}: ${found.length}`,
          );
          for (const at of found) {
            const shown = local(at);
            const isRight = shown.hour === hour && shown.minute === minute;
            // At a change: the time that was meant was skipped by it.
            const skipped = local(at - minuteMs);
            const isSkipped =
              (skipped.hour * 60 + skipped.minute + 1) % 1440 < shown.hour * 60 + shown.minute;
            assert.ok(isRight || isSkipped, `${zone} ${new Date(at).toISOString()} ${time}`);
          }
        }
    });
  }

  const cases: readonly (readonly [string, string, string, readonly string[]])[] = [
    [
      '30 2 * * *',
      'Europe/Madrid',
      '2026-03-28T12:00:00Z',
      ['2026-03-29T01:00:00Z', '2026-03-30T00:30:00Z'],
    ],
    [
      '30 2 * * *',
      'Europe/Madrid',
      '2026-10-24T12:00:00Z',
      ['2026-10-25T00:30:00Z', '2026-10-26T01:30:00Z'],
    ],
    // In the second passing of the hour, where it is not due again
    ['30 2 * * *', 'Europe/Madrid', '2026-10-25T01:10:00Z', ['2026-10-26T01:30:00Z']],
    [
      '30 * * * *',
      'Europe/Madrid',
      '2026-10-25T00:00:00Z',
      ['2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z', '2026-10-25T02:30:00Z'],
    ],
    [
      '0 1 * * *',
      'America/New_York',
      '2026-10-31T12:00:00Z',
      ['2026-11-01T05:00:00Z', '2026-11-02T06:00:00Z'],
    ],
    [
      '15,45 2 * * *',
      'America/New_York',
      '2026-03-08T05:00:00Z',
      ['2026-03-08T07:00:00Z', '2026-03-09T06:15:00Z'],
    ],
    [
      '*/20 * * * * *',
      'UTC',
      '2026-01-01T00:00:20.500Z',
      ['2026-01-01T00:00:40Z', '2026-01-01T00:01:00Z'],
    ],
    [
      '0 0 29 2 *',
      'Europe/Madrid',
      '2026-01-01T00:00:00Z',
      ['2028-02-28T23:00:00Z', '2032-02-28T23:00:00Z'],
    ],
    ['0 9 * * MON', 'UTC', '2026-11-27T00:00:00Z', ['2026-11-30T09:00:00Z']],
    // Either day is enough, and a day that is both is one day: Sunday 2026-11-01
    [
      '0 9 1,15 * SUN',
      'UTC',
      '2026-10-25T10:00:00Z',
      [
        '2026-11-01T09:00:00Z',
        '2026-11-08T09:00:00Z',
        '2026-11-15T09:00:00Z',
        '2026-11-22T09:00:00Z',
        '2026-11-29T09:00:00Z',
        '2026-12-01T09:00:00Z',
      ],
    ],
    // The month holds for both
    [
      '30 0 0 29 2 1-5/2',
      'UTC',
      '2028-02-27T00:00:00Z',
      ['2028-02-28T00:00:30Z', '2028-02-29T00:00:30Z', '2029-02-02T00:00:30Z'],
    ],
    // A step is no restriction (crontab(5)): both
    [
      '0 9 */2 * MON',
      'UTC',
      '2026-11-01T00:00:00Z',
      ['2026-11-09T09:00:00Z', '2026-11-23T09:00:00Z'],
    ],
    // Through both changes of the clocks
    [
      '30 2 29 3 MON',
      'Europe/Madrid',
      '2026-03-24T00:00:00Z',
      ['2026-03-29T01:00:00Z', '2026-03-30T00:30:00Z', '2027-03-01T01:30:00Z'],
    ],
    [
      '30 2 25 10 MON',
      'Europe/Madrid',
      '2026-10-20T00:00:00Z',
      ['2026-10-25T00:30:00Z', '2026-10-26T01:30:00Z', '2027-10-04T00:30:00Z'],
    ],
  ];
  for (const [expression, zone, after, expected] of cases)
    it(`${expression} in ${zone} after ${after}`, () => {
      const cron = parseCron(expression, zone);
      let from = new Date(after);
      for (const time of expected) {
        const due = cron.next(from);
        assert.equal(due?.toISOString(), new Date(time).toISOString());
        from = due;
      }
    });

  it('takes the zone of the host where none is given', () => {
    const after = new Date('2026-06-01T00:00:30Z');
    assert.deepEqual(parseCron('* * * * *').next(after), new Date('2026-06-01T00:01:00Z'));
  });
});

describe('splay', () => {
  it('is the same for a name, within the span, and spreads many hosts evenly', () => {
    const span = 60_000;
    const tenths = new Array<number>(10).fill(0);
    for (let host = 0; host < 10_000; host++) {
      const offset = splayOffset(`mx${host}.example.org`, span);
      assert.equal(offset, splayOffset(`mx${host}.example.org`, span));
      assert.ok(offset >= 0 && offset < span);
      const tenth = Math.floor(offset / 6000);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    for (const count of tenths) assert.ok(count > 800 && count < 1200, String(tenths));
    assert.equal(splayOffset('mx.example.org', 0), 0);
  });
});
