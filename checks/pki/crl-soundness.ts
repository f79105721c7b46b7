/** Whether a CRL may be believed at all (RFC 5280 6.3.3): its signer, its times, its extensions. */

import type { Evidence, GapCode } from '../types.ts';
import { type Certificate, certificateKey, keyHash } from './certificate.ts';
import type { CrlContents } from './crl-contents.ts';
import { unlessMalformed } from './der.ts';
import { allowsKeyUsage, subjectKeyIdentifier } from './extensions.ts';
import { nameText, sameName } from './name.ts';
import { oids } from './oids.ts';

export interface CrlProblem {
  readonly code: Extract<GapCode, `crl-${string}` | 'certificate-revoked'>;
  readonly evidence: Evidence;
}

/** How far ahead of this clock thisUpdate may lie: two clocks are compared, milliseconds. */
const clockToleranceMs = 5 * 60_000;

/** The identifiers that a CRL may know a certificate's key by: its own, and the usual hash. */
const keyIdentifiers = (certificate: Certificate): readonly string[] => {
  const stated = unlessMalformed(() => subjectKeyIdentifier(certificate));
  return [...(stated === undefined ? [] : [stated]), keyHash(certificate)];
};

const maySignCrls = (certificate: Certificate): boolean =>
  unlessMalformed(() => allowsKeyUsage(certificate, 'cRLSign')) ?? false;

export interface CrlSigner {
  readonly signature: 'valid' | 'invalid' | 'unchecked';
  /** Whose key made the signature. */
  readonly certificate?: Certificate;
  readonly problem?: CrlProblem;
}

const wrongIssuer = (found: string, expected: readonly string[]): CrlProblem => ({
  code: 'crl-wrong-issuer',
  evidence: { found, expected: expected.slice(0, 4).join(' or ') },
});

const notSignedBy = (crl: CrlContents, named: readonly Certificate[]): CrlProblem => {
  const wanted = crl.extensions.authorityKeyIdentifier?.keyIdentifier;
  const known = named.map((certificate) => keyIdentifiers(certificate));
  // Same name, another key: the CRL says itself that it is another's (5.2.1).
  if (wanted !== undefined && !known.some((identifiers) => identifiers.includes(wanted)))
    return wrongIssuer(
      `${nameText(crl.issuer)} with key ${wanted}`,
      known.map((identifiers) => `key ${identifiers[0] ?? ''}`),
    );
  return {
    code: 'crl-signature-invalid',
    evidence: {
      issuer: nameText(crl.issuer),
      signature: 'invalid',
      reason: crl.refused ?? 'not signed by the key of its issuer',
    },
  };
};

/**
 * Who signed: one of `issuers` with the CRL's issuer name whose key made the signature and may sign
 * CRLs (6.3.3 (f) and (g)). An authority with several keys or certificates has several entries.
 */
export const findSigner = (crl: CrlContents, issuers: readonly Certificate[]): CrlSigner => {
  if (issuers.length === 0) return { signature: 'unchecked' };
  const named = issuers.filter(({ subject }) => sameName(subject, crl.issuer));
  if (named.length === 0) {
    const expected = issuers.map(({ subject }) => nameText(subject));
    return { signature: 'unchecked', problem: wrongIssuer(nameText(crl.issuer), expected) };
  }
  const wanted = crl.extensions.authorityKeyIdentifier?.keyIdentifier;
  const likely = (certificate: Certificate): number =>
    wanted !== undefined && keyIdentifiers(certificate).includes(wanted) ? 0 : 1;
  const inOrder = [...named].sort((a, b) => likely(a) - likely(b));
  let undecided = false;
  let signer: Certificate | undefined;
  for (const certificate of inOrder) {
    const key = certificateKey(certificate);
    const verified = key && crl.verify(key);
    if (verified === undefined) undecided = true;
    if (verified !== true) continue;
    if (maySignCrls(certificate)) return { signature: 'valid', certificate };
    signer ??= certificate;
  }
  if (signer)
    return {
      signature: 'valid',
      certificate: signer,
      problem: {
        code: 'crl-signature-invalid',
        evidence: {
          issuer: nameText(crl.issuer),
          reason: 'the key usage of its issuer does not allow cRLSign',
        },
      },
    };
  if (undecided) return { signature: 'unchecked' };
  return { signature: 'invalid', problem: notSignedBy(crl, named) };
};

export interface Times {
  readonly at: Date;
  /** Refuses a CRL whose thisUpdate is older than this, milliseconds. */
  readonly maxAgeMs?: number;
}

const iso = (time: Date): string => time.toISOString();

/** 5.1.2.4 and 5.1.2.5. A CRL without nextUpdate does not expire: that is a note, not a problem. */
export const timeProblems = (crl: CrlContents, { at, maxAgeMs }: Times): CrlProblem[] => {
  const { thisUpdate, nextUpdate } = crl;
  const evidence = {
    issuer: nameText(crl.issuer),
    thisUpdate: iso(thisUpdate),
    ...(nextUpdate && { nextUpdate: iso(nextUpdate) }),
    at: iso(at),
  };
  const age = at.getTime() - thisUpdate.getTime();
  if (-age > clockToleranceMs) return [{ code: 'crl-not-yet-valid', evidence }];
  if (nextUpdate && nextUpdate < thisUpdate)
    return [
      { code: 'crl-expired', evidence: { ...evidence, reason: 'nextUpdate before thisUpdate' } },
    ];
  if (nextUpdate && at > nextUpdate) return [{ code: 'crl-expired', evidence }];
  if (maxAgeMs !== undefined && age > maxAgeMs)
    return [{ code: 'crl-expired', evidence: { ...evidence, maxAgeMs } }];
  return [];
};

/** Those that are critical by definition, and authorityKeyIdentifier, which changes no meaning. */
const mayBeCritical = new Set<string>([
  oids.issuingDistributionPoint,
  oids.deltaCrlIndicator,
  oids.authorityKeyIdentifier,
]);

/** 5.2 and 5.3: a CRL with a critical extension that is not processed must not be used. */
export const extensionProblems = (crl: CrlContents): CrlProblem[] => {
  const ofCrl = [...crl.extensions.all.values()].filter(
    ({ critical, oid }) => critical && !mayBeCritical.has(oid),
  );
  const problem = (extension: string, reason: string): CrlProblem => ({
    code: 'crl-unsupported-extension',
    evidence: { extension, reason },
  });
  const problems = [
    ...ofCrl.map(({ oid }) => problem(oid, 'critical extension')),
    ...crl.criticalEntryExtensions.map((oid) => problem(oid, 'critical extension of an entry')),
  ];
  // 5.3.3: it belongs into indirect CRLs, where alone it can be processed.
  if (crl.namesIssuers && crl.extensions.distributionPoint?.indirectCrl !== true)
    problems.push(
      problem(oids.certificateIssuer, 'certificateIssuer in a CRL that is not indirect'),
    );
  return problems;
};
