/** What is open just now, as events. */

import type { AlertEvent, Notice, Teller } from './event.ts';
import { gapEvent } from './gap-record.ts';
import { type Outbox, hasWaiting } from './outbox.ts';
import { agentEvent } from './problems.ts';
import type { AlertState, GapRecord } from './state.ts';
import { subjectOf } from './event.ts';

const openRecords = ({ gaps }: AlertState): readonly GapRecord[] =>
  Object.values(gaps).filter(({ told }) => told !== undefined);

/** What a receiver that knows nothing yet has to be told. */
export const openEvents = (state: AlertState, now: Date): readonly AlertEvent[] => [
  ...openRecords(state).map((record) => gapEvent('gap.opened', record, { now })),
  ...Object.values(state.problems).map((record) => agentEvent('agent.trouble', record, { now })),
];

/** What a receiver that forgets has to be told again; a subject with an event on its way is left to that. */
export const refreshNotices = (
  { alerts, outbox }: { readonly alerts: AlertState; readonly outbox: Outbox },
  key: string,
  { from, now }: { readonly from: Teller; readonly now: Date },
): readonly Notice[] =>
  openEvents(alerts, now)
    .filter((event) => !hasWaiting(outbox, key, subjectOf(event)))
    .map((event) => ({ id: '', event, from }));

/** Whether something was seen that waits for a second look: an opening, a change, a closing. */
export const isUnsettled = ({ gaps }: AlertState): boolean =>
  Object.values(gaps).some(({ told, looks }) =>
    told === undefined ? looks.endsWith('1') : told.other !== undefined || looks.endsWith('0'),
  );
