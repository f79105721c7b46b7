/** The profiles that come with certready: YAML files beside this one, which the bundle carries parsed. */

import type { Profile } from '../../checks/types.ts';
import { parseBuiltIn } from './built-in-source.ts';

/** In the order in which they are listed; the first is asked where none is named. */
export const builtInIds = [
  'exchange-online-globalsign-r1',
  'exchange-online-digicert-g2',
  'exchange-online-baltimore',
] as const;
export type BuiltInId = (typeof builtInIds)[number];

export const isBuiltIn = (id: string): id is BuiltInId =>
  (builtInIds as readonly string[]).includes(id);

export const builtInProfile = (id: BuiltInId): Promise<Profile> => parseBuiltIn(id);
