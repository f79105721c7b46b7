/** What waits for a receiver about one subject: what is merged, what is kept, what a receiver gets to know. */

import assert from 'node:assert/strict';
import { it, suite } from 'node:test';
import type { AlertEvent, GapEvent } from '../../../agent/alerts/event.ts';
import {
  type Lane,
  type Message,
  acknowledge,
  append,
  effectOf,
  refuse,
  restore,
} from '../../../agent/alerts/lane.ts';
import type { Severity } from '../../../checks/types.ts';
import { gapOf, host, randomOf } from './looks-of.ts';

const from = { host, agent: { name: 'certready', version: '0.1.0' } } as const;
const at = (number: number): string => new Date(Date.UTC(2026, 0, 1, 0, number)).toISOString();

const eventOf = (
  type: GapEvent['type'],
  number: number,
  { severity = 'critical', was }: { severity?: Severity; was?: Severity } = {},
): GapEvent => ({
  type,
  at: at(number),
  profile: 'p1',
  gap: gapOf({ code: 'connect-timeout', checks: ['endpoint:a:80'], severity }),
  since: at(0),
  ...(was && { previous: { severity: was, owner: 'network' } }),
});

const message = (event: AlertEvent, number: number): Message => ({
  id: `m${number}`,
  number,
  event,
  from,
});

const types = {
  O: 'gap.opened',
  C: 'gap.changed',
  M: 'gap.reminder',
  R: 'gap.resolved',
} as const;
type Letter = keyof typeof types;
const letterOf = ({ event }: Message): string =>
  Object.entries(types).find(([, type]) => type === event.type)?.[0] ?? '?';

/** Each letter is an event; `!` says that the head has been tried, `x` that it was refused. */
const laneAfter = (steps: string): { lane: Lane; text: string } => {
  let lane: Lane = [];
  const tried = new Set<string>();
  for (const [number, step] of Array.from(steps).entries()) {
    const [head] = lane;
    if (step === '!' && head) tried.add(head.id);
    else if (step === 'x' && head) lane = refuse(lane, head.id, { status: 400, at: at(number) });
    else
      lane = append(lane, message(eventOf(types[step as Letter], number), number), (id) =>
        tried.has(id),
      );
  }
  const text = lane
    .map((one) => `${letterOf(one)}${one.merged?.events ?? ''}${one.refused ? 'x' : ''}`)
    .join(' ');
  return { lane, text };
};

const merging: readonly (readonly [steps: string, lane: string, what: string])[] = [
  ['OR', 'O R', 'what came and went is told as both'],
  ['OC', 'O1', 'an opening takes its change in'],
  ['OMMM', 'O3', 'and its reminders'],
  ['ORO', 'O2', 'came, went and came again: it is there'],
  ['OROR', 'O2 R', 'and went again'],
  ['OROROROROR', 'O8 R', 'however often'],
  ['O!R', 'O R', 'what was tried stays as it is'],
  ['O!M', 'O M', 'and so does what follows it'],
  ['O!MM', 'O M1', 'until there is more of that'],
  ['O!CM', 'O C1', 'a reminder hides no change'],
  ['O!MR', 'O R1', 'an end takes updates in'],
  ['O!RO', 'O R O', 'an end and a new beginning are two'],
  ['O!ROR', 'O R2', 'and one again, when that is over'],
  ['O!ROC', 'O R O1', 'the new beginning takes its change in'],
  ['O!RORO', 'O R2 O', 'and so on'],
  ['O!x', 'Ox', 'what was refused is kept'],
  ['O!xM', 'O1', 'until there is something new, of which it is the beginning'],
  ['O!xR', 'R1', 'or the end'],
  ['O!Rx', 'R1', 'what was refused is in what follows it'],
  ['O!MRx', 'R2', 'with all that has been merged'],
];

suite('a lane', () => {
  for (const [steps, lane, what] of merging)
    it(`${what}: ${steps} → ${lane}`, () => {
      assert.equal(laneAfter(steps).text, lane);
    });

  it('says since when events were merged, and keeps the newest of what is known', () => {
    const [only] = laneAfter('OMCM').lane;
    assert.deepEqual(only?.merged, { events: 3, since: at(0) });
    assert.equal(only.event.at, at(3));
    assert.equal(only.event.type, 'gap.opened');
  });

  it('lets what was refused go out again as it was', () => {
    const { lane } = laneAfter('O!x');
    assert.deepEqual(restore(lane), laneAfter('O').lane);
  });

  it("merges the agent's own troubles alike", () => {
    const trouble: AlertEvent = {
      type: 'agent.trouble',
      at: at(0),
      problem: { code: 'run-failed', summary: 'no run' },
      since: at(0),
    };
    const reminder: AlertEvent = { ...trouble, at: at(1), reminder: true };
    const one = append([], message(trouble, 1), () => false);
    const [merged, ...rest] = append(one, message(reminder, 2), () => false);
    assert.equal(rest.length, 0);
    assert.ok(merged && !('reminder' in merged.event));
    assert.equal(merged.merged?.events, 1);
  });
});

/** A receiver that drops what it has had, and knows by severity what is there. */
class ModelReceiver {
  readonly contents = new Map<string, string>();
  readonly firing = new Set<string>();
  isOpen = false;
  events = 0;

  take({ refused: _refused, ...one }: Message, { isStrict }: { isStrict: boolean }): void {
    const content = JSON.stringify(one);
    const known = this.contents.get(one.id);
    if (known !== undefined) {
      assert.equal(content, known, 'one id, one content');
      return;
    }
    this.contents.set(one.id, content);
    this.events += 1 + (one.merged?.events ?? 0);
    const event = one.event as GapEvent;
    const effect = effectOf(event);
    if (isStrict) assert.equal(this.isOpen, effect !== 'begin', event.type);
    this.isOpen = effect !== 'end';
    if (event.previous) this.firing.delete(event.previous.severity);
    if (effect === 'end') this.firing.delete(event.gap.severity);
    else this.firing.add(event.gap.severity);
  }
}

type Fate = 'taken' | 'taken, unanswered' | 'lost' | 'refused';

/** A subject's life with a receiver that is mostly away. */
const live = (seed: number, { refusing }: { refusing: boolean }): void => {
  const random = randomOf(seed);
  const receiver = new ModelReceiver();
  const tried = new Set<string>();
  let lane: Lane = [];
  let severity: Severity | undefined;
  let posted = 0;

  const post = (event: GapEvent): void => {
    posted += 1;
    lane = append(lane, message(event, posted), (id) => tried.has(id));
    assert.ok(lane.length <= 3, `seed ${seed}: ${lane.length} wait`);
  };
  const happen = (): void => {
    const number = posted + 1;
    if (severity === undefined) {
      severity = random() < 0.5 ? 'critical' : 'warning';
      post(eventOf('gap.opened', number, { severity }));
    } else if (random() < 0.4) {
      post(eventOf('gap.resolved', number, { severity }));
      severity = undefined;
    } else if (random() < 0.5) {
      const was: Severity = severity;
      severity = was === 'critical' ? 'warning' : 'critical';
      post(eventOf('gap.changed', number, { severity, was }));
    } else post(eventOf('gap.reminder', number, { severity }));
  };
  const send = (fate: Fate): void => {
    const [head] = lane;
    if (!head || head.refused) return;
    tried.add(head.id);
    if (fate.startsWith('taken')) receiver.take(head, { isStrict: !refusing });
    if (fate === 'taken') lane = acknowledge(lane, head.id);
    // Nobody refuses what it has taken.
    if (fate === 'refused' && !receiver.contents.has(head.id)) {
      tried.delete(head.id);
      lane = refuse(lane, head.id, { status: 400, at: at(posted) });
    }
  };
  const fates: readonly Fate[] = ['taken', 'taken, unanswered', 'lost', 'lost', 'lost'];
  for (let step = 0; step < 80; step++) {
    if (random() < 0.5) happen();
    else if (refusing && random() < 0.2) send('refused');
    else send(fates[Math.floor(random() * fates.length)] ?? 'lost');
  }
  lane = restore(lane);
  while (lane.length > 0) send('taken');

  const expected = new Set(severity === undefined ? [] : [severity]);
  assert.equal(receiver.isOpen, severity !== undefined, `seed ${seed}: open`);
  assert.deepEqual(receiver.firing, expected, `seed ${seed}: firing`);
  assert.equal(receiver.events, posted, `seed ${seed}: every event is told or merged`);
};

suite('whatever a receiver does', () => {
  it('it gets to know in order what is there, and how much was merged', () => {
    for (let seed = 1; seed <= 3000; seed++) live(seed, { refusing: false });
  });

  it('also when it refuses some for good', () => {
    for (let seed = 1; seed <= 3000; seed++) live(seed, { refusing: true });
  });
});
