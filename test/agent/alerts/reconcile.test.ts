/** From a sequence of reports to events: what opens, changes, closes, and what does not. */

import assert from 'node:assert/strict';
import { it, suite } from 'node:test';
import { type AlertEvent, isGapEvent, subjectOf } from '../../../agent/alerts/event.ts';
import { type Observation, reconcile } from '../../../agent/alerts/reconcile.ts';
import { type AlertState, emptyAlertState } from '../../../agent/alerts/state.ts';
import { type GapSpec, type Look, reportOf } from './looks-of.ts';

const start = Date.parse('2026-11-23T00:00:00.000Z');
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

interface Watched {
  /** Takes an observation in, `after` milliseconds after the one before. */
  readonly look: (look: Look, after?: number) => readonly AlertEvent[];
  readonly observe: (observation: Observation, after?: number) => readonly AlertEvent[];
  readonly state: () => AlertState;
}

const watch = ({ confirmAfter = 2, remindEveryMs = 365 * day } = {}): Watched => {
  let state = emptyAlertState;
  let now = start;
  const observe: Watched['observe'] = (observation, after = 30 * minute) => {
    now += after;
    const next = reconcile(state, observation, { now: new Date(now), confirmAfter, remindEveryMs });
    state = next.state;
    return next.events;
  };
  return {
    observe,
    look: (look, after = 30 * minute) => observe(reportOf(look, new Date(now + after)), after),
    state: () => state,
  };
};

const endpoint = 'endpoint:crl.example.org:80';
const timeout: GapSpec = { code: 'connect-timeout', checks: [endpoint] };
const gapLook: Look = { gaps: [timeout] };
const fine: Look = { checks: { [endpoint]: 'ok' } };

const looks: Readonly<Record<string, Look>> = {
  x: gapLook,
  '.': fine,
  '?': { checks: { [endpoint]: 'unknown' } },
  b: { checks: { [endpoint]: 'blocked' } },
  s: { checks: { [endpoint]: 'skipped' } },
  '-': { checks: { 'clock:mx1': 'ok' } },
};

const letters: Readonly<Record<string, string>> = {
  'gap.opened': 'O',
  'gap.resolved': 'R',
  'gap.changed': 'C',
  'gap.reminder': 'M',
};

/** Looks at one gap, and what each tells of it: `x` there, `.` gone, `?` unknown, `b` blocked, `s` skipped, `-` missing. */
const sequences: readonly (readonly [seen: string, told: string, what: string])[] = [
  ['xx', '.O', 'opens at the second look'],
  ['x.x.', '....', 'a blip opens nothing, nor do two'],
  ['xx.', '.OR', 'closes when it is seen gone'],
  ['xxxxx.', '.O...R', 'opens once, closes once'],
  ['x?x', '..O', 'not knowing breaks no row'],
  ['xx???.', '.O...R', 'stays open while unknown'],
  ['xxbbb.', '.O...R', 'stays open while blocked'],
  ['xx---.', '.O...R', 'stays open while its check is missing'],
  ['xxsss.', '.O...R', 'stays open while its check is skipped'],
  ['??', '..', 'unknown is no gap'],
  ['bb', '..', 'blocked is no gap'],
  ['xx.xx', '.OR.O', 'opens again'],
  ['xx.xx.x.x.x', '.OR.O......', 'one that closed lately has to be gone for longer'],
  ['xx.xx..', '.OR.O.R', 'and closes then'],
  ['xx.xx..xx....', '.OR.O.R.O...R', 'for longer each time'],
  ['x.x.x.x.x.x.x.', '..........O...', 'one that comes and goes for ever opens once'],
  ['x.x.x.x.x.x.........', '..........O.....R...', 'and closes once'],
];

suite('a gap, look by look', () => {
  for (const [seen, told, what] of sequences)
    it(`${what}: ${seen} → ${told}`, () => {
      const { look } = watch();
      const events = Array.from(seen).map((mark) => look(looks[mark] ?? {}).filter(isGapEvent));
      assert.equal(events.map(([event]) => letters[event?.type ?? ''] ?? '.').join(''), told);
      assert.ok(events.every(({ length }) => length <= 1));
    });

  it('needs no second look where one is enough', () => {
    const { look } = watch({ confirmAfter: 1 });
    assert.deepEqual(
      look(gapLook).map(({ type }) => type),
      ['gap.opened'],
    );
  });

  it('needs as many looks as are asked for', () => {
    const { look } = watch({ confirmAfter: 3 });
    assert.equal(look(gapLook).length + look(gapLook).length, 0);
    assert.equal(look(gapLook).length, 1);
  });

  it('is told since when it is there, and by whom it was seen', () => {
    const { look } = watch();
    look(gapLook);
    const [event] = look(gapLook);
    assert.ok(event && isGapEvent(event));
    assert.equal(event.since, '2026-11-23T00:30:00.000Z');
    assert.equal(event.at, '2026-11-23T01:00:00.000Z');
    assert.equal(event.profile, 'p1');
    assert.equal(event.gap.id, 'connect-timeout:crl.example.org:80');
  });

  it('leaves nothing behind when it is over for good', () => {
    const { look, state } = watch();
    for (const mark of 'xx.............') look(looks[mark] ?? {});
    assert.deepEqual(state(), emptyAlertState);
  });
});

/** The types and gaps of what is told. */
const told = (events: readonly AlertEvent[]): string[] =>
  events.map((event) => `${event.type} ${subjectOf(event)}`);

const open = (watched: Watched, look: Look): void => {
  watched.look(look);
  assert.equal(watched.look(look).length, look.gaps?.length ?? 0);
};

suite('a gap of several checks', () => {
  const crl = 'crl:http://crl.example.org/a.crl';
  const both: Look = { gaps: [{ ...timeout, checks: [endpoint, crl] }] };

  it('stays open until each of them has seen', () => {
    const watched = watch();
    open(watched, both);
    assert.deepEqual(watched.look({ checks: { [endpoint]: 'ok', [crl]: 'unknown' } }), []);
    assert.deepEqual(watched.look({ checks: { [endpoint]: 'ok' } }), []);
    assert.equal(watched.look({ checks: { [endpoint]: 'ok', [crl]: 'ok' } }).length, 1);
  });

  it('still waits for the one that was unknown when another showed it', () => {
    const watched = watch();
    open(watched, both);
    watched.look({ ...gapLook, checks: { [crl]: 'unknown' } });
    assert.deepEqual(watched.look({ checks: { [endpoint]: 'ok', [crl]: 'unknown' } }), []);
    assert.equal(watched.look({ checks: { [endpoint]: 'ok', [crl]: 'ok' } }).length, 1);
  });

  it('does not wait for what it only blocked', () => {
    const watched = watch();
    const blocking: Look = { ...both, checks: { [endpoint]: 'critical', [crl]: 'blocked' } };
    open(watched, blocking);
    assert.equal(watched.look({ checks: { [endpoint]: 'ok', [crl]: 'unknown' } }).length, 1);
  });
});

suite('a gap that another one follows', () => {
  const refused: GapSpec = { code: 'connect-refused', checks: [endpoint] };
  const notFound: GapSpec = {
    code: 'dns-not-found',
    target: 'crl.example.org',
    checks: [endpoint],
  };
  const reset: GapSpec = { code: 'connection-reset', checks: [endpoint] };

  it('closes when the other one is open, never before', () => {
    const watched = watch();
    open(watched, gapLook);
    assert.deepEqual(watched.look({ gaps: [refused] }), []);
    assert.deepEqual(told(watched.look({ gaps: [refused] })), [
      'gap.opened connect-refused:crl.example.org:80',
      'gap.resolved connect-timeout:crl.example.org:80',
    ]);
  });

  it('is not seen by a check that stopped before it', () => {
    const watched = watch();
    open(watched, gapLook);
    const looked = [1, 2, 3].flatMap(() => told(watched.look({ gaps: [notFound] })));
    assert.deepEqual(looked, ['gap.opened dns-not-found:crl.example.org']);
    assert.deepEqual(told(watched.look(fine)), [
      'gap.resolved connect-timeout:crl.example.org:80',
      'gap.resolved dns-not-found:crl.example.org',
    ]);
  });

  it('is seen by a check that got past it', () => {
    const watched = watch();
    open(watched, gapLook);
    watched.look({ gaps: [reset] });
    assert.deepEqual(told(watched.look({ gaps: [reset] })), [
      'gap.opened connection-reset:crl.example.org:80',
      'gap.resolved connect-timeout:crl.example.org:80',
    ]);
  });

  it('is seen although some addresses are dead', () => {
    const watched = watch();
    open(watched, { gaps: [reset] });
    const partly = { ...timeout, severity: 'warning' as const };
    watched.look({ gaps: [partly] });
    assert.deepEqual(told(watched.look({ gaps: [partly] })), [
      'gap.opened connect-timeout:crl.example.org:80',
      'gap.resolved connection-reset:crl.example.org:80',
    ]);
  });
});

suite('a gap that nobody asks about any more', () => {
  const other: Look = { checks: { 'endpoint:other.example.org:80': 'ok' }, profiles: ['p2'] };

  it('closes at once when its profile has gone', () => {
    const watched = watch();
    open(watched, gapLook);
    const [event] = watched.look(other);
    assert.ok(event && isGapEvent(event));
    assert.equal(event.type, 'gap.resolved');
    assert.equal(event.resolution, 'not-asked');
    assert.deepEqual(watched.state(), emptyAlertState);
  });

  it('stays open while one of its profiles is there', () => {
    const watched = watch();
    const needed = { [endpoint]: ['p1', 'p2'] };
    open(watched, { ...gapLook, needed, profiles: ['p1', 'p2'] });
    assert.deepEqual(watched.look(other), []);
  });

  it('closes after a week without its check', () => {
    const watched = watch();
    open(watched, gapLook);
    const gone: Look = { checks: { 'clock:mx1': 'ok' } };
    assert.deepEqual(watched.look(gone), []);
    assert.deepEqual(watched.look(gone, 6 * day), []);
    assert.deepEqual(told(watched.look(gone, day)), [
      'gap.resolved connect-timeout:crl.example.org:80',
    ]);
  });
});

suite('a change', () => {
  const cases: readonly (readonly [what: string, change: Partial<GapSpec>, isTold: boolean])[] = [
    ['of severity', { severity: 'warning' }, true],
    ['of the owner', { owner: 'server' }, true],
    ['of an error', { summary: 'No way to crl.example.org:80 (EACCES)' }, true],
    ['of milliseconds in the evidence', { evidence: { ms: 77 } }, false],
    ['of the checks', { checks: [endpoint, 'crl:http://crl.example.org/a.crl'] }, false],
  ];
  for (const [what, change, isTold] of cases)
    it(`${what} is ${isTold ? 'told once, when confirmed' : 'not told'}`, () => {
      const watched = watch();
      open(watched, gapLook);
      const changed: Look = { gaps: [{ ...timeout, ...change }] };
      const types = [hour, hour, hour].map((after) =>
        watched.look(changed, after).map(({ type }) => type),
      );
      assert.deepEqual(types, [[], isTold ? ['gap.changed'] : [], []]);
    });

  const summaries: readonly (readonly [one: string, other: string])[] = [
    ['No answer after 5.0 s', 'No answer after 5.1 s'],
    ['No answer from 198.51.100.7', 'No answer from 203.0.113.9'],
    ['No answer from 2001:db8::1', 'No answer from 2001:db8:1::7'],
    ['ends in 29 days', 'ends in 28 days'],
    ['stands still after 1460 bytes', 'stands still after 2920 bytes'],
    ['Blocked (incident 88123)', 'Blocked (incident 91277)'],
    ['since 2026-11-20 10:00:00 UTC', 'since 2026-11-21 11:00:00 UTC'],
  ];
  for (const [one, other] of summaries)
    it(`from "${one}" to "${other}" is none`, () => {
      const watched = watch();
      open(watched, { gaps: [{ ...timeout, summary: one }] });
      const look: Look = { gaps: [{ ...timeout, summary: other }] };
      assert.deepEqual(
        [hour, hour, hour].flatMap((after) => watched.look(look, after)),
        [],
      );
    });

  it('of the HTTP status is one', () => {
    const watched = watch();
    open(watched, { gaps: [{ ...timeout, summary: 'answers 403' }] });
    const look: Look = { gaps: [{ ...timeout, summary: 'answers 404' }] };
    assert.equal([hour, hour].flatMap((after) => watched.look(look, after)).length, 1);
  });

  it('back and forth is none', () => {
    const watched = watch();
    open(watched, gapLook);
    const warning: Look = { gaps: [{ ...timeout, severity: 'warning' }] };
    const events = [1, 2, 3, 4].flatMap(() => [...watched.look(warning), ...watched.look(gapLook)]);
    assert.deepEqual(events, []);
  });

  it('carries what the gap was routed by before', () => {
    const watched = watch();
    open(watched, gapLook);
    const warning: Look = { gaps: [{ ...timeout, severity: 'warning' }] };
    watched.look(warning);
    const [event] = watched.look(warning);
    assert.ok(event && isGapEvent(event));
    assert.deepEqual(event.previous, { severity: 'critical', owner: 'network' });
    assert.equal(event.gap.severity, 'warning');
  });

  it('that nobody has confirmed is not in the reminder', () => {
    const watched = watch({ remindEveryMs: 2 * hour });
    open(watched, gapLook);
    const [event] = watched.look({ gaps: [{ ...timeout, severity: 'warning' }] }, 2 * hour);
    assert.ok(event && isGapEvent(event));
    assert.equal(event.type, 'gap.reminder');
    assert.equal(event.gap.severity, 'critical');
  });

  it('of words alone is told once an hour at most', () => {
    const watched = watch();
    open(watched, gapLook);
    const say = (word: string, after: number): number =>
      watched.look({ gaps: [{ ...timeout, summary: `error ${word}` }] }, after).length;
    const minutes = Array.from('aabbccddee').map((word) => say(word, 5 * minute));
    assert.equal(
      minutes.reduce((sum, count) => sum + count, 0),
      0,
    );
    assert.equal(say('e', hour), 1);
  });
});

suite('a reminder', () => {
  it('comes every so often, also while the check cannot see', () => {
    const watched = watch({ remindEveryMs: day });
    open(watched, gapLook);
    const types = Array.from('xx?bx').map((mark) =>
      watched.look(looks[mark] ?? {}, 12 * hour).map(({ type }) => type),
    );
    assert.deepEqual(types, [[], ['gap.reminder'], [], ['gap.reminder'], []]);
  });

  it('does not wait for another run because of a second', () => {
    const watched = watch({ remindEveryMs: day });
    open(watched, gapLook);
    assert.equal(watched.look(gapLook, day - 1000).length, 1);
  });

  it('comes with a trouble too, when no run succeeds', () => {
    const watched = watch({ remindEveryMs: day });
    open(watched, gapLook);
    const trouble = { code: 'run-failed', summary: 'no run' };
    assert.deepEqual(told(watched.observe({ trouble }, day)), [
      'gap.reminder connect-timeout:crl.example.org:80',
      'agent.trouble agent:run-failed',
    ]);
  });

  it('comes although the clock was wrong for a while', () => {
    const watched = watch({ remindEveryMs: day });
    watched.look(gapLook, 3650 * day);
    watched.look(gapLook);
    assert.equal(watched.look(gapLook, -3650 * day).length, 1);
    assert.equal(watched.look(gapLook, hour).length, 0);
    assert.equal(watched.look(gapLook, day).length, 1);
  });
});

suite("the agent's own trouble", () => {
  const trouble = { code: 'run-failed', summary: 'no run' };

  it('is told once, again as often as gaps are, and when it is over', () => {
    const watched = watch({ remindEveryMs: day });
    const types = [
      watched.observe({ trouble }),
      watched.observe({ trouble: { ...trouble, summary: 'again' } }),
      watched.look(fine, day),
      watched.observe({ recovered: 'run-failed' }),
      watched.observe({ recovered: 'run-failed' }),
    ].map((events) => events.map(({ type }) => type));
    assert.deepEqual(types, [['agent.trouble'], [], ['agent.trouble'], ['agent.recovered'], []]);
  });

  it('is that a check could not conclude in three runs', () => {
    const { look } = watch();
    const unknown: Look = { checks: { [endpoint]: 'unknown', 'clock:mx1': 'ok' } };
    const types = [unknown, unknown, fine, unknown, unknown, unknown, unknown, fine].map((one) =>
      told(look(one)),
    );
    assert.deepEqual(types, [
      [],
      [],
      [],
      [],
      [],
      ['agent.trouble agent:checks-unknown'],
      [],
      ['agent.recovered agent:checks-unknown'],
    ]);
  });

  it('is that nothing was judged in three runs', () => {
    const { look } = watch();
    const nothing: Look = { checks: { 'clock:mx1': 'skipped' } };
    assert.equal([1, 2, 3].flatMap(() => look(nothing)).length, 1);
  });

  it('is not that checks are blocked', () => {
    const { look } = watch();
    const blocking: Look = { ...gapLook, checks: { 'crl:http://crl.example.org/': 'blocked' } };
    const events = [1, 2, 3, 4].flatMap(() => look(blocking));
    assert.deepEqual(told(events), ['gap.opened connect-timeout:crl.example.org:80']);
  });
});
