/** Whether a CRL holds, and what it says of certificates (RFC 5280 6.3.3). Pure: time is an argument. */

import type { Certificate } from './certificate.ts';
import type { CrlContents, CrlHit } from './crl-contents.ts';
import { type DeltaVerdict, judgeDelta } from './crl-delta.ts';
import { type CrlSubject, type OutOfScope, outOfScope, wrongAddress } from './crl-scope.ts';
import {
  type CrlProblem,
  type CrlSigner,
  extensionProblems,
  findSigner,
  timeProblems,
} from './crl-soundness.ts';
import { sameName } from './name.ts';
import { oids } from './oids.ts';
import { reasonName, reasons } from './revocation-reasons.ts';
import { equalBytes, serialHex } from './values.ts';

export type { CrlProblem } from './crl-soundness.ts';
export type { CrlSubject } from './crl-scope.ts';

export interface CrlQuestion {
  /** Certificates of the authority that should have issued it; none: the signature stays unchecked. */
  readonly issuers: readonly Certificate[];
  readonly at: Date;
  /** The address that it was fetched from. */
  readonly url?: string;
  readonly subjects?: readonly CrlSubject[];
  /** The delta CRL that goes with it. */
  readonly delta?: CrlContents;
  /** Refuses a CRL whose thisUpdate is older than this, milliseconds. */
  readonly maxAgeMs?: number;
}

export type CrlStatus =
  | { readonly status: 'good' }
  | { readonly status: 'revoked'; readonly revocationDate: Date; readonly reason: string }
  | { readonly status: 'unknown'; readonly reason: string };

export interface CrlVerdict {
  /** Faults of the CRL itself, and certificates that it revokes. */
  readonly problems: readonly CrlProblem[];
  readonly signature: CrlSigner['signature'];
  readonly signer?: Certificate;
  readonly subjects: readonly { readonly subject: CrlSubject; readonly status: CrlStatus }[];
  readonly delta?: DeltaVerdict;
  /** What its reader should know although it is no problem. */
  readonly notes: readonly string[];
}

const scopeProblem = (why: OutOfScope, subject?: CrlSubject): CrlProblem => {
  const { found, expected, unsupported } = why;
  if (unsupported)
    return {
      code: 'crl-unsupported-extension',
      evidence: { extension: oids.issuingDistributionPoint, reason: found },
    };
  return {
    code: 'crl-out-of-scope',
    evidence: {
      found,
      ...(expected !== undefined && { expected }),
      ...(subject && { serial: serialHex(subject.serial) }),
    },
  };
};

/** The entries that are about this certificate: in an indirect CRL, those of its issuer (5.3.3). */
const hitsFor = (crl: CrlContents, subject: CrlSubject): CrlHit[] =>
  crl.hits.filter(
    ({ serial, certificateIssuer }) =>
      equalBytes(serial, subject.serial) &&
      (certificateIssuer ?? [crl.issuer]).some((name) => sameName(name, subject.issuer)),
  );

const revoked = ({ revocationDate, reason }: CrlHit): CrlStatus => ({
  status: 'revoked',
  revocationDate,
  reason: reasonName(reason ?? reasons.unspecified),
});

/** 6.3.3 (i) to (l): the delta CRL speaks first. Undefined: removeFromCRL stands where it may not. */
const statusFrom = (
  crl: CrlContents,
  delta: CrlContents | undefined,
  subject: CrlSubject,
): CrlStatus | undefined => {
  const changed = delta ? hitsFor(delta, subject) : [];
  const change = changed.find(({ reason }) => reason !== reasons.removeFromCrl);
  if (change) return revoked(change);
  if (changed.length > 0) return { status: 'good' };
  const listed = hitsFor(crl, subject);
  const entry = listed.find(({ reason }) => reason !== reasons.removeFromCrl);
  if (entry) return revoked(entry);
  return listed.length > 0 ? undefined : { status: 'good' };
};

interface Asked {
  readonly subject: CrlSubject;
  readonly status: CrlStatus;
  readonly problem?: CrlProblem;
  readonly inScope: boolean;
}

const ask = (
  crl: CrlContents,
  subject: CrlSubject,
  { delta, url }: { delta: CrlContents | undefined; url: string | undefined },
): Asked => {
  const serial = serialHex(subject.serial);
  const why = outOfScope(crl, subject, url);
  const status = why && !why.reasons ? undefined : statusFrom(crl, delta, subject);
  // 6.3.3 (j): revoked for some reason is revoked, whatever other lists say of other reasons.
  if (why && status?.status !== 'revoked')
    return {
      subject,
      status: { status: 'unknown', reason: `out of scope: ${why.found}` },
      problem: scopeProblem(why, subject),
      inScope: why.reasons !== undefined,
    };
  if (!status) {
    const reason = 'removeFromCRL in a complete CRL';
    const problem: CrlProblem = { code: 'crl-malformed', evidence: { reason, serial } };
    return { subject, status: { status: 'unknown', reason }, problem, inScope: true };
  }
  if (status.status !== 'revoked') return { subject, status, inScope: true };
  const evidence = {
    serial,
    revokedAt: status.revocationDate.toISOString(),
    reason: status.reason,
  };
  return { subject, status, problem: { code: 'certificate-revoked', evidence }, inScope: true };
};

const notesOn = (crl: CrlContents, delta: DeltaVerdict | undefined): string[] => [
  ...(crl.nextUpdate
    ? []
    : ['nextUpdate is missing: RFC 5280 requires it, and Windows never lets such a CRL expire']),
  ...(crl.scheme?.weak ? [`signed with ${crl.scheme.name}, which is weak`] : []),
  ...(crl.version === 2 && crl.extensions.number === undefined
    ? ['cRLNumber is missing: RFC 5280 5.2.3 requires it']
    : []),
  ...(delta && !delta.applies && delta.problems.length === 0
    ? ['the delta CRL is no newer than the complete one']
    : []),
];

/** A delta CRL where a complete one is due says nothing of what it does not list (5.2.4). */
const deltaAlone = ({ extensions }: CrlContents): CrlProblem[] =>
  extensions.baseNumber === undefined
    ? []
    : [
        {
          code: 'crl-out-of-scope',
          evidence: {
            found: `a delta CRL, of changes since number ${extensions.baseNumber}`,
            expected: 'a complete CRL',
          },
        },
      ];

export const judgeCrl = (crl: CrlContents, question: CrlQuestion): CrlVerdict => {
  const { issuers, url, subjects = [], ...rest } = question;
  const signer = findSigner(crl, issuers);
  const faults = [
    ...(signer.problem ? [signer.problem] : []),
    ...timeProblems(crl, rest),
    ...extensionProblems(crl),
    ...deltaAlone(crl),
  ];
  const delta = rest.delta && judgeDelta(rest.delta, crl, { ...rest, signer: signer.certificate });
  const usable = delta?.applies ? rest.delta : undefined;
  const asked = subjects.map((subject) => ask(crl, subject, { delta: usable, url }));
  const address = wrongAddress(crl, url);
  if (address && !asked.some(({ inScope }) => inScope)) faults.push(scopeProblem(address));
  const believed = faults.length === 0 && signer.signature === 'valid';
  const unbelieved: CrlStatus = {
    status: 'unknown',
    reason: faults[0]?.code ?? 'the signature is unchecked',
  };
  return {
    // What an unsound CRL says of certificates counts for nothing.
    problems: believed ? asked.flatMap(({ problem }) => problem ?? []) : faults,
    signature: signer.signature,
    ...(signer.certificate && { signer: signer.certificate }),
    subjects: asked.map(({ subject, status }) => ({
      subject,
      status: believed ? status : unbelieved,
    })),
    ...(delta && { delta }),
    notes: notesOn(crl, delta),
  };
};
