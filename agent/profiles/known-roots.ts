/** The roots of all profiles, the built-in ones among them: a mail host that presents one is no stranger. */

import type { Profile } from '../../checks/types.ts';
import { builtInIds, builtInProfile } from './built-in.ts';

/** DER of each. Nothing is read until it is asked for: only a run with mail hosts needs it. */
export const knownRoots = async (profiles: readonly Profile[]): Promise<readonly Uint8Array[]> => {
  const builtIn = await Promise.all(builtInIds.map(builtInProfile));
  return [...profiles, ...builtIn].flatMap(({ authorities }) =>
    authorities.flatMap(({ root, der }) => (root && der ? [der] : [])),
  );
};
