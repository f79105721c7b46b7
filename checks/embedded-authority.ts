/**
 * Authorities that a profile carries as a certificate without a URL: no `aia` check judges them, so whatever
 * depends on one does. RFC 5280 6.3.3 (f) has the path of a CRL's issuer validated, too.
 */

import { issuerIds } from './authority.ts';
import { problemFindings } from './authority-judgement.ts';
import type { Certificate } from './pki/certificate.ts';
import { buildPaths } from './pki/chain.ts';
import { sameName } from './pki/name.ts';
import type { PathProblem, PathReason } from './pki/path-problem.ts';
import { equalBytes } from './pki/values.ts';
import { parsed } from './recognise-authority.ts';
import type { Authority, Finding, Profile, Run } from './types.ts';

interface Certified {
  readonly authority: Authority;
  readonly certificate: Certificate;
}

/** An authority and those above it, one of which at least is embedded. */
export interface EmbeddedLine extends Certified {
  readonly profile: Profile;
  /** The profile's certificates that a path may lead through. */
  readonly known: readonly Certified[];
  /** Whether those of the authority and of all above it are among them. */
  readonly complete: boolean;
}

/** Without a URL there is a certificate: one of both is due. */
const isEmbedded = ({ root, url }: Authority): boolean => !root && url === undefined;

/** Undefined where none of them is embedded: other checks judge them then. */
export const embeddedLine = async (
  authority: Authority,
  { profile, run, signal }: { profile: Profile; run: Run; signal: AbortSignal },
): Promise<EmbeddedLine | undefined> => {
  const ids = [authority.id, ...issuerIds(profile, authority)];
  const line = profile.authorities.filter(({ id }) => ids.includes(id));
  if (!line.some(isEmbedded)) return undefined;
  // What has to be fetched is asked for only where the line needs it, or its name says that it may do instead.
  const names = new Set(line.map(({ name }) => name));
  const wanted = profile.authorities.filter(
    ({ der, name }) => der !== undefined || names.has(name),
  );
  const found = await Promise.all(
    wanted.map(async (each): Promise<readonly Certified[]> => {
      const { der } = await run.authority(profile, each.id, signal);
      const certificate = der && parsed(der);
      return certificate ? [{ authority: each, certificate }] : [];
    }),
  );
  const known = found.flat();
  const own = known.find((each) => each.authority === authority);
  const complete = line.every((each) => known.some((one) => one.authority === each));
  return own && { ...own, profile, known, complete };
};

export interface LineUse {
  /** What the authority signed and what is believed for it; `nothing`: it is only asked about. */
  readonly relied: 'certificates' | 'crls' | 'nothing';
  readonly at: Date;
}

/** What only an issuer of certificates needs: one of CRLs may be none. */
const ofIssuers: ReadonlySet<PathReason> = new Set(['not-a-ca', 'key-usage', 'purpose']);
const ofTime: ReadonlySet<PathReason> = new Set(['expired', 'not-yet-valid']);

const problemsFrom = (
  certificate: Certificate,
  { known, complete }: EmbeddedLine,
  { relied, at }: LineUse,
): readonly PathProblem[] => {
  const anchors = known.filter(({ authority }) => authority.root);
  const chain = buildPaths(certificate, {
    intermediates: known.map((each) => each.certificate),
    anchors: anchors.map((each) => each.certificate),
    at,
    purpose: 'ca',
  });
  return chain.path.problems.filter(({ reason, certificate: one }) => {
    const isOwn = one === certificate;
    if (relied === 'nothing') return isOwn && ofTime.has(reason);
    if (relied === 'crls' && isOwn && ofIssuers.has(reason)) return false;
    // Of one that is not known nobody can say that it did not sign
    return complete || reason !== 'issuer-missing';
  });
};

/**
 * What is wrong with the embedded authorities of a line: nothing where some path holds, be it through another
 * certificate of the same name and key. Of one that nothing relies on, its successor by name does as well.
 */
export const embeddedFindings = (line: EmbeddedLine, use: LineUse): readonly Finding[] => {
  const { certificate: own, known, profile } = line;
  const isAlone = use.relied === 'nothing';
  const alike = known.filter(
    ({ certificate }) =>
      sameName(certificate.subject, own.subject) &&
      (isAlone || equalBytes(certificate.publicKeyInfo, own.publicKeyInfo)),
  );
  const holds = (certificate: Certificate) => problemsFrom(certificate, line, use).length === 0;
  if (alike.some(({ certificate }) => holds(certificate))) return [];
  const problems = problemsFrom(own, line, use);
  const where = {
    profile: profile.id,
    ...(profile.path !== undefined && { profileFile: profile.path }),
  };
  return known
    .filter(({ authority }) => isEmbedded(authority))
    .flatMap(({ authority, certificate }) =>
      problemFindings(
        authority.id,
        problems.filter((problem) => problem.certificate === certificate),
        where,
      ),
    )
    .map((finding) => (isAlone ? { ...finding, severity: 'warning' } : finding));
};
