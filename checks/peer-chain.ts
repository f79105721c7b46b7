/** Where does the chain that a mail host presents lead: to the announced root, an old one, none, or a stranger's? */

import { type Certificate, fingerprint256 } from './pki/certificate.ts';
import { type CertificatePath, buildPaths } from './pki/chain.ts';
import { nameText } from './pki/name.ts';
import { type PathProblem, isSelfIssued } from './pki/path-problem.ts';
import type { ExpectedRoot, PeerRoots } from './peer-roots.ts';
import { isFamiliar } from './peer-stranger.ts';
import { judgeSeen } from './trust-store.ts';
import type { Evidence, GapCode, GapId, Profile, Severity } from './types.ts';

export interface PeerFault {
  readonly code: GapCode;
  readonly severity?: Severity;
  readonly evidence: Evidence;
}

export interface PresentedChain {
  /** As sent, the host's own first. */
  readonly sent: readonly [Certificate, ...Certificate[]];
  /** The profile's authorities below its roots, as far as they are known. */
  readonly authorities: readonly Certificate[];
  readonly profile: Profile;
  readonly roots: PeerRoots;
}

export interface ChainJudgement {
  readonly faults: readonly PeerFault[];
  readonly evidence: Evidence;
  /** The issuer of the host's own certificate, where the path shows it. */
  readonly issuer?: Certificate;
  /** Another's certificate was put in place: what it says of the mail host is worth nothing. */
  readonly intercepted?: true;
  readonly blockedBy?: readonly GapId[];
  readonly unknown?: string;
}

const rootEvidence = (root: Certificate): Evidence => ({
  root: nameText(root.subject),
  rootSha256: fingerprint256(root.raw),
});

const pathEvidence = ({ certificates, anchored, problems }: CertificatePath): Evidence => {
  const root = anchored ? certificates.at(-1) : undefined;
  const weak = problems.filter(({ reason }) => reason === 'sha1-signature');
  return {
    ...(root && rootEvidence(root)),
    chain: certificates.map(({ subject }) => nameText(subject)),
    ...(weak.length > 0 && { sha1: weak.map(({ certificate }) => nameText(certificate.subject)) }),
  };
};

const judged = (path: CertificatePath, faults: readonly PeerFault[]): ChainJudgement => {
  const issuer = path.certificates[1];
  return { faults, evidence: pathEvidence(path), ...(issuer && { issuer }) };
};

/** The path holds, and its root is not one that the profile announces. */
const otherRoot = (
  path: CertificatePath,
  { profile, trusted, at }: { profile: Profile; trusted: boolean; at: Date },
): readonly PeerFault[] => {
  const root = path.certificates.at(-1);
  if (root === undefined) return [];
  const evidence = { ...rootEvidence(root), trusted };
  const severity = trusted ? 'warning' : 'critical';
  if (!profile.replaces.includes(fingerprint256(root.raw)))
    return [{ code: 'unexpected-root', severity, evidence }];
  const { effective } = profile;
  if (effective === undefined || at >= new Date(`${effective}T00:00:00Z`))
    return [
      {
        code: 'old-certificate',
        severity,
        evidence: { ...evidence, ...(effective !== undefined && { effective }) },
      },
    ];
  return trusted
    ? []
    : [{ code: 'chain-untrusted', evidence: { reason: 'untrusted-root', ...evidence } }];
};

const announcedRoot = (
  { certificates }: CertificatePath,
  expected: PeerRoots['expected'],
): ExpectedRoot | undefined => {
  const root = certificates.at(-1);
  const sha256 = root && fingerprint256(root.raw);
  return expected.find(({ certificate }) => fingerprint256(certificate.raw) === sha256);
};

/**
 * The announced root, which no store of this host holds: one may fetch it on first use. Otherwise the
 * trust-store check has the gap.
 */
const notTrustedHere = (
  path: CertificatePath,
  { expected }: PeerRoots,
  at: Date,
): ChainJudgement => {
  const found = announcedRoot(path, expected);
  if (!found || found.stores.length === 0)
    return { ...judged(path, []), unknown: 'no trust store of this host could be read' };
  const { id, certificate, stores } = found;
  const root = { sha256: fingerprint256(certificate.raw), der: certificate.raw };
  const said = stores.map((seen) => ({ name: seen.store.name, ...judgeSeen(seen, root, at) }));
  const isFetched = said.some(
    ({ trusted, faults, unknown }) => trusted && faults.length === 0 && unknown === undefined,
  );
  if (isFetched) return judged(path, []);
  const blockedBy = said.flatMap(({ name, faults, blockedBy: others = [] }) => [
    ...faults.map(({ code }) => `${code}:${id}@${name}`),
    ...others,
  ]);
  if (blockedBy.length > 0) return { ...judged(path, []), blockedBy };
  return { ...judged(path, []), unknown: `no trust store says whether ${id} is trusted` };
};

const faultOf = ({ code, evidence }: PathProblem): PeerFault => ({ code, evidence });

/** One fault per code: the first one's evidence. */
const byCode = (faults: readonly PeerFault[]): readonly PeerFault[] =>
  [...new Map([...faults].reverse().map((fault) => [fault.code, fault])).values()].reverse();

const intercepted = (path: CertificatePath, top: Certificate, issuer: string): ChainJudgement => ({
  ...judged(path, [
    {
      code: 'tls-intercepted',
      evidence: {
        root: issuer,
        issuer: nameText(top.issuer),
        subject: nameText(top.subject),
        sha256: fingerprint256(top.raw),
      },
    },
  ]),
  intercepted: true,
});

/** No path leads to any root that is known. An issuer that bears a known name and has another key is a stranger. */
const unanchored = (path: CertificatePath, presented: PresentedChain): ChainJudgement => {
  const top = path.certificates.at(-1) ?? presented.sent[0];
  const isStrange = path.problems.some(({ reason, evidence }) => {
    if (reason !== 'issuer-missing') return reason === 'untrusted-root';
    return evidence['rejected'] !== undefined || !isFamiliar(top.issuer, presented);
  });
  if (isStrange) return intercepted(path, top, nameText(top.issuer));
  return judged(path, byCode(path.problems.map(faultOf)));
};

/** Replaced roots are known by their fingerprints alone: one that was sent can be recognised. */
const sentRoots = ({ sent, profile }: PresentedChain): readonly Certificate[] =>
  sent.filter((each) => isSelfIssued(each) && profile.replaces.includes(fingerprint256(each.raw)));

/** The root's time is all that is wrong: that is the trust stores' matter. */
const isEndedRoot = ({ problems, certificates }: CertificatePath): boolean =>
  problems.every(
    ({ code, certificate }) =>
      code === 'certificate-expired' && certificate === certificates.at(-1),
  );

/** No path holds: which one comes nearest, and what is wrong with it? */
const broken = (presented: PresentedChain, at: Date): ChainJudgement => {
  const { sent, authorities, roots } = presented;
  const [leaf, ...rest] = sent;
  const expected = roots.expected.map(({ certificate }) => certificate);
  const replaced = sentRoots(presented);
  const anchors = [...expected, ...roots.trusted, ...roots.known, ...replaced];
  const { path } = buildPaths(leaf, { intermediates: rest, anchors, at });
  if (path.anchored && isEndedRoot(path) && announcedRoot(path, roots.expected))
    return notTrustedHere(path, roots, at);
  if (path.anchored) return judged(path, byCode(path.problems.map(faultOf)));
  // Verifiers that fetch nothing have only what was sent; the profile knows what is missing
  const { path: whole } = buildPaths(leaf, {
    intermediates: [...rest, ...authorities],
    anchors,
    at,
  });
  if (!whole.anchored) return unanchored(whole, presented);
  const sentRaw = new Set(sent.map(({ raw }) => fingerprint256(raw)));
  const missing = whole.certificates
    .slice(0, -1)
    .filter(({ raw }) => !sentRaw.has(fingerprint256(raw)))
    .map(({ subject }) => nameText(subject));
  const last = path.certificates.at(-1) ?? leaf;
  const incomplete: PeerFault = {
    code: 'chain-incomplete',
    evidence: {
      reason: 'issuer-missing',
      subject: nameText(last.subject),
      issuer: nameText(last.issuer),
      missing,
    },
  };
  return judged(whole, byCode([incomplete, ...whole.problems.map(faultOf)]));
};

/** Judges the chain as a verifier on this host would, at a time. */
export const judgeChain = (presented: PresentedChain, at: Date): ChainJudgement => {
  const { sent, roots, profile } = presented;
  const [leaf, ...intermediates] = sent;
  const to = (anchors: readonly Certificate[]) => buildPaths(leaf, { intermediates, anchors, at });
  const announced = roots.expected.map(({ certificate }) => certificate);
  const expected = to(announced);
  const trusted = to(roots.trusted);
  if (expected.trusted && trusted.trusted) return judged(expected.path, []);
  if (trusted.trusted)
    return judged(trusted.path, otherRoot(trusted.path, { profile, trusted: true, at }));
  if (expected.trusted) return notTrustedHere(expected.path, roots, at);
  const known = to([...roots.known, ...sentRoots(presented)]);
  if (known.trusted)
    return judged(known.path, otherRoot(known.path, { profile, trusted: false, at }));
  return broken(presented, at);
};
