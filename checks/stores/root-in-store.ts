/** What one store says of one root, at a time: pure, so that it can be judged at several. */

import { fingerprint256, parseCertificate } from '../pki/certificate.ts';
import { unlessMalformed } from '../pki/der.ts';
import type {
  Evidence,
  GapCode,
  HashLinkWay,
  Json,
  MissingPart,
  StoreEntry,
  StoreProblem,
} from '../types.ts';
import { throughHashLinks } from './hash-links.ts';
import { type Lookalike, describeLookalike, findLookalikes, likenessWords } from './lookalikes.ts';

/** A store's contents, its entries by the SHA-256 of their DER. */
export interface IndexedStore {
  readonly entries: readonly StoreEntry[];
  readonly problems: readonly StoreProblem[];
  readonly byFingerprint: ReadonlyMap<string, readonly StoreEntry[]>;
}

export const indexStore = ({
  entries,
  problems,
}: Pick<IndexedStore, 'entries' | 'problems'>): IndexedStore => {
  const byFingerprint = new Map<string, StoreEntry[]>();
  for (const entry of entries) {
    const key = fingerprint256(entry.der);
    const known = byFingerprint.get(key);
    if (known) known.push(entry);
    else byFingerprint.set(key, [entry]);
  }
  return { entries, problems, byFingerprint };
};

export interface RootJudgement {
  /** What is wrong, each with the evidence that explains it. */
  readonly faults: readonly { readonly code: GapCode; readonly evidence: Evidence }[];
  readonly trusted: boolean;
  /** Names of purposes; `any` where the store does not restrict them. */
  readonly purposes: readonly string[];
  /** What else was seen of it. */
  readonly evidence: Evidence;
  readonly summary: string;
  readonly unknown?: string;
}

/** Whether an entry is good for TLS servers, by its purposes alone. */
export const allowsServers = ({ purposes }: StoreEntry): boolean =>
  purposes === undefined || purposes.includes('serverAuth');

/**
 * Whether whoever reads the store verifies servers with the entry, by all that it says of it: what is found by
 * some only, or by none yet, does not count.
 */
export const verifiesServers = (entry: StoreEntry): boolean => {
  if (entry.trust !== 'trusted' || !allowsServers(entry)) return false;
  const { missingFrom, behindBrokenLink } = throughHashLinks(entry);
  return missingFrom === undefined && behindBrokenLink === undefined;
};

const nothing = { trusted: false, purposes: [], evidence: {} };

const missing = (reason: string, evidence: Evidence, summary: string): RootJudgement => ({
  ...nothing,
  evidence: { reason, ...evidence },
  faults: [{ code: 'root-missing', evidence: { reason, ...evidence } }],
  summary,
});

const partReasons: Readonly<Record<MissingPart['part'], string>> = {
  bundle: 'not-in-bundle',
  folder: 'not-in-folder',
  'hash-link': 'hash-link-missing',
  store: 'not-taken-over',
  anchors: 'among-intermediates',
  file: 'file-refused',
};

/** Present in one part of the store and missing from another: which one decides who sees it. */
const partly = (entry: StoreEntry, deselected: StoreEntry | undefined): RootJudgement => {
  const parts = entry.missingFrom ?? [];
  const [first] = parts;
  const refused = parts.find(({ part }) => part === 'file');
  const evidence = {
    origin: entry.origin,
    ...(refused && { refused: refused.path }),
    missingFrom: parts.map(({ part, path }): Json => ({ part, path })),
    ...(deselected && { deselected: deselected.origin }),
  };
  const paths = parts.map(({ path }) => path).join(', ');
  return missing(
    first === undefined ? 'not-in-store' : partReasons[first.part],
    evidence,
    `in ${entry.origin}, but not found through ${paths}`,
  );
};

type FoundEntry = StoreEntry & HashLinkWay;

/** Which OpenSSL reads the folder is not known. */
const behindBroken = (
  judged: Omit<RootJudgement, 'summary'>,
  { origin, behindBrokenLink: brokenLink = '' }: FoundEntry,
): RootJudgement => ({
  ...judged,
  evidence: { ...judged.evidence, brokenLink },
  summary: `in ${origin}, behind the hash link ${brokenLink}, which leads to no certificate`,
  unknown: `${origin} lies behind the hash link ${brokenLink}, which leads to no certificate: OpenSSL before 3.0.22 stops there, newer goes on; \`openssl rehash\` on the folder mends it`,
});

const lookalike = (nearest: Lookalike, found: readonly Lookalike[]): RootJudgement => {
  const evidence: Evidence = {
    found: nearest.sha256,
    likeness: nearest.likeness,
    foundSerial: nearest.certificate.serialHex,
    foundNotAfter: nearest.certificate.notAfter.toISOString(),
    origin: nearest.entry.origin,
    ...(found.length > 1 && { lookalikes: found.map(describeLookalike) }),
  };
  return {
    ...nothing,
    evidence,
    faults: [{ code: 'root-lookalike', evidence }],
    summary: `absent; there is ${likenessWords[nearest.likeness]}`,
  };
};

const lookalikesIn = (store: IndexedStore, rootDer: Uint8Array | undefined): Lookalike[] =>
  rootDer === undefined
    ? []
    : findLookalikes(
        store.entries.filter(({ trust }) => trust === 'trusted'),
        rootDer,
      );

/** What else of the root's name stands beside it: it changes nothing, and is told. */
const besides = (judged: RootJudgement, found: readonly Lookalike[]): RootJudgement => {
  const [nearest] = found;
  if (nearest === undefined) return judged;
  return {
    ...judged,
    evidence: { ...judged.evidence, lookalikes: found.map(describeLookalike) },
    summary: `${judged.summary}; beside it ${likenessWords[nearest.likeness]}`,
  };
};

const absent = (store: IndexedStore, rootDer: Uint8Array | undefined): RootJudgement => {
  const trusted = store.entries.filter(({ trust }) => trust === 'trusted');
  const found = lookalikesIn(store, rootDer);
  const [nearest] = found;
  if (nearest) return lookalike(nearest, found);
  const hidden = store.problems.find(({ unreadable }) => unreadable);
  if (hidden)
    return {
      ...nothing,
      faults: [],
      summary: 'not found, but not everything could be read',
      unknown: `not found, but not everything could be read: ${hidden.problem}`,
    };
  const certificates = trusted.length;
  return missing('absent', { certificates }, `not among ${certificates} certificates`);
};

/** A trusted entry: is it good at this time, for servers, in all parts of the store? */
const present = (
  entry: FoundEntry,
  deselected: StoreEntry | undefined,
  at: Date,
): RootJudgement => {
  const certificate = unlessMalformed(() => parseCertificate(entry.der));
  const purposes = entry.purposes ?? ['any'];
  const notAfter = certificate && { notAfter: certificate.notAfter.toISOString() };
  const evidence = { origin: entry.origin, ...notAfter };
  const faults: { code: GapCode; evidence: Evidence }[] = [];
  if (certificate && at > certificate.notAfter) faults.push({ code: 'root-expired', evidence });
  if (!allowsServers(entry)) faults.push({ code: 'root-not-for-server-auth', evidence });
  const expires = certificate?.notAfter.toISOString().slice(0, 10);
  const [first] = faults;
  const base = { faults, trusted: true, purposes, evidence };
  if (first)
    return {
      ...base,
      trusted: faults.every(({ code }) => code === 'root-expired'),
      summary:
        first.code === 'root-expired'
          ? `present, expired on ${expires ?? ''}`
          : `present, trusted for ${purposes.join(', ') || 'nothing'} only`,
    };
  if (entry.missingFrom) return partly(entry, deselected);
  if (entry.behindBrokenLink !== undefined) return behindBroken(base, entry);
  if (certificate && at < certificate.notBefore)
    return {
      ...base,
      summary: 'present, not valid yet',
      unknown: `the root is valid from ${certificate.notBefore.toISOString()} only`,
    };
  return { ...base, summary: `trusted${expires === undefined ? '' : `, valid until ${expires}`}` };
};

/**
 * Judges a root by the fingerprint of its whole certificate: names and serials do not identify one.
 * What distrusts it outweighs what trusts it; what trusts it outweighs a deselection, which takes effect
 * only when the store is written anew.
 */
export const judgeRoot = (
  store: IndexedStore,
  root: { readonly sha256: string; readonly der?: Uint8Array },
  at: Date,
): RootJudgement => {
  const entries = (store.byFingerprint.get(root.sha256) ?? []).map(throughHashLinks);
  const distrusted = entries.find(({ trust }) => trust === 'distrusted');
  if (distrusted)
    return {
      ...nothing,
      evidence: { origin: distrusted.origin },
      faults: [{ code: 'root-distrusted', evidence: { origin: distrusted.origin } }],
      summary: `distrusted by ${distrusted.origin}`,
    };
  const trusted = entries.filter(({ trust }) => trust === 'trusted');
  const whole = trusted.find((entry) => allowsServers(entry) && !entry.missingFrom);
  // What the store itself says comes before what would be if its tool ran
  const isTaken = ({ missingFrom = [] }: StoreEntry): boolean =>
    missingFrom.every(({ part }) => part !== 'store' && part !== 'anchors');
  const inStore = trusted.filter(isTaken);
  const best = whole ?? inStore.find(allowsServers) ?? inStore[0] ?? trusted.find(allowsServers);
  const deselected = entries.find(({ trust }) => trust === 'deselected');
  if (best) {
    const judged = present(best, deselected, at);
    return judged.faults.length > 0 ? judged : besides(judged, lookalikesIn(store, root.der));
  }
  if (deselected)
    return missing(
      'deselected',
      { origin: deselected.origin },
      `deselected; it lies in ${deselected.origin}`,
    );
  return absent(store, root.der);
};
