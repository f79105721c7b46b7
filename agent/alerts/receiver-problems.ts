/** Receivers that do not take what they are sent: troubles of the agent's own, told to the others too. */

import type { Courier } from './courier.ts';
import { type Outbox, counts, parkedSubjects } from './outbox.ts';

export const receiverProblemCodes = ['alerts-refused', 'alerts-undelivered'] as const;
export type ReceiverProblemCode = (typeof receiverProblemCodes)[number];

/** For so long a receiver may fail before that is a trouble. */
const failingMs = 60 * 60_000;

const nameOf = ({ receiver: { label, place } }: Courier): string => `${label} (${place})`;

/** The trouble itself may be what was refused. */
const isParked = (outbox: Outbox, { receiver: { key } }: Courier): boolean =>
  parkedSubjects(outbox, key).some((subject) => subject !== 'agent:alerts-refused');

const refusals = (couriers: readonly Courier[], outbox: Outbox): string | undefined => {
  const refusing = couriers.filter((courier) => isParked(outbox, courier));
  if (refusing.length === 0) return undefined;
  return `Alerts are refused for good, and kept: ${refusing
    .map((courier) => {
      const why = courier.refusal === undefined ? '' : `: ${courier.refusal}`;
      return `${nameOf(courier)}${why}`;
    })
    .join('; ')}`;
};

const failures = (
  couriers: readonly Courier[],
  outbox: Outbox,
  now: number,
): string | undefined => {
  const failing = couriers.filter(
    (courier) =>
      courier.failing !== undefined &&
      now - courier.failing.since >= failingMs &&
      counts(outbox, courier.receiver.key).pending > 0,
  );
  if (failing.length === 0) return undefined;
  return `Alerts do not get through: ${failing
    .map((courier) => `${nameOf(courier)}: ${courier.failing?.why ?? ''}`)
    .join('; ')}`;
};

/** What is wrong with the receivers now; undefined where a trouble is not there. */
export const receiverProblems = (
  couriers: readonly Courier[],
  outbox: Outbox,
  now: number,
): Readonly<Record<ReceiverProblemCode, string | undefined>> => ({
  'alerts-refused': refusals(couriers, outbox),
  'alerts-undelivered': failures(couriers, outbox, now),
});
