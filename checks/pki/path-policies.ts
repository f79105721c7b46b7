/**
 * Certificate policies along a path (RFC 5280 6.1.2 to 6.1.5) for a verifier that asks for none itself: a
 * path fails only where one of its CAs demands an explicit policy and none has come down to the leaf.
 * As RFC 9618 shows, the last level of the policy tree is enough to tell, and its size stays bounded.
 */

import type { Certificate } from './certificate.ts';
import { DerError, DerReader, contextPrimitive, readSingle, tags } from './der.ts';
import { oids } from './oids.ts';
import { isSelfIssued } from './path-problem.ts';
import { readOid, readSmallInteger } from './values.ts';

const anyPolicy = '2.5.29.32.0';
const maxPolicies = 100;

const readList = <T>(
  certificate: Certificate,
  oid: string,
  read: (reader: DerReader) => T,
): readonly T[] | undefined => {
  const extension = certificate.extensions.get(oid);
  if (extension === undefined) return undefined;
  const reader = readSingle(extension.value);
  const items: T[] = [];
  if (reader.isDone()) throw new DerError('empty list of policies', 0);
  while (!reader.isDone()) {
    if (items.length >= maxPolicies)
      throw new DerError(`more than ${maxPolicies} policies`, reader.offset);
    items.push(read(reader));
  }
  return items;
};

/** Qualifiers are for people. */
const certificatePolicies = (certificate: Certificate): ReadonlySet<string> => {
  const policies = readList(certificate, oids.certificatePolicies, (reader) => {
    const information = reader.inside();
    const policy = readOid(information);
    if (!information.isDone()) information.read(tags.sequence);
    information.finish();
    return policy;
  });
  return new Set(policies);
};

/** Issuer's policy to subject's policies. */
const policyMappings = (certificate: Certificate): ReadonlyMap<string, ReadonlySet<string>> => {
  const mappings = new Map<string, Set<string>>();
  const pairs = readList(certificate, oids.policyMappings, (reader) => {
    const pair = reader.inside();
    const [from, to] = [readOid(pair), readOid(pair)];
    pair.finish();
    return { from, to };
  });
  for (const { from, to } of pairs ?? [])
    mappings.set(from, (mappings.get(from) ?? new Set()).add(to));
  return mappings;
};

const policyConstraints = (
  certificate: Certificate,
): { requireExplicit?: number | undefined; inhibitMapping?: number | undefined } => {
  const extension = certificate.extensions.get(oids.policyConstraints);
  if (extension === undefined) return {};
  const reader = readSingle(extension.value);
  if (reader.isDone()) throw new DerError('empty policyConstraints', 0);
  const field = (n: number): number | undefined =>
    reader.peek() === contextPrimitive(n)
      ? readSmallInteger(reader, contextPrimitive(n))
      : undefined;
  const requireExplicit = field(0);
  const inhibitMapping = field(1);
  reader.finish();
  return { requireExplicit, inhibitMapping };
};

const inhibitAnyPolicy = (certificate: Certificate): number => {
  const extension = certificate.extensions.get(oids.inhibitAnyPolicy);
  if (extension === undefined) return Infinity;
  const reader = new DerReader(extension.value);
  const skip = readSmallInteger(reader);
  reader.finish();
  return skip;
};

/** A level of the tree: each valid policy with the policies that the next certificate may carry for it. */
type Level = ReadonlyMap<string, ReadonlySet<string>>;

/** RFC 5280 6.1.3 (d), (e). */
const nextLevel = (level: Level, policies: ReadonlySet<string>, anyAllowed: boolean): Level => {
  const next = new Map<string, ReadonlySet<string>>();
  const expected = new Set([...level.values()].flatMap((values) => [...values]));
  for (const policy of policies)
    if (policy !== anyPolicy && (expected.has(policy) || level.has(anyPolicy)))
      next.set(policy, new Set([policy]));
  if (policies.has(anyPolicy) && anyAllowed)
    for (const policy of expected) next.set(policy, new Set([policy]));
  return next;
};

/** RFC 5280 6.1.4 (b). What anyPolicy is there for needs no node of its own: it stays, and allows every policy. */
const mapped = (
  level: Level,
  mappings: ReadonlyMap<string, ReadonlySet<string>>,
  mappingAllowed: boolean,
): Level => {
  const next = new Map(level);
  for (const [from, to] of mappings) {
    if (!mappingAllowed) next.delete(from);
    else if (level.has(from)) next.set(from, to);
  }
  return next;
};

/** Where a path stands. The counters say how many certificates may follow before a demand holds. */
interface State {
  readonly level: Level;
  readonly explicit: number;
  readonly mapping: number;
  readonly any: number;
}

const start: State = {
  level: new Map([[anyPolicy, new Set([anyPolicy])]]),
  explicit: Infinity,
  mapping: Infinity,
  any: Infinity,
};

const unmet = 'an explicit policy is required, and none is valid';

/** RFC 5280 6.1.3 (d) to (f), and 6.1.5 for the leaf: the state, or why it cannot be. */
const enter = (state: State, certificate: Certificate, isLeaf: boolean): State | string => {
  const anyAllowed = state.any > 0 || (isSelfIssued(certificate) && !isLeaf);
  const level = nextLevel(state.level, certificatePolicies(certificate), anyAllowed);
  const demanded = isLeaf && policyConstraints(certificate).requireExplicit === 0;
  const explicit = demanded ? 0 : state.explicit - (isLeaf ? 1 : 0);
  return explicit <= 0 && level.size === 0 ? unmet : { ...state, level };
};

/** RFC 5280 6.1.4 (a), (b), (h) to (j): what a certificate passes on to the one below. */
const leave = (state: State, certificate: Certificate): State | string => {
  const mappings = policyMappings(certificate);
  if (mappings.has(anyPolicy) || [...mappings.values()].some((to) => to.has(anyPolicy)))
    return 'anyPolicy is mapped';
  const { requireExplicit = Infinity, inhibitMapping = Infinity } = policyConstraints(certificate);
  const step = isSelfIssued(certificate) ? 0 : 1;
  const next = (counter: number, own: number): number => Math.min(counter - step, own);
  return {
    level: mapped(state.level, mappings, state.mapping > 0),
    explicit: next(state.explicit, requireExplicit),
    mapping: next(state.mapping, inhibitMapping),
    any: next(state.any, inhibitAnyPolicy(certificate)),
  };
};

export interface PolicyRefusal {
  readonly certificate: Certificate;
  readonly refusal: string;
  /** Its extensions cannot be read. */
  readonly malformed: boolean;
}

/**
 * At which certificate the policies of a path fail, and why; undefined where they hold. `path`: from the
 * leaf to the trust anchor, whose own policies do not count.
 */
export const policyRefusal = (path: readonly Certificate[]): PolicyRefusal | undefined => {
  let state = start;
  for (let index = path.length - 2; index >= 0; index--) {
    const certificate = path[index];
    if (certificate === undefined) return undefined;
    try {
      const entered = enter(state, certificate, index === 0);
      const passed = typeof entered === 'string' ? entered : leave(entered, certificate);
      if (typeof passed === 'string') return { certificate, refusal: passed, malformed: false };
      state = passed;
    } catch (error) {
      if (!(error instanceof DerError)) throw error;
      return { certificate, refusal: error.message, malformed: true };
    }
  }
  return undefined;
};
