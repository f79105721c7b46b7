/** What an OCSP check concludes from the answers that it got by POST and by GET. */

import { type EmbeddedLine, embeddedFindings } from './embedded-authority.ts';
import type { OcspExchange } from './ocsp-exchange.ts';
import type { Certificate } from './pki/certificate.ts';
import { nameText } from './pki/name.ts';
import { type OcspVerdict, ocspEvidence } from './pki/ocsp-judge.ts';
import type { Evidence, Finding, GapId, Judgement } from './types.ts';

/** What was asked, as the report shows it. */
export interface OcspSubject {
  readonly url: string;
  readonly issuer?: Certificate;
  /** Upper-case hex. */
  readonly serial?: string;
  /** The certificate asked about, where it is known. */
  readonly certificate?: Certificate;
}

/** An exchange that brought a response, and the judge of it. */
export interface OcspAnswer {
  readonly exchange: OcspExchange;
  readonly judge: (at: Date) => OcspVerdict;
}

/** The lines of authorities that no other check judges: the issuer's, and that of the one asked about. */
export interface OcspLines {
  readonly by?: EmbeddedLine;
  readonly about?: EmbeddedLine;
}

interface JudgedAnswer {
  readonly exchange: OcspExchange;
  readonly verdict: OcspVerdict;
}

/** A signed "revoked" counts whatever the other method says; then an answer that holds, then a signed one. */
const rank = ({ problems, responseStatus }: OcspVerdict): number => {
  if (problems.some(({ code }) => code === 'certificate-revoked')) return 0;
  if (problems.length === 0) return 1;
  return responseStatus === 'successful' ? 2 : 3;
};

const aboutSubject = ({ url, issuer, serial }: OcspSubject): Evidence => ({
  url,
  ...(issuer && { issuer: nameText(issuer.subject) }),
  ...(serial !== undefined && { serial }),
});

const verdictEvidence = ({ exchange, verdict }: JudgedAnswer): Evidence => ({
  ...ocspEvidence(verdict),
  method: exchange.method,
  requestHash: exchange.hash,
  ...(exchange.body && { bytes: exchange.body.length }),
  ...(exchange.address !== undefined && { address: exchange.address }),
});

const verdictFindings = (subject: OcspSubject, judged: JudgedAnswer): readonly Finding[] =>
  judged.verdict.problems.map(({ code, evidence }) => ({
    code,
    target: subject.url,
    evidence: { ...aboutSubject(subject), ...verdictEvidence(judged), ...evidence },
  }));

/** Statuses by which a web server says that it does not offer a method at this URL. */
const notOffered: ReadonlySet<number> = new Set([400, 404, 405, 501]);

const refusedByServer = ({ status }: OcspExchange): boolean =>
  status !== undefined && notOffered.has(status);

/**
 * The other method failed where this one worked: the way out of this host breaks it, and verifiers that
 * use it are without an answer. A responder need not offer both, so its own refusal is no gap.
 */
const otherFindings = (exchange: OcspExchange): readonly Finding[] => {
  const { finding, method } = exchange;
  if (!finding || refusedByServer(exchange)) return [];
  const evidence = { ...finding.evidence, method, otherMethod: 'answered' };
  return [{ ...finding, severity: 'warning', evidence }];
};

/** What each method brought: `answered`, or why not. */
const methodsEvidence = (exchanges: readonly OcspExchange[]): Evidence => ({
  methods: Object.fromEntries(
    exchanges.map(({ method, finding, status }) => {
      if (!finding) return [method, 'answered'];
      return [
        method,
        finding.code === 'http-status' ? `http-status ${status ?? ''}` : finding.code,
      ];
    }),
  ),
});

const day = (time: Date): string => time.toISOString().slice(0, 16).replace('T', ' ') + 'Z';

const summaryOf = (
  { verdict }: JudgedAnswer,
  { ended, path }: { ended: Date | undefined; path: readonly Finding[] },
): string => {
  const [problem] = verdict.problems;
  const { answer, delegate, responder } = verdict;
  const after = ended ? `; the certificate itself ended ${day(ended)}` : '';
  if (problem) {
    const reason = problem.evidence['reason'] ?? problem.evidence['found'];
    return `${problem.code}${typeof reason === 'string' ? ` (${reason})` : ''}${after}`;
  }
  const until = answer?.nextUpdate ? ` until ${day(answer.nextUpdate)}` : '';
  const by = delegate ? nameText(delegate.subject) : `the CA itself (${responder ?? ''})`;
  const codes = path.map(({ code, target }) => `${code} (${target}): `);
  return `${codes.join('')}${answer?.status ?? ''}${until}, signed by ${by}${after}`;
};

/** A responder may have dropped an expired certificate (RFC 9919 3.2.3): its answer is told with that. */
const endOf = ({ certificate }: OcspSubject, at: Date): Date | undefined =>
  certificate && certificate.notAfter < at ? certificate.notAfter : undefined;

/** Faults of both methods, where neither brought a response. */
const withoutAnswer = (subject: OcspSubject, exchanges: readonly OcspExchange[]): Judgement => {
  const findings = exchanges.flatMap(({ finding }) => (finding ? [finding] : []));
  return {
    summary: findings[0]?.code ?? 'no answer',
    findings,
    evidence: { ...aboutSubject(subject), ...methodsEvidence(exchanges) },
  };
};

/** An answer is worth what its issuer is. */
const pathFindings = ({ about, by }: OcspLines, at: Date): readonly Finding[] => [
  ...(about ? embeddedFindings(about, { relied: 'nothing', at }) : []),
  ...(by ? embeddedFindings(by, { relied: 'certificates', at }) : []),
];

export const judgeAnswers = (
  subject: OcspSubject,
  {
    exchanges,
    answers,
    lines,
  }: {
    exchanges: readonly OcspExchange[];
    answers: readonly OcspAnswer[];
    lines: OcspLines;
  },
  at: Date,
): Judgement => {
  const judged = answers
    .map(({ exchange, judge }) => ({ exchange, verdict: judge(at) }))
    .sort((a, b) => rank(a.verdict) - rank(b.verdict));
  const [first, ...rest] = judged;
  if (first === undefined) return withoutAnswer(subject, exchanges);

  const ended = endOf(subject, at);
  const expired = ended ? { certificateExpired: ended.toISOString() } : {};
  const codes = new Set(first.verdict.problems.map(({ code }) => code));
  const others = [
    ...exchanges.flatMap(otherFindings),
    ...rest
      .flatMap((other) => verdictFindings(subject, other))
      .filter(({ code }) => !codes.has(code))
      .map((finding): Finding => ({ ...finding, severity: 'warning' })),
  ];
  const path = pathFindings(lines, at);
  return {
    summary: summaryOf(first, { ended, path }),
    findings: [
      ...[...verdictFindings(subject, first), ...others].map((finding) => ({
        ...finding,
        evidence: { ...finding.evidence, ...expired },
      })),
      ...path,
    ],
    evidence: {
      ...aboutSubject(subject),
      ...verdictEvidence(first),
      ...methodsEvidence(exchanges),
      ...expired,
    },
  };
};

/**
 * Nothing to verify with: the issuer's certificate, or the one asked about, is missing. What the way to
 * the responder shows is still told, but not what it makes of a question about no CA.
 */
export const judgeReachability = (
  subject: OcspSubject,
  exchanges: readonly OcspExchange[],
  missing: { readonly blockedBy: readonly GapId[]; readonly reason: string },
): Judgement => {
  const { blockedBy, reason } = missing;
  const answered = exchanges.some(({ body }) => body !== undefined);
  const faults = answered
    ? exchanges.flatMap(otherFindings)
    : exchanges.flatMap((one) => (one.finding && !refusedByServer(one) ? [one.finding] : []));
  const malformed = exchanges.some(({ body, response }) => body && !response);
  const evidence = aboutSubject(subject);
  const findings: readonly Finding[] = malformed
    ? [...faults, { code: 'ocsp-malformed', target: subject.url, evidence }]
    : faults;
  return {
    summary: `${findings[0]?.code ?? 'the responder answers'}; ${reason}`,
    findings,
    evidence: { ...evidence, ...methodsEvidence(exchanges) },
    ...(blockedBy.length > 0 ? { blockedBy } : { unknown: reason }),
  };
};
