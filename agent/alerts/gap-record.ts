/** One gap from look to look: suspected, opened, changed, reminded of, resolved, forgotten. */

import type { Gap } from '../report/report.ts';
import type { GapEvent, GapEventType } from './event.ts';
import { gistOf } from './gist.ts';
import { isConfirmed, isGone, isQuiet, withLook } from './looks.ts';
import { type ReportView, type Sight, sightOf, successorsOf, witnessesOf } from './sight.ts';
import type { GapRecord, ToldGap } from './state.ts';

export interface ReconcileOptions {
  readonly now: Date;
  /** How many looks in a row a gap or a change is seen in before it is told. */
  readonly confirmAfter: number;
  readonly remindEveryMs: number;
}

/** A record after a look, and what is to be told; an absent record is forgotten. */
export interface Step {
  readonly record?: GapRecord;
  readonly event?: GapEvent;
}

/** So often at most a gap that stays as severe as it was tells that something else about it has changed. */
const changeEveryMs = 60 * 60_000;
/** A gap that is neither open nor seen is forgotten after so long, whatever its looks were. */
const forgetAfterMs = 7 * 24 * 60 * 60_000;
/** Runs do not start to the second: a reminder must not wait for the next run because of one. */
const toleranceMs = (remindEveryMs: number): number => Math.min(60_000, remindEveryMs / 50);

/** A time that has not come yet was written by a clock that was wrong. */
const elapsedSince = (time: string, now: Date): number => {
  const elapsed = now.getTime() - Date.parse(time);
  return elapsed < 0 ? Infinity : elapsed;
};

/** The gap as it has been told: a severity that nobody has confirmed yet is not passed on. */
export const toldGap = ({ gap, told }: GapRecord): Gap =>
  told ? { ...gap, severity: told.severity, owner: told.owner } : gap;

export const gapEvent = (
  type: GapEventType,
  record: GapRecord,
  { now, ...more }: { readonly now: Date } & Pick<GapEvent, 'resolution' | 'previous'>,
): GapEvent => {
  const profiles = [...new Set(record.witnesses.flatMap((witness) => witness.profiles))];
  return {
    type,
    at: now.toISOString(),
    profile: profiles[0] ?? '',
    ...(profiles.length > 1 && { profiles }),
    gap: toldGap(record),
    since: record.since,
    ...more,
  };
};

const tell = (gap: Gap, now: Date): ToldGap => ({
  at: now.toISOString(),
  severity: gap.severity,
  owner: gap.owner,
  gist: gistOf(gap),
});

const withoutTold = ({ told: _told, ...record }: GapRecord): GapRecord => record;
const withoutOther = ({ other: _other, ...told }: ToldGap): ToldGap => told;

const opened = (record: GapRecord, now: Date): Step => {
  const open = { ...record, told: tell(record.gap, now) };
  return { record: open, event: gapEvent('gap.opened', open, { now }) };
};

/** What is seen of an open gap against what has been told of it. */
const compared = (
  record: GapRecord,
  told: ToldGap,
  { now, confirmAfter }: ReconcileOptions,
): Step => {
  const seen = tell(record.gap, now);
  const isOther = seen.severity !== told.severity || seen.owner !== told.owner;
  const settled = withoutOther(told);
  if (!isOther && seen.gist === told.gist) return { record: { ...record, told: settled } };
  const mark = [seen.severity, seen.owner, seen.gist].join(' ');
  const looks = told.other?.mark === mark ? told.other.looks + 1 : 1;
  const isDue = isOther || elapsedSince(told.at, now) >= changeEveryMs;
  if (looks < confirmAfter || !isDue)
    return { record: { ...record, told: { ...settled, other: { mark, looks } } } };
  const changed = { ...record, told: seen };
  const previous = { severity: told.severity, owner: told.owner };
  return {
    record: changed,
    event: gapEvent('gap.changed', changed, { now, ...(isOther && { previous }) }),
  };
};

const reminded = (step: Step, { now, remindEveryMs }: ReconcileOptions): Step => {
  const { record, event } = step;
  if (!record?.told || event) return step;
  const isDue = elapsedSince(record.told.at, now) + toleranceMs(remindEveryMs) >= remindEveryMs;
  if (!isDue) return step;
  const told = { ...record.told, at: now.toISOString() };
  const next = { ...record, told };
  return { record: next, event: gapEvent('gap.reminder', next, { now }) };
};

/** A look that could see: the record with it, before anything is told. */
const looked = (
  known: GapRecord,
  { gap, sight }: { readonly gap: Gap | undefined; readonly sight: Sight },
  { now, confirmAfter }: ReconcileOptions,
): GapRecord => {
  if (sight === 'gone') return { ...known, looks: withLook(known.looks, '0', confirmAfter) };
  if (sight !== 'there' || gap === undefined) return known;
  const isNew = !known.told && !known.looks.endsWith('1');
  return {
    ...known,
    gap,
    looks: withLook(known.looks, '1', confirmAfter),
    since: isNew ? now.toISOString() : known.since,
    seen: now.toISOString(),
  };
};

const isForgotten = ({ looks, seen }: GapRecord, sight: Sight, now: Date): boolean =>
  sight === 'not-asked' ||
  isQuiet(looks) ||
  (sight !== 'there' && elapsedSince(seen, now) >= forgetAfterMs);

/** A gap that no look has shown yet. */
export const newRecord = (gap: Gap, now: Date): GapRecord => ({
  gap,
  witnesses: [],
  looks: '',
  since: now.toISOString(),
  seen: now.toISOString(),
});

/** A gap and a report of which it may or may not be part. What closes is left to closeGap(). */
export const lookAtGap = (
  known: GapRecord,
  view: ReportView,
  options: ReconcileOptions,
): Step & { readonly sight: Sight } => {
  const { now, confirmAfter } = options;
  const witnesses = witnessesOf(known, view, now);
  const sight = sightOf(known.gap, witnesses, view);
  const gap = view.gaps.get(known.gap.id);
  // Without a witness left, those it had still say which profiles it belonged to.
  const kept = witnesses.length === 0 ? known.witnesses : witnesses;
  const record = looked({ ...known, witnesses: kept }, { gap, sight }, options);
  if (record.told) {
    const step = sight === 'there' ? compared(record, record.told, options) : { record };
    return { ...step, sight };
  }
  if (sight === 'there' && isConfirmed(record.looks, confirmAfter))
    return { ...opened(record, now), sight };
  return isForgotten(record, sight, now) ? { sight } : { record, sight };
};

/**
 * Closes an open gap that every witness saw gone, or that nothing asks about any more; else reminds of it.
 * Where a witness shows another fault instead, that one has to be open first: there is no moment at which
 * all seems well.
 */
export const closeGap = (
  record: GapRecord,
  { sight, view, isOpen }: { sight: Sight; view: ReportView; isOpen: (id: string) => boolean },
  options: ReconcileOptions,
): Step => {
  const { now, confirmAfter } = options;
  const isClosed =
    sight === 'gone' &&
    isGone(record.looks, confirmAfter) &&
    successorsOf(record.witnesses, view).every(({ id }) => isOpen(id));
  if (!isClosed && sight !== 'not-asked') return reminded({ record }, options);
  const resolution = sight === 'not-asked' ? 'not-asked' : 'seen';
  const event = gapEvent('gap.resolved', record, { now, resolution });
  const closed = withoutTold(record);
  return isForgotten(closed, sight, now) ? { event } : { record: closed, event };
};

export const remindOfGap = (record: GapRecord, options: ReconcileOptions): Step =>
  reminded({ record }, options);
