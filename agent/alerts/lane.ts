/**
 * What waits for one receiver about one subject, in order. However long the receiver is away, a lane holds at
 * most one event that may have reached it and two that have not: the newer event takes the older ones in, and
 * says how many. What is kept is what the receiver needs in order to know: whether the subject ended since it
 * last heard of it, whether it is there now, and the newest that is known of it.
 */

import {
  type AgentEvent,
  type AlertEvent,
  type GapEvent,
  type Merged,
  type Notice,
  type Told,
  isGapEvent,
} from './event.ts';

export interface Message extends Notice<AlertEvent> {
  /** Older messages have smaller numbers. */
  readonly number: number;
  /** The receiver refused it for good: it is kept, and not sent again by itself. */
  readonly refused?: { readonly status: number; readonly at: string };
}

export type Lane = readonly Message[];

/** What an event does to its subject. */
export type Effect = 'begin' | 'update' | 'end';

export const effectOf = (event: AlertEvent): Effect => {
  switch (event.type) {
    case 'gap.opened':
      return 'begin';
    case 'gap.changed':
    case 'gap.reminder':
      return 'update';
    case 'gap.resolved':
    case 'agent.recovered':
      return 'end';
    case 'agent.trouble':
      return event.reminder ? 'update' : 'begin';
  }
};

const mergedOf = (older: readonly Message[], next: Message): Merged => {
  const all = [...older, next];
  const times = all.flatMap(({ merged }) => merged?.since ?? []);
  return {
    events: older.length + all.reduce((sum, { merged }) => sum + (merged?.events ?? 0), 0),
    since: [...times, ...older.map(({ event }) => event.at)].sort()[0] ?? next.event.at,
  };
};

/** The labels that the receiver may know the subject by, from before all of the older messages. */
const labelsBefore = ([first]: readonly Message[]): Told | undefined => {
  if (!first || !isGapEvent(first.event)) return undefined;
  const { previous, gap } = first.event;
  if (previous || effectOf(first.event) === 'begin') return previous;
  return { severity: gap.severity, owner: gap.owner };
};

/** Kept also where it is the same: what comes after may differ from it again. */
const withPrevious = (event: AlertEvent, previous: Told | undefined): AlertEvent =>
  previous && isGapEvent(event) ? { ...event, previous } : event;

const withoutPrevious = ({ previous: _previous, ...event }: GapEvent): GapEvent => event;
const withoutReminder = ({ reminder: _reminder, ...event }: AgentEvent): AgentEvent => event;

/** An update of what the receiver has not heard of is its beginning. */
const asBeginning = (event: AlertEvent): AlertEvent =>
  isGapEvent(event) ? { ...withoutPrevious(event), type: 'gap.opened' } : withoutReminder(event);

/** A reminder in place of a change tells the change. */
const asChange = (event: AlertEvent): AlertEvent =>
  isGapEvent(event) ? { ...event, type: 'gap.changed' } : event;

/** The event that stands for older ones, none of which the receiver has taken, and for itself. */
const combined = (older: readonly Message[], next: AlertEvent): AlertEvent => {
  const [first] = older;
  const before = labelsBefore(older);
  if (first && effectOf(first.event) === 'begin' && effectOf(next) === 'update')
    return withPrevious(asBeginning(next), before);
  const event = withPrevious(next, before);
  const hidesChange =
    next.type === 'gap.reminder' && older.some((message) => message.event.type === 'gap.changed');
  return hidesChange ? asChange(event) : event;
};

const standIn = (
  older: readonly Message[],
  { id, number, event, from, ...next }: Message,
): Message => ({
  id,
  number: older[0]?.number ?? number,
  event: combined(older, event),
  from,
  merged: mergedOf(older, { id, number, event, from, ...next }),
});

/** What has not been tried yet, with one more. */
const extend = (waiting: Lane, next: Message): Lane => {
  const effects = waiting.map(({ event }) => effectOf(event)).join();
  const effect = effectOf(next.event);
  switch (effects) {
    // The receiver knows nothing of this occurrence: its end follows, anything else stands in for it.
    case 'begin':
      return effect === 'end' ? [...waiting, next] : [standIn(waiting, next)];
    // The receiver knows that it is there: an end, and another beginning after it.
    case 'end':
      return [...waiting, next];
    // It is over again: the end of the last occurrence is the end of them all.
    case 'end,begin': {
      const [end, begin] = waiting as [Message, Message];
      return effect === 'end' ? [standIn(waiting, next)] : [end, standIn([begin], next)];
    }
    // It came and went, and is there again; or only its newest update counts.
    case 'begin,end':
    case 'update':
      return [standIn(waiting, next)];
    default:
      return [...waiting, next];
  }
};

/** Adds a message. `isTried` tells whether a message may have reached the receiver: that one is never changed. */
export const append = (lane: Lane, next: Message, isTried: (id: string) => boolean): Lane => {
  const [head] = lane;
  if (head?.refused) return [standIn(lane, next)];
  const tried = lane.filter(({ id }) => isTried(id));
  return [...tried, ...extend(lane.slice(tried.length), next)];
};

/** The receiver has taken a message. */
export const acknowledge = (lane: Lane, id: string): Lane =>
  lane.filter((message) => message.id !== id);

/** The receiver has refused a message for good: what comes next stands for it, or it is kept until something does. */
export const refuse = (lane: Lane, id: string, refused: NonNullable<Message['refused']>): Lane => {
  const [head, next, ...rest] = lane;
  if (head?.id !== id) return lane;
  return next ? [standIn([head], next), ...rest] : [{ ...head, refused }];
};

/** Lets a refused message be sent again, as it was: the configuration, or the program, has changed. */
export const restore = (lane: Lane): Lane =>
  lane.map(({ refused: _refused, ...message }) => message);
