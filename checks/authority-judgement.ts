/** From what is wrong with an authority's certificate to findings, whichever check is asked. */

import type { PathProblem } from './pki/path-problem.ts';
import type { Evidence, Finding, GapCode } from './types.ts';

/** One finding per code: the first problem's evidence, with the reasons of all. */
export const problemFindings = (
  target: string,
  problems: readonly PathProblem[],
  more: Evidence = {},
): readonly Finding[] => {
  const byCode = new Map<GapCode, Finding>();
  for (const { code, reason, evidence } of problems) {
    const isTime = code === 'certificate-expired' || code === 'certificate-not-yet-valid';
    const own = isTime ? code : 'issuer-mismatch';
    const known = byCode.get(own)?.evidence ?? { ...more, ...evidence };
    const reasons = [...((known['reasons'] as readonly string[] | undefined) ?? []), reason];
    byCode.set(own, { code: own, target, evidence: { ...known, reasons } });
  }
  return [...byCode.values()];
};
