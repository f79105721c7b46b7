/** From what was seen of a CRL to findings, evidence and a line of text. */

import type { CrlFetch } from './crl-fetch.ts';
import { type EmbeddedLine, embeddedFindings } from './embedded-authority.ts';
import { type Known, type NamedSubject, asksFor } from './crl-subjects.ts';
import type { Certificate } from './pki/certificate.ts';
import type { CrlContents } from './pki/crl-contents.ts';
import { type CrlProblem, type CrlStatus, type CrlVerdict, judgeCrl } from './pki/crl-judge.ts';
import { coversAllReasons, crlIssuersOf, everyReason, outOfScope } from './pki/crl-scope.ts';
import { findSigner } from './pki/crl-soundness.ts';
import { nameText, nameTypes, nameValues } from './pki/name.ts';
import { equalBytes } from './pki/values.ts';
import type { Evidence, Finding, GapCode, Json, Judgement, SeenCrl } from './types.ts';

/** What a CRL's task saw. */
export interface CrlObservation {
  readonly crl: CrlFetch;
  readonly issuers: readonly Known[];
  readonly subjects: readonly NamedSubject[];
  /** Ids of authorities whose certificate is missing, so that it could not be looked up. */
  readonly missing: readonly string[];
  /** Of the authorities that may have signed it and that it speaks of, as far as no other check judges them. */
  readonly issuerLines: readonly EmbeddedLine[];
  readonly subjectLines: readonly EmbeddedLine[];
  readonly delta?: CrlFetch;
}

export interface CrlJudging {
  readonly at: Date;
  /** The newest CRL of this issuer and scope that an earlier run saw; only where this one is the issuer's. */
  readonly before?: SeenCrl | undefined;
  /** The issuer's other CRLs in the profiles that ask for this one; undefined: not seen yet. */
  readonly siblings: readonly (CrlObservation | undefined)[];
  /** Those profiles' CRLs by others, which certificates may ask for as indirect ones. */
  readonly others: readonly (CrlObservation | undefined)[];
}

const day = (time: Date): string => time.toISOString().slice(0, 10);

/** For which reasons the issuer's other CRLs speak of it; one with a gap of its own hides that it may for all. */
const reasonsElsewhere = (
  subject: NamedSubject,
  siblings: readonly (CrlObservation | undefined)[],
): ReadonlySet<number> => {
  const reasons = new Set<number>();
  for (const sibling of siblings) {
    const contents = sibling?.crl.contents;
    const why = contents && outOfScope(contents, subject, sibling.crl.url);
    if (!why) return everyReason;
    for (const reason of why.reasons ?? []) reasons.add(reason);
  }
  return reasons;
};

/** Those CRLs by others that the certificate may ask for; of an unseen one nobody knows who issues it. */
const indirectFor = (
  { certificate }: NamedSubject,
  others: CrlJudging['others'],
): CrlJudging['others'] =>
  certificate && crlIssuersOf(certificate).length > 0
    ? others.filter((one) => !one || asksFor(one.issuers, certificate))
    : [];

/** Those that this CRL is asked about: not those that it says nothing of, where others do. */
const askedOf = (
  { crl: { contents, url }, subjects }: CrlObservation,
  { siblings, others }: CrlJudging,
): readonly NamedSubject[] =>
  subjects.flatMap((subject) => {
    const why = contents && outOfScope(contents, subject, url);
    if (!why) return [subject];
    const otherReasons = reasonsElsewhere(subject, [...siblings, ...indirectFor(subject, others)]);
    if (why.reasons) return [{ ...subject, otherReasons }];
    return coversAllReasons(otherReasons) ? [] : [subject];
  });

const statusEvidence = (label: string, status: CrlStatus): Json => {
  switch (status.status) {
    case 'good':
      return { certificate: label, status: 'good' };
    case 'revoked':
      return {
        certificate: label,
        status: 'revoked',
        reason: status.reason,
        revokedAt: status.revocationDate.toISOString(),
      };
    case 'unknown':
      return { certificate: label, status: 'unknown', reason: status.reason };
  }
};

/** `crlNumber` is in decimal, as text: it may be larger than a number can be. */
const contentsEvidence = (contents: CrlContents): Evidence => ({
  issuer: nameText(contents.issuer),
  ...(contents.extensions.number !== undefined && {
    crlNumber: contents.extensions.number.toString(),
  }),
  thisUpdate: contents.thisUpdate.toISOString(),
  ...(contents.nextUpdate && { nextUpdate: contents.nextUpdate.toISOString() }),
  entries: contents.entries,
  algorithm: contents.scheme?.name ?? contents.algorithm.oid,
  ...(contents.scheme?.weak && { weak: true }),
});

const deltaEvidence = (delta: CrlFetch, verdict: CrlVerdict | undefined): Evidence => ({
  url: delta.url,
  ...(delta.contents && contentsEvidence(delta.contents)),
  combined: verdict?.delta?.applies ?? false,
});

const evidenceOf = (
  observed: CrlObservation,
  verdict: CrlVerdict | undefined,
  asked: readonly NamedSubject[],
): Evidence => {
  const { crl, missing, delta } = observed;
  const looked = (verdict?.subjects ?? []).map(({ status }, index) =>
    statusEvidence(asked[index]?.label ?? '', status),
  );
  return {
    ...(crl.contents && contentsEvidence(crl.contents)),
    ...crl.body,
    signature: verdict?.signature ?? 'unchecked',
    ...(looked.length > 0 && { lookedUp: looked }),
    ...(missing.length > 0 && { notLookedUp: missing }),
    ...(delta && { delta: deltaEvidence(delta, verdict) }),
    ...(verdict && verdict.notes.length > 0 && { notes: verdict.notes }),
  };
};

/** One finding per code and target: the first problem's evidence, with the serial numbers of all. */
const findingsOf = (target: string, problems: readonly CrlProblem[]): Finding[] => {
  const byCode = new Map<GapCode, CrlProblem[]>();
  for (const problem of problems)
    byCode.set(problem.code, [...(byCode.get(problem.code) ?? []), problem]);
  return [...byCode].map(([code, same]) => {
    const serials = same.flatMap(({ evidence }) => evidence['serial'] ?? []);
    const evidence = { ...same[0]?.evidence, ...(serials.length > 1 && { serials }) };
    return { code, target, evidence };
  });
};

const shortName = (certificate: Certificate): string =>
  nameValues(certificate.subject, nameTypes.commonName).at(-1) ?? nameText(certificate.subject);

const summaryOf = (
  { crl, missing }: CrlObservation,
  verdict: CrlVerdict | undefined,
  findings: readonly Finding[],
): string => {
  const { contents } = crl;
  if (!contents || !verdict) return crl.finding?.code ?? 'nothing fetched';
  const codes = [...new Set(findings.map(({ code }) => code))].join(', ');
  const until = contents.nextUpdate ? `valid until ${day(contents.nextUpdate)}` : 'no nextUpdate';
  const entries = `${contents.entries} ${contents.entries === 1 ? 'entry' : 'entries'}`;
  const { signer, signature } = verdict;
  const signed = signer ? `signed by ${shortName(signer)}` : `signature ${signature}`;
  const left = missing.length > 0 ? [`${missing.join(', ')} not looked up`] : [];
  const weak = contents.scheme?.weak ? [`with ${contents.scheme.name}, which is weak`] : [];
  const text = [until, entries, signed, ...weak, ...left].join(', ');
  return codes === '' ? text : `${codes}: ${text}`;
};

/** Why the signature is unchecked: the gaps that hide the issuer, or that nobody knows it. */
const inconclusive = (
  { crl, issuers }: CrlObservation,
  verdict: CrlVerdict | undefined,
): Pick<Judgement, 'blockedBy' | 'unknown'> => {
  if (!verdict) return crl.finding ? {} : { unknown: 'nothing was fetched' };
  const settled = verdict.problems.some(({ code }) => code === 'crl-wrong-issuer');
  if (verdict.signature !== 'unchecked' || settled) return {};
  const missing = issuers.flatMap((issuer) => (issuer.certificate ? [] : [issuer]));
  const blockedBy = [...new Set(missing.flatMap((issuer) => issuer.blockedBy))];
  if (blockedBy.length > 0) return { blockedBy };
  return { unknown: missing[0]?.reason ?? 'the signature could not be checked with every key' };
};

/** None where one of several is missing and none of the others signed: the missing one may have. */
const issuersToJudgeBy = (
  contents: CrlContents,
  issuers: readonly Known[],
): readonly Certificate[] => {
  const known = issuers.flatMap(({ certificate }) => certificate ?? []);
  const complete = known.length === issuers.length;
  return complete || findSigner(contents, known).signature === 'valid' ? known : [];
};

/** An old list that is served again (RFC 5280 5.2.3: numbers only grow). */
const rollback = ({ contents, url }: CrlFetch, before: SeenCrl | undefined): readonly Finding[] => {
  const number = contents?.extensions.number;
  if (!before || !contents || number === undefined) return [];
  const isOlder =
    number < before.number || (number === before.number && contents.thisUpdate < before.thisUpdate);
  if (!isOlder) return [];
  const evidence = {
    url,
    issuer: nameText(contents.issuer),
    crlNumber: number.toString(),
    expected: before.number.toString(),
    thisUpdate: contents.thisUpdate.toISOString(),
    seenThisUpdate: before.thisUpdate.toISOString(),
  };
  return [{ code: 'crl-number-rollback', target: url, evidence }];
};

/** A list is worth what its signer is: one of whose ways to a root has to hold (RFC 5280 6.3.3 (f)). */
const pathFindings = (
  { issuerLines, subjectLines }: CrlObservation,
  signer: Certificate | undefined,
  at: Date,
): readonly Finding[] => {
  if (!signer) return [];
  const used = issuerLines.find(({ certificate }) => equalBytes(certificate.raw, signer.raw));
  return [
    ...subjectLines.flatMap((line) => embeddedFindings(line, { relied: 'nothing', at })),
    ...(used ? embeddedFindings(used, { relied: 'crls', at }) : []),
  ];
};

export const judgeObserved = (observed: CrlObservation, judging: CrlJudging): Judgement => {
  const { crl, issuers, delta } = observed;
  const { contents, url } = crl;
  const asked = askedOf(observed, judging);
  const verdict =
    contents &&
    judgeCrl(contents, {
      issuers: issuersToJudgeBy(contents, issuers),
      at: judging.at,
      url,
      subjects: asked,
      ...(delta?.contents && { delta: delta.contents }),
    });
  const findings = [
    ...(crl.finding ? [crl.finding] : []),
    ...findingsOf(url, verdict?.problems ?? []),
    ...rollback(crl, judging.before),
    ...(delta?.finding ? [delta.finding] : []),
    ...(delta ? findingsOf(delta.url, verdict?.delta?.problems ?? []) : []),
    ...pathFindings(observed, verdict?.signer, judging.at),
  ];
  return {
    summary: summaryOf(observed, verdict, findings),
    findings,
    evidence: evidenceOf(observed, verdict, asked),
    ...inconclusive(observed, verdict),
  };
};
