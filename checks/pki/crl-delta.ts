/** Delta CRLs (RFC 5280 5.2.4 and 6.3.3 (c)): whether one may be combined with a complete CRL. */

import type { Certificate } from './certificate.ts';
import type { CrlContents } from './crl-contents.ts';
import {
  type CrlProblem,
  type Times,
  extensionProblems,
  findSigner,
  timeProblems,
} from './crl-soundness.ts';
import { oids } from './oids.ts';
import { equalBytes } from './values.ts';

const outOfScope = (found: string, expected: string): CrlProblem => ({
  code: 'crl-out-of-scope',
  evidence: { found, expected },
});

const sameExtension = (a: CrlContents, b: CrlContents, oid: string): boolean => {
  const [left, right] = [a, b].map(({ extensions }) => extensions.all.get(oid)?.value);
  return left && right ? equalBytes(left, right) : left === right;
};

const numberOf = ({ extensions }: CrlContents): bigint => extensions.number ?? 0n;

/** 5.2.4 (a) to (c), and 6.3.3 (c), but for the issuer, which the signature shows. */
const relation = (delta: CrlContents, complete: CrlContents): CrlProblem | undefined => {
  if (delta.extensions.baseNumber === undefined) return outOfScope('a complete CRL', 'a delta CRL');
  if (!sameExtension(delta, complete, oids.issuingDistributionPoint))
    return outOfScope('another issuingDistributionPoint', 'that of the complete CRL');
  const { number } = complete.extensions;
  if (delta.extensions.number === undefined)
    return outOfScope('a delta CRL without a number', 'a number to tell the newer one by');
  if (number === undefined)
    return outOfScope('a complete CRL without a number', 'a number to add changes to');
  if (delta.extensions.baseNumber > number)
    return outOfScope(
      `changes since CRL number ${delta.extensions.baseNumber}`,
      `changes since ${number} or earlier`,
    );
  return undefined;
};

export interface DeltaVerdict {
  readonly problems: readonly CrlProblem[];
  /** It may be combined with the complete CRL, and says more than that. */
  readonly applies: boolean;
}

/**
 * `signer`: who signed the complete CRL; a delta CRL is signed with the same key, and says so in the
 * same words (6.3.3 (c)(3)).
 */
export const judgeDelta = (
  delta: CrlContents,
  complete: CrlContents,
  { signer, ...times }: Times & { signer: Certificate | undefined },
): DeltaVerdict => {
  const related = relation(delta, complete);
  if (related) return { problems: [related], applies: false };
  const found = findSigner(delta, signer ? [signer] : []);
  const sameKey = sameExtension(delta, complete, oids.authorityKeyIdentifier);
  const problems = [
    ...(found.problem ? [found.problem] : []),
    ...(found.problem || sameKey
      ? []
      : [outOfScope('another authorityKeyIdentifier', 'that of the complete CRL')]),
    ...timeProblems(delta, times),
    ...extensionProblems(delta),
  ];
  // 5.2.4 (c): one that is no newer than the complete CRL adds nothing to it.
  const newer = numberOf(delta) > numberOf(complete);
  return { problems, applies: problems.length === 0 && found.signature === 'valid' && newer };
};
