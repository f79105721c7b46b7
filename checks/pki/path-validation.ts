/**
 * Validation of one certification path (RFC 5280 6.1), but for signatures, which chain.ts has verified
 * while it built the path.
 */

import { type Certificate, validityAt } from './certificate.ts';
import { DerError } from './der.ts';
import { allowsKeyUsage, basicConstraints, extendedKeyUsage, keyUsage } from './extensions.ts';
import { canBeFactored, keyStrength } from './key-strength.ts';
import { nameText } from './name.ts';
import { refusalUnder } from './name-constraints.ts';
import { keyUsageBits, oids } from './oids.ts';
import { criticalExtensionProblems, readWhatAllRead } from './path-extensions.ts';
import { policyRefusal } from './path-policies.ts';
import { type PathProblem, type PathPurpose, isSelfIssued, pathProblem } from './path-problem.ts';
import { signatureScheme } from './signature.ts';

export interface PathContext {
  readonly at: Date;
  readonly purpose: PathPurpose;
  /** Whether the last certificate of the path is a trust anchor. */
  readonly anchored: boolean;
}

/** What validation knows of a certificate's place: 0 is the leaf. */
interface Step extends PathContext {
  readonly path: readonly Certificate[];
  readonly index: number;
  readonly certificate: Certificate;
  readonly isAnchor: boolean;
}

const checkValidity = ({ certificate, at }: Step): PathProblem[] => {
  const validity = validityAt(certificate, at);
  if (validity === 'valid') return [];
  return [
    pathProblem(validity, certificate, {
      notBefore: certificate.notBefore.toISOString(),
      notAfter: certificate.notAfter.toISOString(),
    }),
  ];
};

/**
 * An anchor of version 1 has nowhere to say that it is a CA, and one without basicConstraints may say it by its
 * key usage: to RFC 5280 an anchor is a CA, and OpenSSL and GnuTLS have it so in these two cases.
 */
const isAnchorOfOldForm = ({ certificate, isAnchor }: Step): boolean =>
  isAnchor &&
  (certificate.version === 1 ||
    (basicConstraints(certificate) === undefined &&
      keyUsage(certificate)?.has(keyUsageBits.keyCertSign) === true));

/** RFC 5280 6.1.4 (k), (n). */
const checkAuthority = (step: Step): PathProblem[] => {
  const { certificate, index, purpose } = step;
  if (index === 0 && purpose !== 'ca') return [];
  if (isAnchorOfOldForm(step)) return [];
  if (basicConstraints(certificate)?.ca !== true) return [pathProblem('not-a-ca', certificate)];
  // 4.1.2.6: without a name nothing tells what it issued from what another did.
  if (certificate.subject.rdns.length === 0)
    return [pathProblem('not-a-ca', certificate, { missing: 'subject' })];
  return allowsKeyUsage(certificate, 'keyCertSign')
    ? []
    : [pathProblem('key-usage', certificate, { missing: 'keyCertSign' })];
};

/** RFC 5280 6.1.4 (l), (m): self-issued certificates do not count, nor does a leaf that is no issuer. */
const checkPathLength = ({ path, index, certificate, purpose }: Step): PathProblem[] => {
  const limit = basicConstraints(certificate)?.pathLength;
  if (limit === undefined) return [];
  const below = path.slice(purpose === 'ca' ? 0 : 1, index).filter((each) => !isSelfIssued(each));
  const [deepest] = below;
  if (deepest === undefined || below.length <= limit) return [];
  return [
    pathProblem('path-length', deepest, {
      limit,
      found: below.length,
      limitedBy: nameText(certificate.subject),
    }),
  ];
};

/** RFC 5280 6.1.3 (b), (c): every certificate below, but for self-issued ones that are not the leaf. */
const checkNameConstraints = ({ path, index, certificate }: Step): PathProblem[] =>
  path.slice(0, index).flatMap((below, place) => {
    if (place > 0 && isSelfIssued(below)) return [];
    const refusal = refusalUnder(certificate, below);
    if (refusal === undefined) return [];
    return [
      pathProblem('name-constraints', below, {
        refusal,
        constrainedBy: nameText(certificate.subject),
      }),
    ];
  });

const tlsKeyUsages = [
  keyUsageBits.digitalSignature,
  keyUsageBits.keyEncipherment,
  keyUsageBits.keyAgreement,
];

/**
 * A CA's extendedKeyUsage limits what it issues for, as browsers, Windows and OpenSSL have it; there
 * anyExtendedKeyUsage is no limit (RFC 5280 4.2.1.12). The server's own must name serverAuth.
 */
const checkPurpose = ({ certificate, index, purpose }: Step): PathProblem[] => {
  const purposes = extendedKeyUsage(certificate);
  const isCa = index > 0 || purpose === 'ca';
  if (
    purposes &&
    !purposes.has(oids.serverAuth) &&
    !(isCa && purposes.has(oids.anyExtendedKeyUsage))
  )
    return [pathProblem('purpose', certificate, { purposes: [...purposes] })];
  const usages = isCa ? undefined : keyUsage(certificate);
  return usages === undefined || tlsKeyUsages.some((bit) => usages.has(bit))
    ? []
    : [pathProblem('key-usage', certificate, { missing: 'digitalSignature' })];
};

/** Of a CA's key that cannot be used, the certificate below says so. */
const checkKey = ({ certificate, index }: Step): PathProblem[] => {
  const strength = keyStrength(certificate);
  if (index === 0 && strength.type === 'unknown') return [pathProblem('unusable-key', certificate)];
  return canBeFactored(strength)
    ? [pathProblem('key-too-weak', certificate, { keyBits: strength.bits })]
    : [];
};

/**
 * Whoever finds two inputs with one SHA-1 has a certificate that nobody issued: OpenSSL 3 and GnuTLS refuse it
 * as they are set up. Of a root, whose key is trusted itself, the signature counts for nothing.
 */
const checkSignature = ({ path, index, certificate, isAnchor }: Step): PathProblem[] => {
  const isRoot = isAnchor || (index === path.length - 1 && isSelfIssued(certificate));
  return !isRoot && usesSha1(certificate) ? [pathProblem('sha1-signature', certificate)] : [];
};

const usesSha1 = ({ algorithm }: Certificate): boolean => {
  try {
    return signatureScheme(algorithm).weak;
  } catch {
    return false; // refused, and reported as such
  }
};

const checks = [
  checkValidity,
  ({ certificate }: Step) => criticalExtensionProblems(certificate),
  checkAuthority,
  checkPathLength,
  checkNameConstraints,
  checkPurpose,
  checkKey,
  checkSignature,
];

/** A malformed extension is the problem of the certificate at hand, whichever check met it first. */
const checkStep = (step: Step): PathProblem[] => {
  const problems: PathProblem[] = [];
  try {
    for (const check of checks) problems.push(...check(step));
    readWhatAllRead(step.certificate);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    problems.push(pathProblem('malformed-extension', step.certificate, { detail: error.message }));
  }
  return problems;
};

/** Without an anchor nobody has said yet which policies are due. */
const policyProblems = (
  path: readonly Certificate[],
  { anchored }: PathContext,
): readonly PathProblem[] => {
  const found = anchored ? policyRefusal(path) : undefined;
  if (found === undefined) return [];
  const { certificate, refusal, malformed } = found;
  return [
    malformed
      ? pathProblem('malformed-extension', certificate, { detail: refusal })
      : pathProblem('policy', certificate, { refusal }),
  ];
};

/** All problems of a path, the leaf's first. `path` begins with the leaf. */
export const validatePath = (
  path: readonly Certificate[],
  context: PathContext,
): readonly PathProblem[] => [
  ...path.flatMap((certificate, index) =>
    checkStep({
      ...context,
      path,
      index,
      certificate,
      isAnchor: context.anchored && index === path.length - 1,
    }),
  ),
  ...policyProblems(path, context),
];
