/** The places that a profile's checks ask, each once, with what each is needed for. */

import { hostPort, urlHostPort } from '../../checks/endpoint.ts';
import type { HostPort, Profile } from '../../checks/types.ts';
import type { Purpose } from './schema.ts';

export interface Need extends HostPort {
  readonly purposes: readonly Purpose[];
  readonly urls: readonly string[];
}

export interface NeedsOptions {
  /** Mail hosts. */
  readonly smtp: readonly HostPort[];
  /** Where Windows fetches its list of roots. */
  readonly rootUpdates: readonly string[];
}

interface Wanted {
  readonly place: HostPort;
  readonly purpose: Purpose;
  readonly url?: string;
}

const wanted = (profile: Profile, { smtp, rootUpdates }: NeedsOptions): readonly Wanted[] => {
  const places = (purpose: Purpose, all: readonly HostPort[]): Wanted[] =>
    all.map((place) => ({ place, purpose }));
  const urls = (purpose: Purpose, all: readonly string[]): Wanted[] =>
    all.map((url) => ({ place: urlHostPort(url), purpose, url }));
  return [
    ...places('endpoint', profile.endpoints),
    ...urls(
      'crl',
      profile.crls.map(({ url }) => url),
    ),
    ...urls(
      'ocsp',
      profile.ocsp.map(({ url }) => url),
    ),
    ...urls(
      'aia',
      profile.authorities.flatMap(({ url }) => url ?? []),
    ),
    ...urls('root-update', rootUpdates),
    ...places('smtp', smtp),
  ];
};

/** In the profile's order. A host that only URLs lead to has no `endpoint` among its purposes. */
export const needsOf = (profile: Profile, options: NeedsOptions): readonly Need[] => {
  const needs = new Map<string, Need>();
  for (const { place, purpose, url } of wanted(profile, options)) {
    const key = hostPort(place).toLowerCase();
    const known = needs.get(key) ?? { ...place, purposes: [], urls: [] };
    needs.set(key, {
      ...known,
      purposes: [...new Set([...known.purposes, purpose])],
      urls: [...new Set([...known.urls, ...(url === undefined ? [] : [url])])],
    });
  }
  return [...needs.values()];
};
