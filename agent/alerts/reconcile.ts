/** From reports to events, purely: what is new, what has changed, what is over, what is still there. */

import type { Report } from '../report/report.ts';
import type { AlertEvent, GapEvent, Problem } from './event.ts';
import {
  type ReconcileOptions as GapOptions,
  closeGap,
  lookAtGap,
  newRecord,
  remindOfGap,
} from './gap-record.ts';
import {
  addProblem,
  countUnknown,
  remindOfProblems,
  removeProblem,
  unknownProblem,
} from './problems.ts';
import { viewOf } from './sight.ts';
import type { AlertState, GapRecord } from './state.ts';

export interface ReconcileOptions extends GapOptions {
  /** After how many runs in a row without a conclusion of a check that is a trouble; default 3. */
  readonly unknownAfter?: number;
}

/** A run's report, a trouble of the agent's own, or the end of one. */
export type Observation =
  Report | { readonly trouble: Problem } | { readonly recovered: Problem['code'] };

export interface Reconciled {
  readonly state: AlertState;
  /** In the order in which they are to be told: opened, changed, resolved, reminders, the agent's own. */
  readonly events: readonly AlertEvent[];
}

const ranks = ['gap.opened', 'gap.changed', 'gap.resolved', 'gap.reminder'] as const;
const rankOf = ({ type }: GapEvent): number => ranks.indexOf(type);

const present = <T>(value: T | undefined): readonly T[] => (value === undefined ? [] : [value]);

const recordsById = (records: readonly GapRecord[]): AlertState['gaps'] =>
  Object.fromEntries(records.map((record) => [record.gap.id, record]));

const reconcileGaps = (
  state: AlertState,
  report: Report,
  options: GapOptions,
): { readonly gaps: AlertState['gaps']; readonly events: readonly GapEvent[] } => {
  const view = viewOf(report);
  const unseen = report.gaps.filter(({ id }) => state.gaps[id] === undefined);
  const known = [...Object.values(state.gaps), ...unseen.map((gap) => newRecord(gap, options.now))];
  const steps = known.map((record) => ({
    before: record,
    ...lookAtGap(record, view, options),
  }));
  const open = new Set(
    steps.flatMap(({ record }) => (record?.told === undefined ? [] : [record.gap.id])),
  );
  const settled = steps.map(({ before, record, event, sight }) =>
    record?.told === undefined || before.told === undefined || event
      ? { record, event }
      : closeGap(record, { sight, view, isOpen: (id) => open.has(id) }, options),
  );
  return {
    gaps: recordsById(settled.flatMap(({ record }) => present(record))),
    events: settled.flatMap(({ event }) => present(event)).sort((a, b) => rankOf(a) - rankOf(b)),
  };
};

const remindOfGaps = (state: AlertState, options: GapOptions): Reconciled => {
  const steps = Object.values(state.gaps).map((record) => remindOfGap(record, options));
  return {
    state: { ...state, gaps: recordsById(steps.flatMap(({ record }) => present(record))) },
    events: steps.flatMap(({ event }) => present(event)),
  };
};

const reconcileUnknown = (
  state: AlertState,
  report: Report,
  options: ReconcileOptions,
): Reconciled => {
  const unknown = countUnknown(state.unknown, report);
  const problem = unknownProblem(unknown, report, options.unknownAfter ?? 3);
  const { problems, events } = problem
    ? addProblem(state.problems, problem, options)
    : removeProblem(state.problems, 'checks-unknown', options.now);
  return { state: { ...state, unknown, problems }, events };
};

/** What an observation changes, before anybody is reminded of what was there already. */
const observed = (
  state: AlertState,
  observation: Observation,
  options: ReconcileOptions,
): Reconciled => {
  if ('trouble' in observation || 'recovered' in observation) {
    const { problems, events } =
      'trouble' in observation
        ? addProblem(state.problems, observation.trouble, options)
        : removeProblem(state.problems, observation.recovered, options.now);
    const reminded = remindOfGaps({ ...state, problems }, options);
    return { state: reminded.state, events: [...reminded.events, ...events] };
  }
  const { gaps, events } = reconcileGaps(state, observation, options);
  const judged = reconcileUnknown({ ...state, gaps }, observation, options);
  return { state: judged.state, events: [...events, ...judged.events] };
};

/**
 * Takes an observation in. A gap opens when it has been confirmed, and has then exactly one `gap.opened` before
 * its `gap.resolved`; it closes only when every check that showed it could see and did not, or when nothing
 * asks about it any more. Checks that are blocked or unknown neither open nor close anything.
 */
export const reconcile = (
  state: AlertState,
  observation: Observation,
  options: ReconcileOptions,
): Reconciled => {
  const first = observed(state, observation, options);
  const { problems, events } = remindOfProblems(first.state.problems, options);
  return { state: { ...first.state, problems }, events: [...first.events, ...events] };
};
