/** What a run's profiles ask of its CRLs: those that ask the same of one CRL share its task. */

import type { CrlObservation } from './crl-judgement.ts';
import { type EmbeddedLine, embeddedLine } from './embedded-authority.ts';
import {
  type Known,
  certificatesOf,
  issuedBy,
  issuedElsewhere,
  issuersOf,
  serialsOf,
} from './crl-subjects.ts';
import type { Authority, CrlSource, Profile, Run } from './types.ts';

/** What one profile asks of one of its CRLs. */
interface Asking {
  readonly profile: Profile;
  readonly issuers: readonly Authority[];
  readonly subjects: readonly Authority[];
  /** Authorities by other issuers, which may ask for an indirect CRL. */
  readonly others: readonly Authority[];
}

/** A CRL in a run. */
export interface SharedCrl {
  readonly url: string;
  /** The same for two profiles that ask the same of one CRL. */
  readonly question: string;
  readonly serials: readonly string[];
  /** One per profile: what each has beside the question may differ. */
  readonly asking: Asking[];
  observed?: CrlObservation;
}

const ofRuns = new WeakMap<Run, Map<string, SharedCrl>>();

const crlsOf = (run: Run): Map<string, SharedCrl> => {
  const known = ofRuns.get(run) ?? new Map<string, SharedCrl>();
  ofRuns.set(run, known);
  return known;
};

/** What makes an authority the same in two profiles. */
const identityOf = ({ sha256, url, name }: Authority): string => sha256 ?? url ?? name;

const questionOf = (profile: Profile, source: CrlSource) => {
  const issuers = issuersOf(profile, source);
  const subjects = issuedBy(profile, issuers);
  const serials = serialsOf(profile, issuers);
  const question = JSON.stringify([...[...issuers, ...subjects].map(identityOf), ...serials]);
  return { issuers, subjects, serials, question, key: JSON.stringify([source.url, question]) };
};

/** Notes what a profile asks of a CRL. Profiles are planned before any task observes. */
export const shareCrl = (profile: Profile, source: CrlSource, run: Run): SharedCrl => {
  const { issuers, subjects, serials, question, key } = questionOf(profile, source);
  const others = issuedElsewhere(profile, issuers);
  const crls = crlsOf(run);
  const crl: SharedCrl = crls.get(key) ?? { url: source.url, question, serials, asking: [] };
  crl.asking.push({ profile, issuers, subjects, others });
  crls.set(key, crl);
  return crl;
};

/** The other CRLs of the profiles that ask for this one: those by its issuer, and those by others. */
export const crlsBeside = (
  crl: SharedCrl,
  run: Run,
): Readonly<Record<'siblings' | 'others', readonly SharedCrl[]>> => {
  const siblings = new Set<SharedCrl>();
  const others = new Set<SharedCrl>();
  for (const { profile, issuers } of crl.asking)
    for (const source of profile.crls) {
      const other = crlsOf(run).get(questionOf(profile, source).key);
      if (!other || other === crl) continue;
      (issuers.some(({ id }) => id === source.issuer) ? siblings : others).add(other);
    }
  return { siblings: [...siblings], others: [...others] };
};

/** Those certificates of each profile, once each; what one profile lacks another may have. */
export const certificatesFor = async (
  { asking }: SharedCrl,
  whose: 'issuers' | 'subjects' | 'others',
  context: { run: Run; signal: AbortSignal },
): Promise<readonly Known[]> => {
  const found = await Promise.all(
    asking.map(({ profile, [whose]: authorities }) =>
      certificatesOf(authorities, { profile, ...context }),
    ),
  );
  const known = new Map<string, Known>();
  for (const one of found.flat()) {
    const identity = identityOf(one.authority);
    if (!known.get(identity)?.certificate) known.set(identity, one);
  }
  return [...known.values()];
};

/** The lines of those authorities of each profile, as far as no other check judges them. */
export const linesFor = async (
  { asking }: SharedCrl,
  whose: 'issuers' | 'subjects',
  context: { run: Run; signal: AbortSignal },
): Promise<readonly EmbeddedLine[]> => {
  const found = await Promise.all(
    asking.flatMap(({ profile, [whose]: authorities }) =>
      authorities.map((each) => embeddedLine(each, { profile, ...context })),
    ),
  );
  return found.filter((line) => line !== undefined);
};
