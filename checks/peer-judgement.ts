/** What a mail host's dialogue, session and certificate say at a time: pure, so that it can be judged at several. */

import { hostPort } from './endpoint.ts';
import { type PeerFault, judgeChain } from './peer-chain.ts';
import { judgePeerCertificate } from './peer-certificate.ts';
import {
  certificateEvidence,
  sessionEvidence,
  stapleEvidence,
  summaryOf,
} from './peer-evidence.ts';
import type { PeerRoots } from './peer-roots.ts';
import { judgeStaple, stapleFaults } from './peer-staple.ts';
import type { Certificate } from './pki/certificate.ts';
import {
  type ExpectedPeer,
  type Finding,
  type GapCode,
  type HostPort,
  type Judgement,
  type Profile,
  type StarttlsResult,
  type TlsSession,
  gapCodesByCategory,
  tlsVersions,
} from './types.ts';

/** A mail host, and the profile whose promise it is held to. */
export interface PeerQuestion {
  readonly target: HostPort;
  readonly profile: Profile;
}

/** What is known of a chain before any time is given. */
export interface Presented {
  readonly sent: readonly [Certificate, ...Certificate[]];
  readonly authorities: readonly Certificate[];
  readonly roots: PeerRoots;
}

const peerCodes = new Set<GapCode>([
  ...gapCodesByCategory.certificate,
  ...gapCodesByCategory['mail-server'],
]);

/** Faults that stop mail only where the server verifies: trust, name, time and STARTTLS. */
const verifiedCodes = new Set<GapCode>([
  'name-mismatch',
  'certificate-expired',
  'certificate-not-yet-valid',
  'certificate-revoked',
  'chain-incomplete',
  'chain-untrusted',
  'unexpected-root',
  'old-certificate',
  'tls-intercepted',
  'starttls-missing',
  'starttls-stripped',
]);

const isBelow = (found: string | undefined, least: string | undefined): boolean => {
  const versions: readonly string[] = tlsVersions;
  if (found === undefined || least === undefined || !versions.includes(found)) return false;
  return versions.indexOf(found) < versions.indexOf(least);
};

/** A handshake that failed after the host chose too old a version failed for that. */
const dialogueFaults = (
  { findings }: StarttlsResult,
  { minTlsVersion }: Partial<ExpectedPeer>,
): readonly Finding[] =>
  findings.map((finding) => {
    const { protocol } = finding.evidence;
    const isOld =
      finding.code === 'tls-handshake-failed' &&
      typeof protocol === 'string' &&
      isBelow(protocol, minTlsVersion);
    if (!isOld && finding.code !== 'tls-version-too-low') return finding;
    const expected = minTlsVersion === undefined ? {} : { expected: minTlsVersion };
    return {
      ...finding,
      code: 'tls-version-too-low',
      evidence: { ...finding.evidence, ...expected },
    };
  });

/** A keyword that was there before has not gone by itself. A server's own "not now" is another answer. */
const strippedSince = (finding: Finding, offered: Date | undefined): Finding =>
  offered && finding.code === 'starttls-missing' && 'keywords' in finding.evidence
    ? {
        ...finding,
        code: 'starttls-stripped',
        evidence: { ...finding.evidence, offeredBefore: offered.toISOString() },
      }
    : finding;

const sessionFaults = (
  { protocol, cipher, ephemeralKey }: TlsSession,
  { minTlsVersion, forwardSecrecy }: Partial<ExpectedPeer>,
): readonly PeerFault[] => [
  ...(isBelow(protocol, minTlsVersion)
    ? [
        {
          code: 'tls-version-too-low' as const,
          evidence: { protocol, cipher, expected: minTlsVersion ?? '' },
        },
      ]
    : []),
  ...(forwardSecrecy === true && ephemeralKey === undefined
    ? [{ code: 'no-forward-secrecy' as const, evidence: { protocol, cipher } }]
    : []),
];

const finished = (
  { target, profile }: PeerQuestion,
  fault: PeerFault & { readonly target?: string },
  verifies: boolean,
): Finding => {
  const severity = verifiedCodes.has(fault.code) && !verifies ? 'warning' : fault.severity;
  return {
    code: fault.code,
    target: fault.target ?? hostPort(target),
    ...(severity && { severity }),
    ...(peerCodes.has(fault.code) && { owner: 'peer' }),
    evidence: { ...fault.evidence, host: target.host, port: target.port, profile: profile.id },
  };
};

/** The certificate cannot even be read: a verifier would break off the handshake. */
const unreadable = (count: number): PeerFault => ({
  code: 'chain-untrusted',
  evidence: { reason: 'malformed-certificate', certificates: count },
});

export const judgePeer = (
  question: PeerQuestion,
  {
    result,
    presented,
    verifies,
    offeredBefore,
  }: {
    result: StarttlsResult;
    presented?: Presented;
    verifies: boolean;
    /** When an earlier run was offered STARTTLS. */
    offeredBefore?: Date | undefined;
  },
  at: Date,
): Judgement => {
  const peer = question.profile.peer ?? {};
  const { tls } = result;
  const dialogue = dialogueFaults(result, peer).map((fault) => strippedSince(fault, offeredBefore));
  const session = tls ? sessionFaults(tls, peer) : [];
  const broken = tls && !presented ? [unreadable(tls.certificates.length)] : [];
  const chain = presented && judgeChain({ ...presented, profile: question.profile }, at);
  const leaf = presented?.sent[0];
  const staple = tls && leaf && judgeStaple(tls, leaf, { issuer: chain?.issuer, at });
  const revoked = staple?.problems.filter(({ code }) => code === 'certificate-revoked') ?? [];
  // Where no path holds, that is told
  const isUntrusted = chain?.faults.some(({ code }) => code === 'chain-untrusted') ?? true;
  const stapling = tls && leaf && !isUntrusted ? stapleFaults(tls, leaf, staple) : [];
  const announced = leaf ? judgePeerCertificate(leaf, question.target.host, peer) : [];
  const faults: readonly PeerFault[] = chain?.intercepted
    ? chain.faults
    : [...broken, ...(chain?.faults ?? []), ...revoked, ...stapling, ...announced, ...session];
  const findings = [...dialogue, ...faults].map((fault) => finished(question, fault, verifies));
  const evidence = {
    ...sessionEvidence(result, question.target),
    ...(leaf && certificateEvidence(leaf)),
    ...chain?.evidence,
    ...(staple && stapleEvidence(staple)),
  };
  const unheard = !tls && findings.length === 0 ? 'the mail host showed nothing' : undefined;
  const unknown = chain?.unknown ?? unheard;
  return {
    summary: summaryOf(tls, evidence, findings),
    findings,
    evidence,
    ...(chain?.blockedBy && { blockedBy: chain.blockedBy }),
    ...(unknown !== undefined && { unknown }),
  };
};
