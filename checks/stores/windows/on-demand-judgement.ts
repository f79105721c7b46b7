/** What the automatic root update makes of a root that is absent: not yet there is not the same as missing. */

import { parseCertificate } from '../../pki/certificate.ts';
import { type Evidence, type GapId, gapId } from '../../types.ts';
import type { IndexedStore, RootJudgement } from '../root-in-store.ts';
import type { OnDemand } from './on-demand.ts';

/** Whether a store has a root where it counts: one among the intermediates alone is fetched all the same. */
export const isThere = (store: IndexedStore, sha256: string): boolean =>
  store.byFingerprint.get(sha256)?.some(({ missingFrom }) => missingFrom === undefined) ?? false;

export type OnDemandJudgement = RootJudgement & { readonly blockedBy?: readonly GapId[] };

const faulty = (
  judged: RootJudgement,
  code: RootJudgement['faults'][number]['code'],
  evidence: Evidence,
  summary: string,
): RootJudgement => ({
  ...judged,
  evidence: { ...judged.evidence, ...evidence },
  faults: [{ code, evidence: { ...judged.evidence, ...evidence } }],
  summary,
});

const onUse = (judged: RootJudgement, der: Uint8Array, at: Date): RootJudgement => {
  const { notAfter } = parseCertificate(der);
  const evidence = { reason: 'on-demand', notAfter: notAfter.toISOString() };
  if (at > notAfter) return faulty(judged, 'root-expired', evidence, 'not there, and expired');
  return {
    ...judged,
    faults: [],
    trusted: true,
    purposes: ['serverAuth'],
    evidence: { ...judged.evidence, ...evidence },
    summary: 'not there yet: Windows fetches it on first use',
  };
};

/** What another authority of the same name has no part in: its certificate does not lead to the root's. */
const besideNamesake = ({ faults, evidence }: RootJudgement): boolean =>
  faults.some(({ code }) => code === 'root-lookalike') && evidence['likeness'] === 'other-key';

/**
 * Only a root that is nowhere in the store is fetched; all other judgements stay as they are, that of a namesake
 * unless the root will come.
 */
export const judgeOnDemand = (
  judged: RootJudgement,
  onDemand: OnDemand | undefined,
  { der, at }: { readonly der: Uint8Array | undefined; readonly at: Date },
): OnDemandJudgement => {
  if (onDemand === undefined) return judged;
  const isMissing = judged.faults.some(({ code }) => code === 'root-missing');
  const willCome = onDemand.outcome === 'fetched-on-use';
  if (!isMissing && !(willCome && besideNamesake(judged))) return judged;
  switch (onDemand.outcome) {
    case 'fetched-on-use':
      return der === undefined ? judged : onUse(judged, der, at);
    case 'disabled': {
      const evidence = { cause: 'root-update-disabled', disabledBy: onDemand.by };
      const summary = `${judged.summary}, and the automatic root update is switched off`;
      return faulty(judged, 'root-missing', evidence, summary);
    }
    case 'not-listed':
      return faulty(
        judged,
        'root-missing',
        { onDemand: 'not-listed' },
        `${judged.summary}, nor on the list of roots that Windows fetches`,
      );
    case 'not-for-servers':
      return faulty(
        judged,
        'root-not-for-server-auth',
        { onDemand: 'not-for-servers' },
        'not there, and the list of roots does not trust it for servers',
      );
    case 'distrusted':
      return faulty(
        judged,
        'root-distrusted',
        { origin: "Microsoft's lists" },
        "not there, and Microsoft's lists distrust it",
      );
    case 'unreachable':
      return {
        ...judged,
        faults: [],
        blockedBy: onDemand.findings.map(gapId),
        summary: `${judged.summary}, and Windows cannot fetch it`,
      };
    case 'unknown':
      return {
        ...judged,
        faults: [],
        summary: `${judged.summary}; whether Windows would fetch it is not known`,
        unknown: onDemand.reason,
      };
  }
};
