/** Reports in a few words: which gaps there are, and what became of each check. */

import type { Gap, Report } from '../../../agent/report/report.ts';
import { categoryOf } from '../../../agent/report/causes.ts';
import { verdictOf } from '../../../agent/report/verdict.ts';
import type { CheckKind, CheckStatus, GapCode } from '../../../checks/types.ts';

export interface GapSpec extends Partial<Omit<Gap, 'code' | 'checks'>> {
  readonly code: GapCode;
  readonly checks: readonly string[];
}

export interface Look {
  readonly gaps?: readonly GapSpec[];
  /** By check id; the checks of gaps are critical unless said otherwise. */
  readonly checks?: Readonly<Record<string, CheckStatus>>;
  /** Which profiles need a check, where it is not the first of `profiles` alone. */
  readonly needed?: Readonly<Record<string, readonly string[]>>;
  readonly profiles?: readonly string[];
}

export const gapOf = ({ code, target = 'crl.example.org:80', checks, ...more }: GapSpec): Gap => ({
  id: `${code}:${target}`,
  code,
  category: categoryOf(code),
  owner: 'network',
  severity: 'critical',
  target,
  checks,
  summary: `${code} at ${target}`,
  remedy: 'Allow it.',
  commands: [`nc -vz ${target}`],
  evidence: { ms: 5001 },
  ...more,
});

export const host = { name: 'mx1.example.org', platform: 'linux', release: '6.1.0' } as const;

export const reportOf = (
  { gaps = [], checks = {}, needed = {}, profiles = ['p1'] }: Look,
  at: Date,
): Report => {
  const shown = gaps.map(gapOf);
  const [first = ''] = profiles;
  const statuses: Record<string, CheckStatus> = {
    ...Object.fromEntries(shown.flatMap((gap) => gap.checks.map((id) => [id, gap.severity]))),
    ...checks,
  };
  const results = Object.entries(statuses).map(([id, status]) => {
    const [kind = '', ...target] = id.split(':');
    const all = needed[id] ?? [first];
    return {
      id,
      profile: all[0] ?? '',
      ...(all.length > 1 && { profiles: all }),
      kind: kind as CheckKind,
      target: target.join(':'),
      status,
      summary: status,
      durationMs: 1,
      stages: [],
      evidence: {},
    };
  });
  return {
    schemaVersion: 1,
    verdict: verdictOf(results, shown),
    evaluatedAt: at.toISOString(),
    startedAt: at.toISOString(),
    durationMs: 1,
    host,
    agent: { name: 'certready', version: '0.1.0' },
    profiles: profiles.map((id) => ({ id, title: id, verdict: 'ready', retired: false })),
    checks: results,
    gaps: shown,
  };
};

/** A generator of numbers from 0 up to 1 that gives the same ones for the same seed (mulberry32). */
export const randomOf = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};
