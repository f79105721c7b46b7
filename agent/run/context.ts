/** What the tasks of one run share: the host, the authorities' certificates, and work that is done once. */

import { fetchAuthority } from '../../checks/aia.ts';
import {
  type AuthorityCertificate,
  type Finding,
  type Host,
  type Observation,
  type Profile,
  type Run,
  type RunOptions,
  type Seen,
  type ServerTime,
} from '../../checks/types.ts';

export interface RunContext extends Run {
  /** Adds what a task has seen to what the last tasks may look at. */
  saw(observation: Observation): void;
  /** DER of every authority's certificate that this run came to know, by profile id. */
  knownAuthorities(): ReadonlyMap<string, readonly Uint8Array[]>;
}

const fromProfile = (profile: Profile, id: string): AuthorityCertificate | undefined => {
  const authority = profile.authorities.find((candidate) => candidate.id === id);
  if (authority?.der) return { der: authority.der, source: 'profile' };
  return authority?.url === undefined
    ? { blockedBy: [], reason: `the profile has neither a certificate nor a URL for ${id}` }
    : undefined;
};

export const createRun = (host: Host, options: RunOptions): RunContext => {
  const made = new Map<string, Promise<unknown>>();
  const serverTimes: ServerTime[] = [];
  const findings: Finding[] = [];
  const authorities = new Map<string, Uint8Array[]>();

  const remember = (profile: Profile, certificate: AuthorityCertificate): AuthorityCertificate => {
    if (certificate.der)
      authorities.set(profile.id, [...(authorities.get(profile.id) ?? []), certificate.der]);
    return certificate;
  };

  const run: RunContext = {
    host,
    options,
    once<T>(key: string, make: () => Promise<T>): Promise<T> {
      const known = made.get(key) as Promise<T> | undefined;
      if (known) return known;
      const promise = make();
      made.set(key, promise);
      return promise;
    },
    async authority(profile, id, signal) {
      const known = fromProfile(profile, id);
      if (known) return remember(profile, known);
      const authority = profile.authorities.find((candidate) => candidate.id === id);
      if (authority === undefined) throw new Error(`profile ${profile.id} has no authority ${id}`);
      const fetched = await fetchAuthority(profile, authority, run, signal);
      if (fetched.der) return remember(profile, { der: fetched.der, source: 'aia' });
      return {
        blockedBy: fetched.blockedBy,
        reason: fetched.reason ?? `the certificate of ${authority.name} could not be fetched`,
      };
    },
    saw(observation) {
      serverTimes.push(...(observation.serverTimes ?? []));
      findings.push(...observation.judge(options.at ?? host.now()).findings);
    },
    seen: (): Seen => ({ serverTimes, findings }),
    knownAuthorities: () => authorities,
  };
  return run;
};
