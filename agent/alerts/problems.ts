/** The agent's own troubles: told once, again as often as gaps are, and when they are over. */

import type { Report } from '../report/report.ts';
import type { AgentEvent, AgentEventType, Problem } from './event.ts';
import type { AlertState, ProblemRecord } from './state.ts';

export interface ProblemOptions {
  readonly now: Date;
  readonly remindEveryMs: number;
}

type Problems = AlertState['problems'];

export interface ProblemStep {
  readonly problems: Problems;
  readonly events: readonly AgentEvent[];
}

export const agentEvent = (
  type: AgentEventType,
  { code, summary, since }: Problem & { readonly since: string },
  { now, reminder = false }: { readonly now: Date; readonly reminder?: boolean },
): AgentEvent => ({
  type,
  at: now.toISOString(),
  problem: { code, summary },
  since,
  ...(reminder && { reminder: true }),
});

/** A trouble that is known already is not told again; what is known of it is renewed. */
export const addProblem = (
  problems: Problems,
  { code, summary }: Problem,
  { now }: ProblemOptions,
): ProblemStep => {
  const known = problems[code];
  if (known) return { problems: { ...problems, [code]: { ...known, summary } }, events: [] };
  const at = now.toISOString();
  const record: ProblemRecord = { code, summary, since: at, toldAt: at };
  return {
    problems: { ...problems, [code]: record },
    events: [agentEvent('agent.trouble', record, { now })],
  };
};

export const removeProblem = (problems: Problems, code: string, now: Date): ProblemStep => {
  const { [code]: known, ...others } = problems;
  return known
    ? { problems: others, events: [agentEvent('agent.recovered', known, { now })] }
    : { problems, events: [] };
};

export const remindOfProblems = (
  problems: Problems,
  { now, remindEveryMs }: ProblemOptions,
): ProblemStep => {
  const due = Object.values(problems).filter(({ toldAt }) => {
    const elapsed = now.getTime() - Date.parse(toldAt);
    return elapsed < 0 || elapsed >= remindEveryMs;
  });
  const told = due.map((record) => ({ ...record, toldAt: now.toISOString() }));
  return {
    problems: { ...problems, ...Object.fromEntries(told.map((record) => [record.code, record])) },
    events: told.map((record) => agentEvent('agent.trouble', record, { now, reminder: true })),
  };
};

/** A run in which nothing was judged, counted like a check. */
const wholeRun = 'the run';

/** In how many runs in a row each check could not conclude. */
export const countUnknown = (
  before: AlertState['unknown'],
  { verdict, checks }: Report,
): AlertState['unknown'] => {
  const ids = checks.filter(({ status }) => status === 'unknown').map(({ id }) => id);
  const counted = ids.length === 0 && verdict === 'unknown' ? [wholeRun] : ids;
  return Object.fromEntries(counted.map((id) => [id, (before[id] ?? 0) + 1]));
};

/** The trouble that checks have been unknown for so many runs; undefined where none has. */
export const unknownProblem = (
  unknown: AlertState['unknown'],
  { checks }: Report,
  afterRuns: number,
): Problem | undefined => {
  const ids = Object.keys(unknown).filter((id) => (unknown[id] ?? 0) >= afterRuns);
  const [first] = ids;
  if (first === undefined) return undefined;
  const why = checks.find(({ id }) => id === first)?.summary ?? 'nothing was judged';
  const more = ids.length > 1 ? `, and ${ids.length - 1} more` : '';
  return {
    code: 'checks-unknown',
    summary: `No conclusion in the last ${Math.max(...ids.map((id) => unknown[id] ?? 0))} runs: ${first} (${why})${more}`,
  };
};
