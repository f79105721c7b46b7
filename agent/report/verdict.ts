/** Verdicts and exit codes, as pure functions of what was found. */

import type { CheckStatus, Severity } from '../../checks/types.ts';
import type { Verdict } from './report.ts';

/**
 * Any critical gap: not-ready; else any unknown check: unknown; else any warning: warning; else ready.
 * Where nothing was judged, nothing is known.
 */
export const verdictOf = (
  checks: readonly { readonly status: CheckStatus }[],
  gaps: readonly { readonly severity: Severity }[],
): Verdict => {
  if (gaps.some(({ severity }) => severity === 'critical')) return 'not-ready';
  if (checks.some(({ status }) => status === 'unknown')) return 'unknown';
  if (gaps.length > 0) return 'warning';
  // Blocked without a gap cannot happen by construction; if it does, it is not readiness.
  if (checks.some(({ status }) => status === 'blocked')) return 'unknown';
  return checks.some(({ status }) => status === 'ok') ? 'ready' : 'unknown';
};
