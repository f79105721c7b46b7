/** Does each authority's URL give the certificate that the profile means, and does it chain to the root? */

import { type AuthorityFetch, fetchAuthority, issuerIds } from './authority.ts';
import { problemFindings } from './authority-judgement.ts';
import { type EmbeddedLine, embeddedFindings, embeddedLine } from './embedded-authority.ts';
import { fingerprint256 } from './pki/certificate.ts';
import { buildPaths } from './pki/chain.ts';
import { nameText } from './pki/name.ts';
import type { PathProblem } from './pki/path-problem.ts';
import { validatePath } from './pki/path-validation.ts';
import type { Authority, Check, Evidence, Finding, Judgement, Profile } from './types.ts';

export { type AuthorityFetch, fetchAuthority } from './authority.ts';

const evidenceOf = ({ certificate, format, recognised }: AuthorityFetch): Evidence =>
  certificate === undefined
    ? {}
    : {
        subject: nameText(certificate.subject),
        issuer: nameText(certificate.issuer),
        sha256: fingerprint256(certificate.raw),
        notAfter: certificate.notAfter.toISOString(),
        ...(format !== undefined && { format }),
        ...(recognised === 'reissued' && { reissued: true }),
      };

/** What is wrong with the fetched certificate itself; its issuers have checks of their own. */
const problemsAt = ({ certificate, issuers }: AuthorityFetch, at: Date): readonly PathProblem[] => {
  if (certificate === undefined) return [];
  const root = issuers ? (issuers.at(-1) ?? certificate) : undefined;
  const all = root
    ? buildPaths(certificate, {
        intermediates: issuers?.slice(0, -1) ?? [],
        anchors: [root],
        at,
        purpose: 'ca',
      }).path.problems
    : validatePath([certificate], { at, purpose: 'ca', anchored: false });
  return all.filter((problem) => problem.certificate === certificate);
};

const summaryOf = (
  { certificate, format, reason }: AuthorityFetch,
  findings: readonly Finding[],
): string => {
  const [first] = findings;
  if (certificate === undefined) return first?.code ?? reason ?? 'nothing fetched';
  const what = `${nameText(certificate.subject)} until ${certificate.notAfter.toISOString().slice(0, 10)}, ${format ?? ''}`;
  if (first) return `${first.code}: ${what}`;
  return reason === undefined ? what : `${what}; ${reason}`;
};

/** What an authority's URL gave, and what above it no URL gives. */
interface Seen {
  readonly fetched: AuthorityFetch;
  readonly line: EmbeddedLine | undefined;
}

const judgeFetch = (url: string, { fetched, line }: Seen, at: Date): Judgement => {
  // One cause is enough: another certificate than the profile's is not judged further
  const own = fetched.findings.length > 0;
  const findings = own
    ? fetched.findings
    : [
        ...problemFindings(url, problemsAt(fetched, at)),
        ...(line ? embeddedFindings(line, { relied: 'certificates', at }) : []),
      ];
  const judgement = {
    summary: summaryOf(fetched, findings),
    findings,
    evidence: evidenceOf(fetched),
  };
  if (own || fetched.issuers) return judgement;
  const { blockedBy, reason = 'its issuers are not known' } = fetched;
  return blockedBy.length > 0 ? { ...judgement, blockedBy } : { ...judgement, unknown: reason };
};

/** What makes two profiles' questions about one URL the same: the same line of authorities. */
const lineOf = (profile: Profile, authority: Authority): string =>
  [authority.id, ...issuerIds(profile, authority)]
    .map((id) => profile.authorities.find((candidate) => candidate.id === id))
    .map((each) => each?.sha256 ?? each?.name ?? '')
    .join(' < ');

export const aiaCheck: Check = {
  kind: 'aia',
  tasks: (profile, run) =>
    profile.authorities.flatMap((authority) => {
      const { url } = authority;
      if (url === undefined) return [];
      return [
        {
          kind: 'aia',
          target: url,
          question: lineOf(profile, authority),
          async observe(signal) {
            const fetched = await fetchAuthority(profile, authority, run, signal);
            const line = await embeddedLine(authority, { profile, run, signal });
            return {
              stages: fetched.stages,
              serverTimes: fetched.serverTimes,
              judge: (at) => judgeFetch(url, { fetched, line }, at),
            };
          },
        },
      ];
    }),
};
