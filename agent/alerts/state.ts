/** What alerting remembers between runs. Times are ISO 8601. */

import type { GapId, GapOwner, Severity } from '../../checks/types.ts';
import type { Gap } from '../report/report.ts';
import type { Problem } from './event.ts';

/** A check that showed a gap and has not seen otherwise since. */
export interface Witness {
  readonly check: string;
  /** The profiles that need the check. */
  readonly profiles: readonly string[];
  /** Since when no run has asked it. */
  readonly missingSince?: string;
}

/** What has been told of an open gap. */
export interface ToldGap {
  /** When anything was told last. */
  readonly at: string;
  readonly severity: Severity;
  readonly owner: GapOwner;
  /** The summary without what varies from run to run. */
  readonly gist: string;
  /** In how many looks in a row something else was seen, and what. */
  readonly other?: { readonly mark: string; readonly looks: number };
}

/** A gap that is open, suspected, or was so lately. */
export interface GapRecord {
  readonly gap: Gap;
  readonly witnesses: readonly Witness[];
  /** The latest looks that could see, the newest last: `1` it was there, `0` it was not. */
  readonly looks: string;
  /** When this occurrence was first seen. */
  readonly since: string;
  /** When it was last there. */
  readonly seen: string;
  /** Present while it is open. */
  readonly told?: ToldGap;
}

export interface ProblemRecord extends Problem {
  readonly since: string;
  readonly toldAt: string;
}

export interface AlertState {
  readonly gaps: Readonly<Record<GapId, GapRecord>>;
  readonly problems: Readonly<Record<string, ProblemRecord>>;
  /** In how many runs in a row a check could not conclude, by its id. */
  readonly unknown: Readonly<Record<string, number>>;
}

export const emptyAlertState: AlertState = { gaps: {}, problems: {}, unknown: {} };
