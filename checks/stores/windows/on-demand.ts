/**
 * Would Windows fetch a root that this machine lacks? It would if the automatic update is on, its list
 * can be reached, and the list trusts the root for servers.
 */

import { createHash } from 'node:crypto';
import { DerError } from '../../pki/der.ts';
import { UnsupportedAlgorithm } from '../../pki/signature.ts';
import { hex } from '../../pki/values.ts';
import type {
  BodySink,
  Evidence,
  Finding,
  Platform,
  RootUpdateState,
  RootUpdates,
  Run,
  Stage,
} from '../../types.ts';
import { type IndexedStore, allowsServers } from '../root-in-store.ts';
import { cabinetMagic, listTrouble } from './list-folder.ts';
import { isThere } from './on-demand-judgement.ts';
import { BlobError, trustOf } from './serialized-certificate.ts';
import { anchorsIn, namedBy } from './restrictions.ts';
import { type SignedTrustList, type TrustListKind, readSignedTrustList } from './trust-list.ts';

/** What became of the question, in the order in which it is asked. */
export type OnDemand =
  | { readonly outcome: 'unknown'; readonly reason: string }
  | { readonly outcome: 'disabled'; readonly by: string }
  | { readonly outcome: 'unreachable'; readonly findings: readonly Finding[] }
  | { readonly outcome: 'not-listed' | 'not-for-servers' | 'distrusted' }
  | { readonly outcome: 'fetched-on-use' };

export interface RootUpdateObservation {
  readonly state: RootUpdateState;
  readonly stages: readonly Stage[];
  /** Absent: the root is in the store, and nothing is fetched for it. */
  readonly onDemand?: OnDemand;
  readonly evidence: Evidence;
}

/** The list is some 100 KB. */
const maxListBytes = 8 * 1024 * 1024;

type KnownState = Extract<RootUpdateState, { readonly url: string }>;

const startSink = (): BodySink & { start(): string } => {
  let start = Buffer.alloc(0);
  return {
    write(chunk) {
      if (start.length < 4) start = Buffer.concat([start, chunk.subarray(0, 4)]);
    },
    start: () => start.subarray(0, 4).toString('latin1'),
  };
};

const fetchList = async (
  url: string,
  run: Run,
  signal: AbortSignal,
): Promise<{ stages: readonly Stage[]; findings: readonly Finding[] }> => {
  const result = await run.host.network.fetch(
    { url, limit: maxListBytes, open: startSink },
    signal,
  );
  if (result.finding) return { stages: result.stages, findings: [result.finding] };
  if (result.sink?.start() === cabinetMagic) return { stages: result.stages, findings: [] };
  const evidence = { url, bytes: result.bytes, expected: 'a cabinet file with the list of roots' };
  return {
    stages: result.stages,
    findings: [{ code: 'unexpected-content', target: url, evidence }],
  };
};

/** A cached list, once its signature is known to be good; or why it cannot be relied on. */
const readList = (
  bytes: Uint8Array | undefined,
  store: IndexedStore,
  kind: TrustListKind,
): SignedTrustList | string => {
  if (bytes === undefined) return 'Windows has not fetched the list of roots yet';
  try {
    const signed = readSignedTrustList(bytes, kind);
    const isSigned = signed.isSigned(anchorsIn(store.entries));
    return isSigned ? signed : 'the signature of the cached list of roots does not hold';
  } catch (error) {
    if (error instanceof DerError || error instanceof UnsupportedAlgorithm)
      return `the cached list of roots cannot be read: ${error.message}`;
    throw error;
  }
};

/** Whether the list of disallowed certificates names a root that is not there; a list that does not hold says nothing. */
const isDisallowed = (state: KnownState, store: IndexedStore, der: Uint8Array): boolean => {
  const list = readList(state.disallowed, store, 'disallowed');
  return typeof list !== 'string' && namedBy(list)(der);
};

const listed = (
  { list }: SignedTrustList,
  root: { readonly sha256: string; readonly der: Uint8Array },
): OnDemand => {
  const sha1 = createHash('sha1').update(root.der).digest('hex').toUpperCase();
  const properties = list.subjects.get(sha1);
  if (properties === undefined) return { outcome: 'not-listed' };
  const sha256 = properties.get(98); // CERT_SHA256_HASH_PROP_ID
  if (sha256 && hex(sha256) !== root.sha256) return { outcome: 'not-listed' };
  try {
    const trust = trustOf(properties);
    if (trust.trust === 'distrusted') return { outcome: 'distrusted' };
    const forServers = allowsServers({ ...trust, der: root.der, origin: '' });
    return { outcome: forServers ? 'fetched-on-use' : 'not-for-servers' };
  } catch (error) {
    if (error instanceof BlobError) return { outcome: 'unknown', reason: error.message };
    throw error;
  }
};

/** The administrator's source may be a folder of a file server. */
const isWeb = (url: string): boolean => /^https?:\/\//i.test(url);

export interface RootUpdateQuestion {
  readonly updates: RootUpdates;
  readonly root: { readonly sha256: string; readonly der?: Uint8Array };
  readonly store: IndexedStore;
}

const askOnDemand = async (
  { root, store }: RootUpdateQuestion,
  state: RootUpdateState,
  way: {
    /** What became of fetching the list from a URL. */
    readonly fetched: () => Promise<{ readonly findings: readonly Finding[] }>;
    readonly platform: Platform;
  },
): Promise<OnDemand> => {
  const unknown = (reason: string): OnDemand => ({ outcome: 'unknown', reason });
  if (state.unreadable !== undefined) return unknown(state.unreadable);
  if (state.disabledBy !== undefined) return { outcome: 'disabled', by: state.disabledBy };
  const { der } = root;
  if (der === undefined) return unknown('the profile does not have the certificate of the root');
  if (isDisallowed(state, store, der)) return { outcome: 'distrusted' };
  const list = readList(state.list, store, 'roots');
  const answer = typeof list === 'string' ? unknown(list) : listed(list, { ...root, der });
  if (answer.outcome !== 'fetched-on-use' && answer.outcome !== 'unknown') return answer;
  if (!isWeb(state.url)) {
    const trouble = await listTrouble(state.url, way.platform);
    return trouble === undefined ? answer : unknown(trouble);
  }
  const { findings } = await way.fetched();
  return findings.length > 0 ? { outcome: 'unreachable', findings } : answer;
};

/** Asks for one root; the state is read, and the list's address tried, once per run. */
export const observeRootUpdate = async (
  question: RootUpdateQuestion,
  run: Run,
  signal: AbortSignal,
): Promise<RootUpdateObservation> => {
  const { updates, store, root } = question;
  const state = await run.once(`root-update:${updates.name}`, () => updates.read(signal));
  const known: Evidence =
    state.unreadable === undefined
      ? {
          url: state.url,
          redirected: state.isRedirected,
          ...(state.lastSync && { lastSync: state.lastSync.toISOString() }),
          ...(state.disabledBy !== undefined && { disabledBy: state.disabledBy }),
        }
      : {};
  if (isThere(store, root.sha256)) return { state, stages: [], evidence: known };
  let stages: readonly Stage[] = [];
  const fetched = async (): Promise<{ readonly findings: readonly Finding[] }> => {
    const { url } = state.unreadable === undefined ? state : { url: '' };
    const result = await run.once(`root-update-list:${url}`, () => fetchList(url, run, signal));
    stages = result.stages;
    return result;
  };
  const way = { fetched, platform: run.host.platform };
  const onDemand = await askOnDemand(question, state, way);
  return { state, stages, onDemand, evidence: { ...known, onDemand: onDemand.outcome } };
};
