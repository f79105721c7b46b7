/**
 * Everything that is still to be delivered, per receiver and subject: data, and what can happen to it. It lies
 * in the same file as the open gaps, so that a gap cannot open without its event, nor an event go without it.
 */

import { type AlertEvent, type Teller, subjectOf } from './event.ts';
import { type Lane, type Message, acknowledge, append, refuse, restore } from './lane.ts';

/** What waits for one receiver. */
export interface Queue {
  /** The receiver's type, to find a queue's owner again when its URL has changed. */
  readonly type: string;
  readonly lanes: Readonly<Record<string, Lane>>;
}

export interface Outbox {
  /** The number of the next message. */
  readonly next: number;
  /** By the receiver's key. */
  readonly queues: Readonly<Record<string, Queue>>;
}

export const emptyOutbox: Outbox = { next: 1, queues: {} };

/** An event, and the id under which each receiver gets it. */
export interface Posted {
  readonly id: string;
  readonly event: AlertEvent;
  readonly from: Teller;
}

const withLane = (queue: Queue, subject: string, lane: Lane): Queue => {
  const others = Object.entries(queue.lanes).filter(([name]) => name !== subject);
  const lanes = lane.length === 0 ? others : [...others, [subject, lane]];
  return { ...queue, lanes: Object.fromEntries(lanes) as Queue['lanes'] };
};

const withQueue = (outbox: Outbox, key: string, queue: Queue): Outbox => ({
  ...outbox,
  queues: { ...outbox.queues, [key]: queue },
});

/** Changes the lane of one subject at one receiver; a receiver that is gone has none. */
const changeLane = (
  outbox: Outbox,
  { key, subject }: { readonly key: string; readonly subject: string },
  change: (lane: Lane) => Lane,
): Outbox => {
  const queue = outbox.queues[key];
  if (!queue) return outbox;
  return withQueue(outbox, key, withLane(queue, subject, change(queue.lanes[subject] ?? [])));
};

/** Puts an event into the queues of some receivers. */
export const post = (
  outbox: Outbox,
  posted: Posted,
  { keys, isTried }: { readonly keys: readonly string[]; readonly isTried: IsTried },
): Outbox => {
  const message: Message = { ...posted, number: outbox.next };
  const subject = subjectOf(posted.event);
  return keys.reduce(
    (all, key) =>
      changeLane(all, { key, subject }, (lane) => append(lane, message, (id) => isTried(key, id))),
    { ...outbox, next: outbox.next + 1 },
  );
};

/** Whether a message may have reached a receiver. */
export type IsTried = (key: string, id: string) => boolean;

export const taken = (outbox: Outbox, key: string, message: Message): Outbox =>
  changeLane(outbox, { key, subject: subjectOf(message.event) }, (lane) =>
    acknowledge(lane, message.id),
  );

export const refused = (
  outbox: Outbox,
  key: string,
  {
    message,
    status,
    at,
  }: { readonly message: Message; readonly status: number; readonly at: Date },
): Outbox =>
  changeLane(outbox, { key, subject: subjectOf(message.event) }, (lane) =>
    refuse(lane, message.id, { status, at: at.toISOString() }),
  );

const lanesOf = (outbox: Outbox, key: string): readonly Lane[] =>
  Object.values(outbox.queues[key]?.lanes ?? {});

/** The first message of every subject, the oldest first: what may be sent now without breaking an order. */
export const heads = (outbox: Outbox, key: string): readonly Message[] =>
  lanesOf(outbox, key)
    .flatMap(([head]) => (head && !head.refused ? [head] : []))
    .sort((a, b) => a.number - b.number);

export const hasWaiting = (outbox: Outbox, key: string, subject: string): boolean =>
  (outbox.queues[key]?.lanes[subject] ?? []).length > 0;

export const counts = (outbox: Outbox, key: string): { pending: number; parked: number } => {
  const messages = lanesOf(outbox, key).flat();
  const parked = messages.filter((message) => message.refused).length;
  return { pending: messages.length - parked, parked };
};

/** The subjects of which a receiver has refused the last event for good. */
export const parkedSubjects = (outbox: Outbox, key: string): readonly string[] =>
  lanesOf(outbox, key).flatMap(([head]) => (head?.refused ? [subjectOf(head.event)] : []));

export interface ReceiverIdentity {
  readonly key: string;
  readonly type: string;
}

export interface Settled {
  readonly outbox: Outbox;
  /** Receivers that there was no queue for: they know of nothing yet. */
  readonly added: readonly string[];
  /** What was waiting for receivers that are not configured any more. */
  readonly dropped: readonly { readonly type: string; readonly events: number }[];
}

/**
 * Gives each configured receiver its queue. One whose key is unknown takes over the queue of a receiver of its
 * type that is not configured any more: its URL has changed. What was refused is tried again.
 */
export const settle = (outbox: Outbox, receivers: readonly ReceiverIdentity[]): Settled => {
  const left = new Map(
    Object.entries(outbox.queues).filter(([key]) => !receivers.some((one) => one.key === key)),
  );
  const added: string[] = [];
  const queueOf = ({ key, type }: ReceiverIdentity): Queue => {
    const own = outbox.queues[key];
    if (own) return own;
    const [old, queue] = [...left].find(([, candidate]) => candidate.type === type) ?? [];
    if (old !== undefined && queue) {
      left.delete(old);
      return queue;
    }
    added.push(key);
    return { type, lanes: {} };
  };
  const queues = receivers.map((receiver): [string, Queue] => {
    const { type, lanes } = queueOf(receiver);
    const restored = Object.entries(lanes).map(([subject, lane]) => [subject, restore(lane)]);
    return [receiver.key, { type, lanes: Object.fromEntries(restored) as Queue['lanes'] }];
  });
  return {
    outbox: { ...outbox, queues: Object.fromEntries(queues) },
    added,
    dropped: [...left.values()]
      .map(({ type, lanes }) => ({ type, events: Object.values(lanes).flat().length }))
      .filter(({ events }) => events > 0),
  };
};
