/** From findings to root causes: each fault once, with every check that it fails or blocks. */

import { gaps as words } from '../../checks/gaps.ts';
import {
  type Finding,
  type GapCategory,
  type GapCode,
  type GapId,
  type Severity,
  gapCodesByCategory,
  gapId,
} from '../../checks/types.ts';
import type { Judged } from '../run/judge.ts';

/** A task with its findings after the causes behind them are known. */
export interface Explained {
  readonly item: Judged;
  /** What this check itself shows. */
  readonly findings: readonly Finding[];
  /** Gaps that others show and that kept this check from concluding. */
  readonly blockedBy: readonly GapId[];
}

const categories = new Map<GapCode, GapCategory>(
  Object.entries(gapCodesByCategory).flatMap(([category, codes]) =>
    codes.map((code): [GapCode, GapCategory] => [code, category as GapCategory]),
  ),
);

export const categoryOf = (code: GapCode): GapCategory => {
  const category = categories.get(code);
  if (category === undefined) throw new Error(`gap code ${code} is in no category`);
  return category;
};

/** As the check says, or else as the code's words do. */
export const severityOf = (finding: Finding): Severity =>
  finding.severity ?? words[finding.code].severity;

const isPath = ({ code }: Finding): boolean =>
  ['dns', 'firewall', 'proxy'].includes(categoryOf(code));
const isResolverFault = ({ code }: Finding): boolean =>
  code === 'dns-failure' || code === 'dns-timeout';

const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];

/** Some name was answered: a task got past the resolver, or was told that a name does not exist. */
const resolverAnswered = ({ judgement, stages }: Judged): boolean =>
  judgement.findings.some(({ code }) => code === 'dns-not-found' || code === 'dns-sinkhole') ||
  (stages.some(({ name }) => name === 'dns') &&
    stages.some(({ name }) => name === 'connect') &&
    !judgement.findings.some(isResolverFault));

/**
 * Where every name fails at the resolver, the resolver is the cause, not the names: one finding whose
 * target is `RESOLVER:53`, several joined by a comma, `none` where none is configured.
 */
const resolverCause = (judged: readonly Judged[]): Finding | undefined => {
  const faults = judged.flatMap(({ judgement }) => judgement.findings).filter(isResolverFault);
  const [first] = faults;
  if (first === undefined || judged.some(resolverAnswered)) return undefined;
  const resolvers = [...new Set(faults.flatMap(({ evidence }) => texts(evidence['resolvers'])))];
  const names = [...new Set(faults.map(({ target }) => target))];
  return {
    ...first,
    // Silence only where nobody answered anything.
    code: faults.some(({ code }) => code === 'dns-failure') ? 'dns-failure' : 'dns-timeout',
    target: resolvers.length === 0 ? 'none' : resolvers.join(','),
    evidence: { ...first.evidence, names },
  };
};

const dedupe = (findings: readonly Finding[]): readonly Finding[] => [
  ...new Map(findings.map((finding) => [gapId(finding), finding])).values(),
];

/**
 * A check whose only findings are faults of a path that an endpoint check shows as well could not even
 * ask its question: it is blocked, and the fault stands with the endpoint.
 */
export const explain = (judged: readonly Judged[]): readonly Explained[] => {
  const cause = resolverCause(judged);
  const merged = (finding: Finding): Finding =>
    cause && isResolverFault(finding) ? cause : finding;
  const renamed = new Map<GapId, GapId>(
    judged
      .flatMap(({ judgement }) => judgement.findings)
      .map((finding) => [gapId(finding), gapId(merged(finding))]),
  );
  const own = judged.map((item) => ({
    item,
    findings: dedupe(item.judgement.findings.map(merged)),
  }));
  const shownByEndpoints = new Map<GapId, Severity>();
  for (const { item, findings } of own)
    if (item.task.kind === 'endpoint')
      for (const finding of findings) shownByEndpoints.set(gapId(finding), severityOf(finding));
  const known = new Set(own.flatMap(({ findings }) => findings.map(gapId)));

  return own.map(({ item, findings }) => {
    const others = (item.judgement.blockedBy ?? [])
      .map((id) => renamed.get(id) ?? id)
      .filter((id) => known.has(id));
    // What the endpoint shows as a lesser fault does not explain why this check failed.
    const blocked = (finding: Finding): boolean => {
      const shown = shownByEndpoints.get(gapId(finding));
      return isPath(finding) && (shown === 'critical' || shown === severityOf(finding));
    };
    if (item.task.kind === 'endpoint' || findings.length === 0 || !findings.every(blocked))
      return { item, findings, blockedBy: [...new Set(others)] };
    return { item, findings: [], blockedBy: [...new Set([...findings.map(gapId), ...others])] };
  });
};
