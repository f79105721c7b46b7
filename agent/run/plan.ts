/** From profiles to tasks: what several profiles need is asked once. */

import type { Check, Profile, Run, Task } from '../../checks/types.ts';

export interface Planned {
  /** KIND:TARGET, stable from run to run. */
  readonly id: string;
  readonly task: Task;
  /** Asked once all others have been observed. */
  readonly last: boolean;
  /** The ids of the profiles that need it, in the order in which they were named. */
  readonly profiles: readonly string[];
}

/** Several questions about one target: the later ones carry their profile's name, then a number. */
const distinct = (named: string, taken: ReadonlySet<string>): string => {
  let id = named;
  for (let count = 2; taken.has(id); count++) id = `${named}#${count}`;
  return id;
};

export const planTasks = (
  checks: readonly Check[],
  profiles: readonly Profile[],
  run: Run,
): readonly Planned[] => {
  const byQuestion = new Map<string, { task: Task; last: boolean; profiles: string[] }>();
  for (const check of checks)
    for (const profile of profiles)
      for (const task of check.tasks(profile, run)) {
        const key = JSON.stringify([task.kind, task.target, task.question ?? null]);
        const known = byQuestion.get(key);
        if (!known)
          byQuestion.set(key, { task, last: check.last ?? false, profiles: [profile.id] });
        else if (!known.profiles.includes(profile.id)) known.profiles.push(profile.id);
      }
  const ids = new Set<string>();
  return [...byQuestion.values()].map(({ task, last, profiles: needing }) => {
    const plain = `${task.kind}:${task.target}`;
    const id = ids.has(plain) ? distinct(`${plain}#${needing[0] ?? ''}`, ids) : plain;
    ids.add(id);
    return { id, task, last, profiles: needing };
  });
};
