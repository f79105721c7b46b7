/** A whole run over checks that the test makes up: plan, execute, judge and report are the real ones. */

import { buildReport } from '../../agent/report/build.ts';
import type { Report } from '../../agent/report/report.ts';
import { createRun } from '../../agent/run/context.ts';
import { execute } from '../../agent/run/execute.ts';
import { judge } from '../../agent/run/judge.ts';
import { planTasks } from '../../agent/run/plan.ts';
import {
  type Check,
  type CheckKind,
  type DiscoveringCheck,
  type Finding,
  type Judgement,
  type Profile,
  type Stage,
  type Task,
  checkKinds,
} from '../../checks/types.ts';
import { fakeHost } from './fake-host.ts';

export const fakeProfile = (id: string, more: Partial<Profile> = {}): Profile => ({
  id,
  title: `The change ${id}`,
  replaces: [],
  notes: [],
  endpoints: [],
  authorities: [],
  crls: [],
  ocsp: [],
  ...more,
});

export const finding = (
  code: Finding['code'],
  target: string,
  more: Partial<Finding> = {},
): Finding => ({
  code,
  target,
  evidence: {},
  ...more,
});

export const judgement = (more: Partial<Judgement> = {}): Judgement => ({
  summary: 'seen',
  findings: [],
  evidence: {},
  ...more,
});

/** A task that has seen this, whatever the time. */
export const task = (
  kind: CheckKind,
  target: string,
  seen: Partial<Judgement> & { readonly stages?: readonly Stage[] } = {},
): Task => ({
  kind,
  target,
  observe: () =>
    Promise.resolve({
      stages: seen.stages ?? [],
      judge: () => judgement({ findings: [], ...seen }),
    }),
});

/** Checks that give these tasks for every profile. */
export const checksOf = (tasks: readonly Task[]): readonly Check[] =>
  checkKinds.map((kind) => ({ kind, tasks: () => tasks.filter((one) => one.kind === kind) }));

export interface FakeRunOptions {
  readonly checks: readonly (Check | DiscoveringCheck)[];
  readonly profiles?: readonly Profile[];
  readonly at?: Date;
  readonly now?: Date;
  readonly timeoutMs?: number;
  readonly kinds?: ReadonlySet<CheckKind>;
}

export const reportOf = async (options: FakeRunOptions): Promise<Report> => {
  const profiles = options.profiles ?? [fakeProfile('p1')];
  const host = fakeHost(options.now ? { now: options.now } : {});
  const kinds = options.kinds ?? new Set(checkKinds);
  const run = createRun(host, { smtp: [], ...(options.at && { at: options.at }) });
  const planned = planTasks(options.checks, profiles, run);
  const executed = await execute(planned, {
    run,
    timeoutMs: options.timeoutMs ?? 5000,
    signal: new AbortController().signal,
  });
  return buildReport({
    profiles,
    judged: judge(executed, { run, kinds }),
    authorities: run.knownAuthorities(),
    startedAt: host.now(),
    durationMs: 1,
    host,
    version: '0.0.0',
  });
};
