/** Are the profile's roots in this host's trust stores, and trusted there for the servers that it talks to? */

import { isForHosts } from './mail-destinations.ts';
import {
  type IndexedStore,
  type RootJudgement,
  indexStore,
  judgeRoot,
} from './stores/root-in-store.ts';
import type { OnDemand } from './stores/windows/on-demand.ts';
import {
  type OnDemandJudgement,
  isThere,
  judgeOnDemand,
} from './stores/windows/on-demand-judgement.ts';
import type {
  Authority,
  DiscoveringCheck,
  Judgement,
  Profile,
  Run,
  Severity,
  StoreContents,
  Task,
  TrustStore,
} from './types.ts';

export type ReadStore =
  | { readonly index: IndexedStore }
  | { readonly index?: undefined; readonly contents: StoreContents };

/** Each store is read once per run, whatever number of roots is looked for in it. */
export const readOnce = (store: TrustStore, run: Run, signal: AbortSignal): Promise<ReadStore> =>
  run.once(`trust-store:${store.name}`, async () => {
    const contents = await store.read(signal);
    return contents.entries === undefined ? { contents } : { index: indexStore(contents) };
  });

/** A store that was read, and what becomes of a root that it lacks where it fetches roots by itself. */
export interface SeenStore {
  readonly store: TrustStore;
  readonly index: IndexedStore;
  readonly onDemand?: OnDemand;
}

type WantedRoot = Pick<Authority, 'der'> & { readonly sha256: string };

/** Asks a store that fetches roots by itself about one that it lacks. */
export const withOnDemand = async (
  { seen, root }: { readonly seen: SeenStore; readonly root: WantedRoot },
  run: Run,
  signal: AbortSignal,
): Promise<SeenStore> => {
  const { store, index } = seen;
  const { updates } = store;
  if (updates === undefined || isThere(index, root.sha256)) return seen;
  const { observeRootUpdate } = await import('./stores/windows/on-demand.ts');
  const { onDemand } = await observeRootUpdate({ updates, store: index, root }, run, signal);
  return onDemand ? { ...seen, onDemand } : seen;
};

export const judgeSeen = (
  { index, onDemand }: SeenStore,
  root: WantedRoot,
  at: Date,
): OnDemandJudgement => judgeOnDemand(judgeRoot(index, root, at), onDemand, { der: root.der, at });

interface Question {
  readonly profile: Profile;
  readonly root: Authority & { readonly sha256: string };
  readonly store: TrustStore;
  /** The mail hosts that the run is about, beside the profile's. */
  readonly hosts: readonly string[];
}

/**
 * A root missing from a store that nothing verifies mail with stops no mail, nor does one from a store for
 * other destinations, as far as names tell. Not knowing counts as verifying.
 */
const severityOf = ({ profile, store, hosts }: Question): Severity => {
  const isUsed = isForHosts(store.destinations, [...(profile.peer?.names ?? []), ...hosts]);
  return store.mail === 'unused' || !isUsed ? 'warning' : 'critical';
};

const targetOf = ({ root, store }: Question): string => `${root.id}@${store.name}`;

const evidenceOf = (
  { profile, root, store }: Question,
  { trusted, purposes, evidence }: Pick<RootJudgement, 'trusted' | 'purposes' | 'evidence'>,
): Judgement['evidence'] => ({
  store: store.kind,
  path: store.path,
  root: root.name,
  sha256: root.sha256,
  trusted,
  purposes,
  mail: store.mail,
  ...(store.shape && { shape: store.shape }),
  ...(store.copyOf !== undefined && { copyOf: store.copyOf }),
  ...(store.destinations && { destinations: store.destinations }),
  profile: profile.id,
  ...(profile.path !== undefined && { profileFile: profile.path }),
  ...(root.der === undefined && { certificate: 'not-in-profile' }),
  ...evidence,
});

const judgeQuestion = (question: Question, seen: SeenStore, at: Date): Judgement => {
  const judged = judgeSeen(seen, question.root, at);
  const problems = seen.index.problems
    .slice(0, 10)
    .map(({ origin, problem }) => ({ origin, problem }));
  const evidence = evidenceOf(question, judged);
  return {
    summary: judged.summary,
    findings: judged.faults.map((fault) => ({
      code: fault.code,
      target: targetOf(question),
      severity: severityOf(question),
      evidence: evidenceOf(question, { ...judged, evidence: fault.evidence }),
    })),
    evidence: problems.length === 0 ? evidence : { ...evidence, problems },
    ...(judged.unknown !== undefined && { unknown: judged.unknown }),
    ...(judged.blockedBy && { blockedBy: judged.blockedBy }),
  };
};

/** A store that is not there, or that this account cannot read. */
const notRead = (
  question: Question,
  contents: StoreContents,
  someStoreIsThere: boolean,
): Judgement => {
  const { store, profile, root } = question;
  const common = {
    findings: [],
    evidence: {
      store: store.kind,
      path: store.path,
      root: root.name,
      sha256: root.sha256,
      profile: profile.id,
    },
  };
  if ('unreadable' in contents)
    return { ...common, summary: contents.unreadable, unknown: contents.unreadable };
  const reason = 'absent' in contents ? contents.absent : 'not read';
  return someStoreIsThere
    ? { ...common, summary: reason, skipped: reason }
    : { ...common, summary: reason, unknown: `no trust store was found: ${reason}` };
};

const taskOf = (question: Question, run: Run): Task => ({
  kind: 'trust-store',
  target: targetOf(question),
  question: question.root.sha256,
  async observe(signal) {
    const started = run.host.elapsed();
    const read = await readOnce(question.store, run, signal);
    const stages = [{ name: 'parse' as const, ms: Math.round(run.host.elapsed() - started) }];
    if (read.index) {
      const { store, root } = question;
      const seen = await withOnDemand({ seen: { store, index: read.index }, root }, run, signal);
      return { stages, judge: (at) => judgeQuestion(question, seen, at) };
    }
    const all = await Promise.all(
      (await run.host.trustStores()).map((store) => readOnce(store, run, signal)),
    );
    const someStoreIsThere = all.some(
      (other) => other.index !== undefined || !('absent' in other.contents),
    );
    return { stages, judge: () => notRead(question, read.contents, someStoreIsThere) };
  },
});

/** Not one store: nothing was judged, and that must be seen. */
const noStore = (run: Run): Task => ({
  kind: 'trust-store',
  target: 'none',
  observe: () => {
    const unknown = `no trust store of this ${run.host.platform} host is known`;
    return Promise.resolve({
      stages: [],
      judge: () => ({ summary: unknown, findings: [], evidence: {}, unknown }),
    });
  },
});

export const trustStoreCheck: DiscoveringCheck = {
  kind: 'trust-store',
  async discover(profile, run) {
    const trustStores = await run.host.trustStores();
    if (trustStores.length === 0) return [noStore(run)];
    const hosts = run.options.smtp.map(({ host }) => host);
    return profile.authorities.flatMap((root) => {
      const { sha256 } = root;
      if (!root.root || sha256 === undefined) return [];
      return trustStores.map((store) =>
        taskOf({ profile, root: { ...root, sha256 }, store, hosts }, run),
      );
    });
  },
};
