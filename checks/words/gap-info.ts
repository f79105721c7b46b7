/** What certready says of a gap code: the shape that every file of words fills. */

import type {
  Evidence,
  Finding,
  GapCategory,
  GapCode,
  GapOwner,
  Platform,
  Severity,
  gapCodesByCategory,
} from '../types.ts';

export interface GapInfo {
  /** A noun phrase, as a heading. */
  readonly title: string;
  readonly owner: GapOwner;
  readonly severity: Severity;
  /** When it is the other severity, as the end of "critical; …". */
  readonly severityNote?: string;
  /** What is wrong, in general; says nothing of one occurrence. */
  readonly meaning: string;
  /** What happens to the mail if it stays. */
  readonly consequence: string;
  /** One line about this occurrence: what was observed, where. */
  summary(finding: Finding): string;
  /** What its owner should do. */
  remedy(finding: Finding): string;
  /** Commands to paste on this platform, one line each: they show the fault or close it. */
  commands(finding: Finding, platform: Platform): readonly string[];
  /** An occurrence as a check reports it; documentation and `certready explain` speak of it. */
  readonly example: Example;
  /** Codes that are easily taken for this one, or that come with it. */
  readonly seeAlso: readonly GapCode[];
  /** RFC sections and vendor documents by name. */
  readonly sources: readonly string[];
}

export interface Example {
  readonly target: string;
  readonly severity?: Severity;
  readonly owner?: GapOwner;
  readonly evidence: Evidence;
}

export type GapCodeOf<Category extends GapCategory> = (typeof gapCodesByCategory)[Category][number];

/** The words of a whole category: a code without words does not compile. */
export type GapWords<Category extends GapCategory> = Readonly<Record<GapCodeOf<Category>, GapInfo>>;
