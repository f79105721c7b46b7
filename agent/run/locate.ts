/** Where a fault of the path happened: what its check did not say itself, its stages say. */

import { isIP } from 'node:net';
import { urlHostPort } from '../../checks/endpoint.ts';
import type { Evidence, Finding, Judgement, Stage } from '../../checks/types.ts';
import { categoryOf } from '../report/causes.ts';

const portOf = (target: string): number | undefined => {
  if (target.includes('://')) return URL.canParse(target) ? urlHostPort(target).port : undefined;
  const port = /:(\d+)$/.exec(target)?.[1];
  return port === undefined ? undefined : Number(port);
};

/** `stage` and `ms` of the stage that the check ended in, `address` (or `proxy`) and `port`. */
const placeOf = (stages: readonly Stage[], target: string): Evidence => {
  const last = stages.at(-1);
  const port = portOf(target);
  const proxy = stages.find(({ name }) => name === 'proxy')?.detail;
  const address = stages.find(({ name }) => name === 'connect')?.detail;
  return {
    ...(last && { stage: last.name, ms: last.ms }),
    ...(proxy !== undefined && /:\d+$/.test(proxy) && { proxy }),
    ...(address !== undefined && isIP(address) !== 0 && { address }),
    ...(port !== undefined && { port }),
  };
};

const isOfThePath = ({ code }: Finding): boolean =>
  ['dns', 'firewall', 'proxy', 'endpoint'].includes(categoryOf(code));

/** The judgement with its findings of the path located; what they say themselves stands. */
export const located = (judgement: Judgement, stages: readonly Stage[]): Judgement =>
  judgement.findings.some(isOfThePath)
    ? {
        ...judgement,
        findings: judgement.findings.map((finding) =>
          isOfThePath(finding)
            ? { ...finding, evidence: { ...placeOf(stages, finding.target), ...finding.evidence } }
            : finding,
        ),
      }
    : judgement;
