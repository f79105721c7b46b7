/** Values of the registry as a step of a plan. */

import { isDeepStrictEqual } from 'node:util';
import type { Step } from '../plan.ts';
import { ServiceError } from '../service-error.ts';
import { promised } from './promised.ts';
import type { Registry, RegistryValue } from './registry.ts';

export interface KeyWish {
  readonly key: string;
  /** undefined for one that is not to be there. */
  readonly values: Readonly<Record<string, RegistryValue | undefined>>;
  /** Whether nobody else has values there. */
  readonly isOwn: boolean;
}

const write = (registry: Registry, { key, values }: KeyWish): void => {
  for (const [name, value] of Object.entries(values))
    if (value) registry.write(key, name, value);
    else registry.removeValue(key, name);
};

const present = (registry: Registry, wish: KeyWish): KeyWish => ({
  ...wish,
  values: Object.fromEntries(
    Object.keys(wish.values).map((name) => [name, registry.read(wish.key, name)]),
  ),
});

/** What is not so, by its key. */
const different = (registry: Registry, wishes: readonly KeyWish[]): string | undefined =>
  wishes.find((wish) => !isDeepStrictEqual(present(registry, wish).values, wish.values))?.key;

/** None where all is so. */
export const registrySteps = (
  registry: Registry,
  summary: string,
  wishes: readonly KeyWish[],
): Step[] => {
  if (different(registry, wishes) === undefined) return [];
  let before: KeyWish[] = [];
  return [
    {
      summary,
      run: promised(() => {
        before = wishes.map((wish) => present(registry, wish));
        for (const wish of wishes) write(registry, wish);
      }),
      verify: promised(() => {
        const key = different(registry, wishes);
        if (key !== undefined)
          throw new ServiceError('step-failed', `HKLM\\${key} does not hold what was written`);
      }),
      undo: promised(() => {
        for (const wish of before)
          if (wish.isOwn && Object.values(wish.values).every((value) => value === undefined))
            registry.removeKey(wish.key);
          else write(registry, wish);
      }),
    },
  ];
};
