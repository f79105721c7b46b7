/**
 * Path building (RFC 4158) over RFC 5280 6.1: from a leaf to a trust anchor, through whatever
 * certificates were sent or fetched. Cross-certificates make several paths; one that holds is enough.
 * Depth, paths and signature verifications are bounded, so that a flood of certificates costs little.
 */

import { type Certificate, fingerprint256, isSignedBy, validityAt } from './certificate.ts';
import { DerError, unlessMalformed } from './der.ts';
import { authorityInfoAccess } from './extensions.ts';
import { agreement, notMeant } from './meant-issuer.ts';
import { type PathProblem, type PathPurpose, isSelfIssued, pathProblem } from './path-problem.ts';
import { validatePath } from './path-validation.ts';
import { sameName } from './name.ts';
import { UnsupportedAlgorithm } from './signature.ts';
import { equalBytes } from './values.ts';

export interface ChainOptions {
  readonly intermediates: readonly Certificate[];
  readonly anchors: readonly Certificate[];
  readonly at: Date;
  /** Default `serverAuth`. */
  readonly purpose?: PathPurpose;
}

export interface CertificatePath {
  /** The leaf first, the trust anchor last where `anchored`. */
  readonly certificates: readonly Certificate[];
  readonly anchored: boolean;
  /** Empty for a path that holds. */
  readonly problems: readonly PathProblem[];
}

export interface Chain {
  readonly trusted: boolean;
  /** The path that holds, or the one that came nearest. */
  readonly path: CertificatePath;
  readonly verifications: number;
  /** A bound was reached, so that a path may have been overlooked. */
  readonly exhausted: boolean;
}

const maxDepth = 10;
const maxPaths = 64;
const maxVerifications = 100;
const maxIntermediates = 256;

/** What a search has spent and found. */
interface Search {
  readonly at: Date;
  readonly purpose: PathPurpose;
  readonly anchors: ReadonlySet<string>;
  readonly bySubject: ReadonlyMap<string, readonly Certificate[]>;
  readonly verified: Map<string, Verification>;
  readonly ranked: Map<Certificate, readonly Certificate[]>;
  paths: number;
  exhausted: boolean;
  best?: CertificatePath;
}

type Verification = 'valid' | 'invalid' | { readonly unsupported: string };

const verification = (search: Search, certificate: Certificate, issuer: Certificate) => {
  const key = `${fingerprint256(certificate.raw)} ${fingerprint256(issuer.publicKeyInfo)}`;
  const known = search.verified.get(key);
  if (known) return known;
  if (search.verified.size >= maxVerifications) {
    search.exhausted = true;
    return 'invalid';
  }
  let result: Verification;
  try {
    result = isSignedBy(certificate, issuer) ? 'valid' : 'invalid';
  } catch (error) {
    if (!(error instanceof UnsupportedAlgorithm) && !(error instanceof DerError)) throw error;
    result = { unsupported: error.message };
  }
  search.verified.set(key, result);
  return result;
};

/** Certificates that carry the issuer's name, the likeliest first. */
const candidates = (search: Search, certificate: Certificate): readonly Certificate[] => {
  const known = search.ranked.get(certificate);
  if (known) return known;
  const rank = (issuer: Certificate): number =>
    agreement(certificate, issuer) * 4 +
    (search.anchors.has(fingerprint256(issuer.raw)) ? 2 : 0) +
    (validityAt(issuer, search.at) === 'valid' ? 1 : 0);
  const ranked = (search.bySubject.get(certificate.issuer.key) ?? [])
    .map((issuer) => ({ issuer, rank: rank(issuer) }))
    .sort((a, b) => b.rank - a.rank || b.issuer.notBefore.getTime() - a.issuer.notBefore.getTime())
    .map(({ issuer }) => issuer);
  search.ranked.set(certificate, ranked);
  return ranked;
};

/** The same name with the same key may stand in a path once: that ends every loop of cross-certificates. */
const isIn = (path: readonly Certificate[], certificate: Certificate): boolean =>
  path.some(
    (each) =>
      sameName(each.subject, certificate.subject) &&
      equalBytes(each.publicKeyInfo, certificate.publicKeyInfo),
  );

/** Better: anchored, then fewer problems, then longer. */
const isBetter = (a: CertificatePath, b: CertificatePath | undefined): boolean => {
  if (b === undefined) return true;
  if (a.anchored !== b.anchored) return a.anchored;
  if (a.problems.length !== b.problems.length) return a.problems.length < b.problems.length;
  return a.certificates.length > b.certificates.length;
};

/** Ends one path; `structural` are the problems met while building it. */
const end = (
  search: Search,
  certificates: readonly Certificate[],
  { anchored, structural }: { anchored: boolean; structural: readonly PathProblem[] },
): void => {
  search.paths++;
  const { at, purpose } = search;
  const problems = [...structural, ...validatePath(certificates, { at, purpose, anchored })];
  const path = { certificates, anchored, problems };
  if (isBetter(path, search.best)) search.best = path;
};

/** Why no path leads on from here. `rejected` certificates bear the issuer's name and not its key. */
const deadEnd = (
  search: Search,
  path: readonly Certificate[],
  { last, rejected }: { last: Certificate; rejected: number },
): PathProblem => {
  if (isSelfIssued(last) && verification(search, last, last) === 'valid')
    return pathProblem(path.length === 1 ? 'self-signed' : 'untrusted-root', last);
  const sources = unlessMalformed(() => authorityInfoAccess(last))?.caIssuers ?? [];
  return pathProblem('issuer-missing', last, {
    ...(sources.length > 0 && { caIssuers: [...sources] }),
    ...(rejected > 0 && { rejected }),
  });
};

const isDone = (search: Search): boolean => {
  if (search.best?.anchored === true && search.best.problems.length === 0) return true;
  if (search.paths >= maxPaths) search.exhausted = true;
  return search.exhausted;
};

const extend = (
  search: Search,
  path: readonly Certificate[],
  structural: readonly PathProblem[],
): void => {
  const last = path.at(-1);
  if (last === undefined) return;
  if (search.anchors.has(fingerprint256(last.raw))) {
    const own = isSelfIssued(last) ? notMeant(last, last) : [];
    end(search, path, { anchored: true, structural: [...structural, ...own] });
    return;
  }
  if (path.length >= maxDepth) {
    const problem = pathProblem('too-long', last, { limit: maxDepth });
    end(search, path, { anchored: false, structural: [problem, ...structural] });
    return;
  }
  let extended = false;
  let rejected = 0;
  for (const issuer of candidates(search, last)) {
    if (isDone(search)) return;
    if (isIn(path, issuer)) continue;
    const verified = verification(search, last, issuer);
    if (verified === 'invalid') {
      rejected++;
      continue;
    }
    extended = true;
    const refused =
      verified === 'valid'
        ? notMeant(last, issuer)
        : [pathProblem('signature-algorithm', last, { detail: verified.unsupported })];
    extend(search, [...path, issuer], [...structural, ...refused]);
  }
  if (extended || search.exhausted) return;
  const problem = deadEnd(search, path, { last, rejected });
  end(search, path, { anchored: false, structural: [problem, ...structural] });
};

const index = (certificates: readonly Certificate[]): Map<string, Certificate[]> => {
  const bySubject = new Map<string, Certificate[]>();
  const seen = new Set<string>();
  for (const certificate of certificates) {
    const identity = fingerprint256(certificate.raw);
    if (seen.has(identity)) continue;
    seen.add(identity);
    const { key } = certificate.subject;
    const same = bySubject.get(key);
    if (same) same.push(certificate);
    else bySubject.set(key, [certificate]);
  }
  return bySubject;
};

/** The best path from `leaf` to one of the anchors. Order of the intermediates does not matter. */
export const buildPaths = (leaf: Certificate, options: ChainOptions): Chain => {
  const { anchors, intermediates } = options;
  const search: Search = {
    at: options.at,
    purpose: options.purpose ?? 'serverAuth',
    anchors: new Set(anchors.map(({ raw }) => fingerprint256(raw))),
    bySubject: index([...anchors, ...intermediates.slice(0, maxIntermediates)]),
    verified: new Map(),
    ranked: new Map(),
    paths: 0,
    exhausted: false,
  };
  extend(search, [leaf], []);
  const best = search.best ?? { certificates: [leaf], anchored: false, problems: [] };
  const trusted = best.anchored && best.problems.length === 0;
  const exhausted = search.exhausted || intermediates.length > maxIntermediates;
  const problems =
    exhausted && !trusted
      ? [
          ...best.problems,
          pathProblem('too-complex', leaf, { verifications: search.verified.size }),
        ]
      : best.problems;
  return {
    trusted,
    path: { ...best, problems },
    verifications: search.verified.size,
    exhausted,
  };
};
