/** Does this host fetch the roots that it lacks? Windows gets most of them on first use, from Microsoft's signed list. */

import type { RootUpdateObservation } from './stores/windows/on-demand.ts';
import { readOnce } from './trust-store.ts';
import type {
  DiscoveringCheck,
  Evidence,
  Finding,
  Judgement,
  Profile,
  RootUpdates,
  Run,
  Task,
  TrustStore,
} from './types.ts';

/** Windows looks for a new list every week; four misses are no accident. */
const staleAfterMs = 30 * 24 * 60 * 60_000;

interface Question {
  readonly profile: Profile;
  readonly root: { readonly id: string; readonly name: string; readonly sha256: string };
  readonly der: Uint8Array | undefined;
  readonly store: TrustStore;
  readonly updates: RootUpdates;
}

const targetOf = ({ root, updates }: Question): string => `${root.id}@${updates.name}`;

const staleFinding = (
  question: Question,
  { state }: RootUpdateObservation,
  evidence: Evidence,
  at: Date,
): Finding[] => {
  if (state.unreadable !== undefined || state.disabledBy !== undefined) return [];
  const { lastSync } = state;
  const isStale = lastSync !== undefined && at.getTime() - lastSync.getTime() > staleAfterMs;
  return isStale ? [{ code: 'root-update-stale', target: targetOf(question), evidence }] : [];
};

const summaries = {
  disabled: 'the automatic root update is switched off, and the root is not there',
  unreachable: 'the list of roots cannot be fetched',
  'not-listed': 'works; the root is not on the list',
  'not-for-servers': 'works; the list does not trust the root for servers',
  distrusted: 'works; the list distrusts the root',
  'fetched-on-use': 'the root will be fetched on first use',
} as const;

const judgeUpdate = (
  question: Question,
  observation: RootUpdateObservation,
  at: Date,
): Judgement => {
  const { onDemand } = observation;
  const evidence: Evidence = {
    store: question.store.kind,
    path: question.updates.name,
    root: question.root.name,
    sha256: question.root.sha256,
    profile: question.profile.id,
    ...observation.evidence,
  };
  const stale = staleFinding(question, observation, evidence, at);
  const judged = (summary: string, findings: readonly Finding[]): Judgement => ({
    summary,
    findings: [...findings, ...stale],
    evidence,
  });
  if (onDemand === undefined) return judged('not needed: the root is there', []);
  switch (onDemand.outcome) {
    case 'unknown':
      return { ...judged(onDemand.reason, []), unknown: onDemand.reason };
    case 'disabled':
      return judged(summaries.disabled, [
        { code: 'root-update-disabled', target: targetOf(question), evidence },
      ]);
    case 'unreachable':
      return judged(summaries.unreachable, onDemand.findings);
    case 'not-listed':
    case 'not-for-servers':
    case 'distrusted':
    case 'fetched-on-use':
      return judged(summaries[onDemand.outcome], []);
  }
};

const unread = (question: Question, reason: string): Judgement => ({
  summary: reason,
  findings: [],
  evidence: { store: question.store.kind, path: question.updates.name, root: question.root.name },
  unknown: reason,
});

const taskOf = (question: Question, run: Run): Task => ({
  kind: 'root-update',
  target: targetOf(question),
  question: question.root.sha256,
  async observe(signal) {
    const { store, updates, root, der } = question;
    const read = await readOnce(store, run, signal);
    if (!read.index) {
      const reason =
        'unreadable' in read.contents ? read.contents.unreadable : 'the store is not there';
      return { stages: [], judge: () => unread(question, reason) };
    }
    const asked = {
      updates,
      store: read.index,
      root: { sha256: root.sha256, ...(der && { der }) },
    };
    const { observeRootUpdate } = await import('./stores/windows/on-demand.ts');
    const observation = await observeRootUpdate(asked, run, signal);
    return { stages: observation.stages, judge: (at) => judgeUpdate(question, observation, at) };
  },
});

export const rootUpdateCheck: DiscoveringCheck = {
  kind: 'root-update',
  async discover(profile, run) {
    const stores = await run.host.trustStores();
    return profile.authorities.flatMap(({ root, id, name, sha256, der }) => {
      if (!root || sha256 === undefined) return [];
      return stores.flatMap((store) => {
        const { updates } = store;
        if (updates === undefined) return [];
        return [taskOf({ profile, root: { id, name, sha256 }, der, store, updates }, run)];
      });
    });
  },
};
