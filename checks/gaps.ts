/**
 * Every gap's words, once. `Record<GapCode, GapInfo>` makes the compiler insist on them:
 * a code without a title, a consequence, a remedy and commands does not compile.
 */

import type { Finding, GapCode, GapOwner, Platform, Severity } from './types.ts';

export interface GapInfo {
  /** A noun phrase, as a heading. */
  readonly title: string;
  readonly owner: GapOwner;
  readonly severity: Severity;
  /** What happens to the mail if it stays. */
  readonly consequence: string;
  /** One line about this occurrence: what was observed, where. */
  summary(finding: Finding): string;
  /** What its owner should do. */
  remedy(finding: Finding): string;
  /** Commands to paste on this platform: they show the fault or close it. */
  commands(finding: Finding, platform: Platform): readonly string[];
}

export declare const gaps: Readonly<Record<GapCode, GapInfo>>;
