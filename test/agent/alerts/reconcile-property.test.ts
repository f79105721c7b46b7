/** What holds for every sequence of reports, tried on thousands of random ones. */

import assert from 'node:assert/strict';
import { it, suite } from 'node:test';
import { type AlertEvent, isGapEvent } from '../../../agent/alerts/event.ts';
import { reconcile } from '../../../agent/alerts/reconcile.ts';
import { savedSchema } from '../../../agent/alerts/saved-schema.ts';
import { emptySaved } from '../../../agent/alerts/saved.ts';
import { type AlertState, emptyAlertState } from '../../../agent/alerts/state.ts';
import type { CheckStatus } from '../../../checks/types.ts';
import { type GapSpec, type Look, randomOf, reportOf } from './looks-of.ts';

const checks = ['endpoint:a:80', 'endpoint:b:80', 'crl:http://a/x.crl', 'trust-store:s'] as const;

/** Each by the checks that can show it. */
const gaps: readonly GapSpec[] = [
  { code: 'dns-not-found', target: 'a', checks: ['endpoint:a:80', 'crl:http://a/x.crl'] },
  { code: 'connect-timeout', target: 'a:80', checks: ['endpoint:a:80'] },
  { code: 'connect-refused', target: 'b:80', checks: ['endpoint:b:80'] },
  { code: 'crl-expired', target: 'http://a/x.crl', checks: ['crl:http://a/x.crl'], owner: 'ca' },
  { code: 'root-missing', target: 'r1@s', checks: ['trust-store:s'], owner: 'server' },
];

const quiet: readonly (CheckStatus | 'missing')[] = [
  'ok',
  'ok',
  'ok',
  'unknown',
  'blocked',
  'skipped',
  'missing',
];

const pick = <T>(values: readonly T[], random: () => number): T =>
  values[Math.floor(random() * values.length)] as T;

/** A report as a run could have made it: gaps come and go with inertia, checks fail to see. */
const randomLook = (
  random: () => number,
  before: ReadonlySet<GapSpec>,
): { look: Look; shown: Set<GapSpec> } => {
  const shown = new Set(gaps.filter((gap) => (random() < 0.7 ? before.has(gap) : random() < 0.4)));
  const showing = [...shown].flatMap((gap) => {
    const some = gap.checks.filter(() => random() < 0.7);
    const severity = random() < 0.1 ? 'warning' : 'critical';
    return some.length === 0 ? [] : [{ ...gap, checks: some, severity } as const];
  });
  const failing = new Set(showing.flatMap((gap) => gap.checks));
  const statuses = checks.flatMap((id): [string, CheckStatus][] => {
    const status = failing.has(id) ? 'critical' : pick(quiet, random);
    return status === 'missing' ? [] : [[id, status]];
  });
  return { look: { gaps: showing, checks: Object.fromEntries(statuses) }, shown };
};

const allFine: Look = { checks: Object.fromEntries(checks.map((id) => [id, 'ok'])) };

const minute = 60_000;
const start = Date.parse('2026-11-23T00:00:00.000Z');

/** One life of an agent: so many random looks, then fine ones. */
const live = (
  seed: number,
  after: (step: { look: Look; events: readonly AlertEvent[]; state: AlertState }) => void,
): void => {
  const random = randomOf(seed);
  const confirmAfter = 1 + Math.floor(random() * 3);
  let state = emptyAlertState;
  let shown: ReadonlySet<GapSpec> = new Set();
  let now = start;
  for (let index = 0; index < 60; index++) {
    const next =
      index < 40 ? randomLook(random, shown) : { look: allFine, shown: new Set<GapSpec>() };
    shown = next.shown;
    now += Math.round(random() * 120 * minute);
    const report = reportOf(next.look, new Date(now));
    // What is kept survives the disk.
    const read = JSON.parse(JSON.stringify(state)) as AlertState;
    const options = { now: new Date(now), confirmAfter, remindEveryMs: 24 * 60 * minute };
    const { state: after_, events } = reconcile(read, report, options);
    assert.deepEqual(reconcile(state, report, options), { state: after_, events });
    state = after_;
    after({ look: next.look, events, state });
  }
};

const lives = 400;

suite(`over ${lives} random lives`, () => {
  it('every gap opens once before anything else is told of it, and nothing after it closed', () => {
    for (let seed = 1; seed <= lives; seed++) {
      const open = new Set<string>();
      live(seed, ({ events }) => {
        for (const event of events.filter(isGapEvent)) {
          const { id } = event.gap;
          assert.equal(
            open.has(id),
            event.type !== 'gap.opened',
            `seed ${seed}: ${event.type} ${id}`,
          );
          if (event.type === 'gap.opened') open.add(id);
          if (event.type === 'gap.resolved') open.delete(id);
        }
      });
      assert.deepEqual([...open], [], `seed ${seed}: closed in the end`);
    }
  });

  it('what is open in the state is what has been told', () => {
    for (let seed = 1; seed <= lives; seed++) {
      const open = new Set<string>();
      live(seed, ({ events, state }) => {
        for (const event of events.filter(isGapEvent))
          if (event.type === 'gap.opened') open.add(event.gap.id);
          else if (event.type === 'gap.resolved') open.delete(event.gap.id);
        const kept = Object.values(state.gaps).filter((record) => record.told);
        assert.deepEqual(new Set(kept.map(({ gap }) => gap.id)), open);
      });
    }
  });

  it('none closes in a report that shows it, or in which a check that showed it last could not see', () => {
    for (let seed = 1; seed <= lives; seed++) {
      const showedLast = new Map<string, readonly string[]>();
      live(seed, ({ look, events }) => {
        for (const event of events.filter(isGapEvent)) {
          if (event.type !== 'gap.resolved' || event.resolution !== 'seen') continue;
          const shown = (look.gaps ?? []).map(({ code, target }) => `${code}:${target ?? ''}`);
          assert.ok(!shown.includes(event.gap.id), `seed ${seed}`);
          for (const id of showedLast.get(event.gap.id) ?? [])
            assert.ok(
              ['ok', 'warning', 'critical'].includes(look.checks?.[id] ?? 'missing'),
              `seed ${seed}: ${event.gap.id} closed though ${id} is ${look.checks?.[id] ?? 'missing'}`,
            );
        }
        for (const { code, target, checks: showing } of look.gaps ?? [])
          showedLast.set(`${code}:${target ?? ''}`, showing);
      });
    }
  });

  it('what is kept is what the schema of the state file describes', () => {
    for (let seed = 1; seed <= 20; seed++)
      live(seed, ({ state }) => {
        savedSchema.parse(JSON.parse(JSON.stringify({ ...emptySaved, alerts: state })));
      });
  });

  it('nothing is left in the end', () => {
    for (let seed = 1; seed <= lives; seed++) {
      let last = emptyAlertState;
      live(seed, ({ state }) => {
        last = state;
      });
      assert.deepEqual(last, emptyAlertState, `seed ${seed}`);
    }
  });
});
