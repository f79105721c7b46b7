/** The exit status that a verdict ends with; monitoring systems read it as OK, WARNING, CRITICAL, UNKNOWN. */

import type { Verdict } from './report.ts';

export const exitCodes: Readonly<Record<Verdict, number>> = {
  ready: 0,
  warning: 1,
  'not-ready': 2,
  unknown: 3,
};

/** A usage or configuration error, or anything else that kept certready from judging. */
export const failureExitCode = 3;
