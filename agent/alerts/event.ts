/** What is told: something about a gap, or about the agent itself. */

import type { Gap, Report } from '../report/report.ts';

export const gapEventTypes = ['gap.opened', 'gap.changed', 'gap.resolved', 'gap.reminder'] as const;
export const agentEventTypes = ['agent.trouble', 'agent.recovered'] as const;

export type GapEventType = (typeof gapEventTypes)[number];
export type AgentEventType = (typeof agentEventTypes)[number];

/** `seen`: a check looked and the gap was not there. `not-asked`: no check asks about it any more. */
export type Resolution = 'seen' | 'not-asked';

/** What of a gap other programs route alerts by. */
export type Told = Pick<Gap, 'severity' | 'owner'>;

/** Times are ISO 8601. */
export interface GapEvent {
  readonly type: GapEventType;
  readonly at: string;
  /** The first of the profiles whose checks show the gap. */
  readonly profile: string;
  /** All of them, where there are several. */
  readonly profiles?: readonly string[];
  /** As the report has it; on `gap.resolved` as it was last seen. */
  readonly gap: Gap;
  /** When this occurrence was first seen. */
  readonly since: string;
  /** On `gap.resolved` only. */
  readonly resolution?: Resolution;
  /** Severity and owner that the receiver may know it by. */
  readonly previous?: Told;
}

/** A trouble of the agent's own. */
export interface Problem {
  /** Stable, e.g. `state-unwritable`. */
  readonly code: string;
  readonly summary: string;
}

export interface AgentEvent {
  readonly type: AgentEventType;
  readonly at: string;
  readonly problem: Problem;
  readonly since: string;
  /** The trouble was told before and is still there. */
  readonly reminder?: true;
}

export type AlertEvent = GapEvent | AgentEvent;

/** What `alert test` sends. */
export interface TestEvent {
  readonly type: 'test';
  readonly at: string;
}

/** What a gap was routed by before, where that was something else. */
export const routedBefore = ({ gap, previous }: GapEvent): Told | undefined =>
  previous && (previous.severity !== gap.severity || previous.owner !== gap.owner)
    ? previous
    : undefined;

export const isGapEvent = (event: AlertEvent | TestEvent): event is GapEvent => 'gap' in event;

/** What an event is about; the order of events is kept per subject and receiver. */
export const subjectOf = (event: AlertEvent): string =>
  isGapEvent(event) ? event.gap.id : `agent:${event.problem.code}`;

/** Who tells it. */
export interface Teller {
  readonly host: Report['host'];
  readonly agent: Report['agent'];
}

/** Events that were never sent, because this one stands for them. */
export interface Merged {
  readonly events: number;
  /** The time of the first of them. */
  readonly since: string;
}

/** An event as it is sent. */
export interface Notice<Event = AlertEvent | TestEvent> {
  /** The same over all retries and restarts, and of no other content. */
  readonly id: string;
  readonly event: Event;
  readonly from: Teller;
  readonly merged?: Merged;
}
