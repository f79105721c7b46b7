/** The report of a run, exactly as the published JSON Schema (`schemas/report.json`) describes it. */

import type {
  CheckKind,
  CheckStatus,
  Evidence,
  GapCategory,
  GapCode,
  GapId,
  GapOwner,
  Platform,
  Severity,
  Stage,
} from '../../checks/types.ts';

export const verdicts = ['ready', 'warning', 'not-ready', 'unknown'] as const;
export type Verdict = (typeof verdicts)[number];

export interface Report {
  readonly schemaVersion: 1;
  readonly verdict: Verdict;
  /** The time that validity was judged at, ISO 8601. */
  readonly evaluatedAt: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly host: { readonly name: string; readonly platform: Platform; readonly release: string };
  readonly agent: { readonly name: 'certready'; readonly version: string };
  readonly profiles: readonly ReportedProfile[];
  readonly checks: readonly CheckResult[];
  readonly gaps: readonly Gap[];
}

export interface ReportedProfile {
  readonly id: string;
  readonly title: string;
  readonly effective?: string;
  readonly verdict: Verdict;
  readonly supersededBy?: string;
  /** It names a successor and one of its own authorities had expired at the evaluation time. */
  readonly retired: boolean;
  readonly notes?: readonly string[];
}

export interface CheckResult {
  /** KIND:TARGET, stable from run to run. */
  readonly id: string;
  /** The first of the profiles that need this check. */
  readonly profile: string;
  /** All of them, where there are several. */
  readonly profiles?: readonly string[];
  readonly kind: CheckKind;
  readonly target: string;
  readonly status: CheckStatus;
  /** One line: what was observed. */
  readonly summary: string;
  readonly durationMs: number;
  readonly stages: readonly Stage[];
  readonly evidence: Evidence;
  /** Gap ids; only when blocked. */
  readonly blockedBy?: readonly GapId[];
}

/** A root cause, with every check that it fails or blocks. */
export interface Gap {
  readonly id: GapId;
  readonly code: GapCode;
  readonly category: GapCategory;
  readonly owner: GapOwner;
  readonly severity: Severity;
  readonly target: string;
  readonly checks: readonly string[];
  readonly summary: string;
  readonly remedy: string;
  readonly commands: readonly string[];
  readonly evidence: Evidence;
}
