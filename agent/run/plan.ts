/** From profiles to tasks: what several profiles need is asked once. */

import type { Check, DiscoveringCheck, Profile, Run, Task } from '../../checks/types.ts';

export interface Planned {
  /** KIND:TARGET, stable from run to run. */
  readonly id: string;
  readonly task: Task;
  /** The ids of the profiles that need it, in the order in which they were named. */
  readonly profiles: readonly string[];
}

/** One check's tasks; a promise where they are looked for on the host first. */
export interface PlannedCheck {
  /** Asked once all others have been observed. */
  readonly last: boolean;
  readonly tasks: readonly Planned[] | Promise<readonly Planned[]>;
}

/** Several questions about one target: the later ones carry their profile's name, then a number. */
const distinct = (named: string, taken: ReadonlySet<string>): string => {
  let id = named;
  for (let count = 2; taken.has(id); count++) id = `${named}#${count}`;
  return id;
};

interface Asked {
  readonly profile: Profile;
  readonly tasks: readonly Task[];
}

const merge = (asked: readonly Asked[]): readonly Planned[] => {
  const byQuestion = new Map<string, { task: Task; profiles: string[] }>();
  for (const { profile, tasks } of asked)
    for (const task of tasks) {
      const key = JSON.stringify([task.target, task.question ?? null]);
      const known = byQuestion.get(key);
      if (!known) byQuestion.set(key, { task, profiles: [profile.id] });
      else if (!known.profiles.includes(profile.id)) known.profiles.push(profile.id);
    }
  const ids = new Set<string>();
  return [...byQuestion.values()].map(({ task, profiles }) => {
    const plain = `${task.kind}:${task.target}`;
    const id = ids.has(plain) ? distinct(`${plain}#${profiles[0] ?? ''}`, ids) : plain;
    ids.add(id);
    return { id, task, profiles };
  });
};

/** Looking for the tasks failed: that is a task that fails, so that it is seen. */
const failing = (kind: Task['kind'], profiles: readonly Profile[], error: unknown): Planned => ({
  id: `${kind}:none`,
  task: {
    kind,
    target: 'none',
    observe: () => Promise.reject(error instanceof Error ? error : new Error(String(error))),
  },
  profiles: profiles.map(({ id }) => id),
});

const discovered = async (
  check: DiscoveringCheck,
  profiles: readonly Profile[],
  run: Run,
): Promise<readonly Planned[]> => {
  const ask = async (profile: Profile): Promise<Asked> => ({
    profile,
    tasks: await check.discover(profile, run),
  });
  try {
    return merge(await Promise.all(profiles.map(ask)));
  } catch (error) {
    return [failing(check.kind, profiles, error)];
  }
};

/** One entry a check, in their order. */
export const planTasks = (
  checks: readonly (Check | DiscoveringCheck)[],
  profiles: readonly Profile[],
  run: Run,
): readonly PlannedCheck[] =>
  checks.map((check) => {
    if ('discover' in check) return { last: false, tasks: discovered(check, profiles, run) };
    const asked = profiles.map((profile) => ({ profile, tasks: check.tasks(profile, run) }));
    return { last: check.last ?? false, tasks: merge(asked) };
  });
