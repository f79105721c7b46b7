/** What a gap says, without what varies from run to run although nothing has changed. */

import type { Gap } from '../report/report.ts';

const volatile: readonly RegExp[] = [
  // Times and days.
  /\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z| UTC)?)?/g,
  // Addresses, which a name has several of.
  /\b(?:\d{1,3}\.){3}\d{1,3}\b/g,
  /\b(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}/gi,
  // Amounts with their unit.
  /\b\d+(?:[.,]\d+)*\s*(?:ms|milliseconds?|s|seconds?|min|minutes?|h|hours?|d|days?|bytes?|[kM]i?B)\b/g,
  // Long numbers: serials, incident numbers of block pages.
  /\b(?:\d{4,}|[0-9a-f]{12,})\b/gi,
];

/** Equal for two reports of one gap that a reader would not tell apart; severity and owner are compared by themselves. */
export const gistOf = ({ summary, target }: Pick<Gap, 'summary' | 'target'>): string =>
  volatile.reduce(
    (text, pattern) => text.replaceAll(pattern, '~'),
    // The target stays the same whatever stands in it.
    summary.replaceAll(target, '@'),
  );
