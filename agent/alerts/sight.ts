/**
 * Could the checks see? A gap closes only when every check that showed it has looked again and got as far as
 * it did then: one that is unknown, blocked, or stopped by an earlier fault has seen nothing.
 */

import type { GapCategory, GapCode } from '../../checks/types.ts';
import type { CheckResult, Gap, Report } from '../report/report.ts';
import type { GapRecord, Witness } from './state.ts';

/** A report by the keys that reconcile() asks for. */
export interface ReportView {
  readonly checks: ReadonlyMap<string, CheckResult>;
  readonly gaps: ReadonlyMap<string, Gap>;
  /** The gaps that a check shows itself, by its id. */
  readonly shownBy: ReadonlyMap<string, readonly Gap[]>;
  readonly profiles: ReadonlySet<string>;
}

export const viewOf = ({ checks, gaps, profiles }: Report): ReportView => {
  const byId = new Map(checks.map((check) => [check.id, check]));
  const shownBy = new Map<string, Gap[]>();
  for (const gap of gaps)
    for (const id of gap.checks)
      if (byId.get(id)?.status !== 'blocked') shownBy.set(id, [...(shownBy.get(id) ?? []), gap]);
  return {
    checks: byId,
    gaps: new Map(gaps.map((gap) => [gap.id, gap])),
    shownBy,
    profiles: new Set(profiles.map(({ id }) => id)),
  };
};

const profilesOf = ({ profile, profiles }: CheckResult): readonly string[] => profiles ?? [profile];

/** How far a check gets before a gap of a category stops it: name, connection, answer, content, what it means. */
const depths: Readonly<Record<GapCategory, number>> = {
  dns: 0,
  proxy: 1,
  firewall: 2,
  'mail-server': 2,
  endpoint: 3,
  revocation: 4,
  certificate: 4,
  'root-store': 4,
  clock: 4,
};
const depthByCode: Partial<Readonly<Record<GapCode, number>>> = {
  'connect-timeout': 1,
  'connect-refused': 1,
  'connect-unreachable': 1,
  'ipv6-unreachable': 1,
  'no-forward-secrecy': 4,
  'tls-not-verified': 4,
  'own-certificate': 4,
};
const depthOf = ({ code, category }: Gap): number => depthByCode[code] ?? depths[category];

/** Some addresses of a host are dead and others answer: the check went on. */
const isPartial = (gap: Gap): boolean => depthOf(gap) === 1 && gap.severity === 'warning';

/** Whether a check that a gap is not shown by any more looked for it. */
const sees = (gap: Gap, check: CheckResult, view: ReportView): boolean => {
  switch (check.status) {
    case 'ok':
      return true;
    case 'warning':
    case 'critical':
      return (view.shownBy.get(check.id) ?? []).every(
        (other) => isPartial(other) || depthOf(other) >= depthOf(gap),
      );
    case 'unknown':
    case 'blocked':
    case 'skipped':
      return false;
  }
};

/** For so long a check has to be missing from every run before nobody waits for it any more. */
export const missingMs = 7 * 24 * 60 * 60_000;

/** Whether the question still arises: a skipped check asks as little as one that is not there. */
const isAsked = (check: CheckResult | undefined): check is CheckResult =>
  check !== undefined && check.status !== 'skipped';

/**
 * The checks that a gap waits for, after this report: those that show it now, and those that have shown it
 * and not looked since. One whose profiles have all left the configuration is let go at once, one that is
 * missing for another reason (its mail host, its store is gone) after a week.
 */
export const witnessesOf = (
  { gap, witnesses }: Pick<GapRecord, 'gap' | 'witnesses'>,
  view: ReportView,
  now: Date,
): readonly Witness[] => {
  const showing = (view.gaps.get(gap.id)?.checks ?? []).flatMap((id): readonly Witness[] => {
    const check = view.checks.get(id);
    return check && check.status !== 'blocked' ? [{ check: id, profiles: profilesOf(check) }] : [];
  });
  const shown = new Set(showing.map(({ check }) => check));
  const waiting = witnesses.flatMap((witness): readonly Witness[] => {
    const check = view.checks.get(witness.check);
    if (shown.has(witness.check)) return [];
    if (isAsked(check))
      return showing.length > 0 && sees(gap, check, view)
        ? []
        : [{ check: witness.check, profiles: profilesOf(check) }];
    if (!witness.profiles.some((profile) => view.profiles.has(profile))) return [];
    const since = witness.missingSince ?? now.toISOString();
    const isLong = now.getTime() - Date.parse(since) >= missingMs;
    return isLong ? [] : [{ ...witness, missingSince: since }];
  });
  return [...showing, ...waiting];
};

/** `there`; `gone`, as every witness saw; `hidden`, as one of them could not look; `not-asked`: there is none left. */
export type Sight = 'there' | 'gone' | 'hidden' | 'not-asked';

export const sightOf = (gap: Gap, witnesses: readonly Witness[], view: ReportView): Sight => {
  if (view.gaps.has(gap.id)) return 'there';
  if (witnesses.length === 0) return 'not-asked';
  const isSeen = ({ check: id }: Witness): boolean => {
    const check = view.checks.get(id);
    return isAsked(check) && sees(gap, check, view);
  };
  return witnesses.every(isSeen) ? 'gone' : 'hidden';
};

/** The gaps that the witnesses of a gap show instead of it. */
export const successorsOf = (witnesses: readonly Witness[], view: ReportView): readonly Gap[] =>
  witnesses.flatMap(({ check }) => view.shownBy.get(check) ?? []);
