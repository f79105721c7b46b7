/** From observations to judgements: at the time that was asked for, or at this host's own, knowing its skew. */

import { clockOffset, toleratedSkewMs } from '../../checks/clock.ts';
import {
  type CheckKind,
  type GapId,
  type Judgement,
  type Observation,
  type Stage,
  gapId,
} from '../../checks/types.ts';
import type { RunContext } from './context.ts';
import type { Executed } from './execute.ts';
import { located } from './locate.ts';
import type { Planned } from './plan.ts';

export interface Judged extends Planned {
  readonly durationMs: number;
  readonly stages: readonly Stage[];
  readonly judgement: Judgement;
}

export interface Judgements {
  readonly evaluatedAt: Date;
  readonly tasks: readonly Judged[];
}

/**
 * A skewed clock says two things of validity. What holds at both times is certain; a gap that holds at
 * one of them only is the clock's doing, so that check is blocked by the skew.
 */
const judgeAtBoth = (
  observation: Observation,
  times: { local: Date; servers: Date },
  skew: GapId,
): Judgement => {
  const local = observation.judge(times.local);
  const servers = observation.judge(times.servers);
  const certain = new Set(servers.findings.map(gapId));
  const findings = local.findings.filter((finding) => certain.has(gapId(finding)));
  const doubtful = local.findings.length !== findings.length || certain.size !== findings.length;
  if (!doubtful) return local;
  return {
    ...local,
    findings,
    summary: `depends on which clock is right: ${local.summary}`,
    blockedBy: [...(local.blockedBy ?? []), skew],
  };
};

export const judge = (
  executed: readonly Executed[],
  { run, kinds }: { run: RunContext; kinds: ReadonlySet<CheckKind> },
): Judgements => {
  const { host, options } = run;
  const evaluatedAt = options.at ?? host.now();
  const offset = clockOffset(run.seen().serverTimes) ?? 0;
  const skewed =
    options.at === undefined && kinds.has('clock') && Math.abs(offset) > toleratedSkewMs;
  const times = { local: evaluatedAt, servers: new Date(evaluatedAt.getTime() + offset) };
  const skew = gapId({ code: 'clock-skew', target: host.name });

  const judgementOf = (item: Executed): Judgement => {
    const failed = (reason: string): Judgement => ({
      summary: reason,
      findings: [],
      evidence: {},
      unknown: reason,
    });
    if (item.observation === undefined) return failed(item.failure);
    try {
      return skewed && item.task.kind !== 'clock'
        ? judgeAtBoth(item.observation, times, skew)
        : item.observation.judge(evaluatedAt);
    } catch (error) {
      return failed(
        `certready failed in this check: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  };
  const tasks = executed.map((item) => ({
    id: item.id,
    task: item.task,
    profiles: item.profiles,
    durationMs: item.durationMs,
    stages: item.observation?.stages ?? [],
    judgement: located(judgementOf(item), item.observation?.stages ?? []),
  }));
  return { evaluatedAt, tasks };
};
