/** Which certificates a CRL speaks of (RFC 5280 5.2.5 and 6.3.3 (b)). */

import type { Certificate } from './certificate.ts';
import type { CrlContents } from './crl-contents.ts';
import type { IssuingDistributionPoint } from './crl-extensions.ts';
import { DerError, unlessMalformed } from './der.ts';
import { type DistributionPoint, basicConstraints, crlDistributionPoints } from './extensions.ts';
import type { GeneralNames } from './general-names.ts';
import { type Name, type RelativeName, keyUnder, nameText, sameName } from './name.ts';

/** A certificate whose status a CRL is asked for. */
export interface CrlSubject {
  /** Content bytes of the INTEGER. */
  readonly serial: Uint8Array;
  readonly issuer: Name;
  /** Absent where only its serial number is known: then it counts as an end entity's. */
  readonly certificate?: Certificate;
  /** Reasons, by the bit numbers of ReasonFlags, for which other CRLs speak of it. */
  readonly otherReasons?: ReadonlySet<number>;
}

/** Why a CRL says nothing of a certificate. `unsupported`: it might, in a way that few verifiers follow. */
export interface OutOfScope {
  readonly found: string;
  readonly expected?: string;
  readonly unsupported?: true;
  /** It speaks of the certificate, but for these reasons only: what it lists is revoked, the rest unknown. */
  readonly reasons?: ReadonlySet<number>;
}

/** ReasonFlags 1 to 8 (RFC 5280 4.2.1.13); 0 is unused. */
export const everyReason: ReadonlySet<number> = new Set([1, 2, 3, 4, 5, 6, 7, 8]);
export const coversAllReasons = (reasons: ReadonlySet<number>): boolean =>
  [...everyReason].every((reason) => reasons.has(reason));

const normalized = (uri: string): string => (URL.canParse(uri) ? new URL(uri).href : uri);

/** RFC 5280 7.4: scheme and host match whatever their case. */
const sameUri = (a: string, b: string): boolean => a === b || normalized(a) === normalized(b);

/** What a distribution point is called. */
interface PointNames {
  readonly uris: readonly string[];
  /** Directory names, by their keys. */
  readonly keys: readonly string[];
  /** Its names, for people. */
  readonly text: string;
}

const textOf = (names: readonly string[]): string =>
  names.length === 0 ? 'names of other kinds' : names.slice(0, 4).join(', ');

const fullNames = ({ uris, directoryNames }: GeneralNames): PointNames => ({
  uris,
  keys: directoryNames.map(({ key }) => key),
  text: textOf([...uris, ...directoryNames.map(nameText)]),
});

const namesFor = (names: readonly Name[], uris: readonly string[] = []): PointNames => ({
  uris,
  keys: names.map(({ key }) => key),
  text: textOf([...uris, ...names.map(nameText)]),
});

const relativeTo = (issuer: Name, relative: RelativeName): PointNames => ({
  uris: [],
  keys: [keyUnder(issuer, relative)],
  text: `${nameText(issuer)}, ${relative.attributes.map(({ value }) => value).join('+')}`,
});

const shareName = (a: PointNames, b: PointNames): boolean =>
  a.uris.some((uri) => b.uris.some((other) => sameUri(uri, other))) ||
  a.keys.some((key) => b.keys.includes(key));

/** A distribution point of a certificate. */
interface Point extends Pick<DistributionPoint, 'crlIssuer' | 'reasons'> {
  readonly names: PointNames;
}

const pointOf = (point: DistributionPoint, issuer: Name): Point => {
  const { fullName, relativeName, crlIssuer = [] } = point;
  if (fullName) return { ...point, names: fullNames(fullName) };
  if (relativeName) return { ...point, names: relativeTo(crlIssuer[0] ?? issuer, relativeName) };
  return { ...point, names: namesFor(crlIssuer) };
};

/** The points of a certificate; one without any is taken to name its issuer as the point (6.3.3, end). */
const pointsOf = (
  { certificate, issuer }: CrlSubject,
  url: string | undefined,
): readonly Point[] => {
  const points = certificate && crlDistributionPoints(certificate);
  if (points) return points.map((point) => pointOf(point, issuer));
  // Where only the serial number is known, the address asked stands for the certificate's own.
  const uris = certificate || url === undefined ? [] : [url];
  return [{ names: namesFor([issuer], uris) }];
};

/** Who issues the indirect CRLs that a certificate asks for (4.2.1.13); none where its extensions are malformed. */
export const crlIssuersOf = (certificate: Certificate): readonly Name[] =>
  unlessMalformed(() => crlDistributionPoints(certificate))?.flatMap(
    ({ crlIssuer }) => crlIssuer ?? [],
  ) ?? [];

/** 6.3.3 (b)(1): the CRL is by who the point says it is by. */
const wrongSource = (
  point: Point,
  crl: CrlContents,
  subject: CrlSubject,
): OutOfScope | undefined => {
  const indirect = crl.extensions.distributionPoint?.indirectCrl ?? false;
  if (point.crlIssuer) {
    const named = point.crlIssuer.some((name) => sameName(name, crl.issuer));
    if (named && indirect) return undefined;
    const expected = `an indirect CRL by ${point.crlIssuer.map(nameText).join(' or ')}`;
    return { found: `${indirect ? 'an indirect' : 'a'} CRL by ${nameText(crl.issuer)}`, expected };
  }
  if (!sameName(crl.issuer, subject.issuer))
    return { found: nameText(crl.issuer), expected: nameText(subject.issuer) };
  // 5.2 leaves it to a verifier whether it processes these; OpenSSL and Windows do not.
  if (indirect) return { found: 'indirectCRL', unsupported: true };
  return undefined;
};

/** 6.3.3 (b)(2)(i): the CRL is for this point. */
const wrongPoint = ({ names }: Point, crl: CrlContents): OutOfScope | undefined => {
  const { fullName, relativeName } = crl.extensions.distributionPoint ?? {};
  const own = fullName ? fullNames(fullName) : relativeName && relativeTo(crl.issuer, relativeName);
  if (!own || shareName(names, own)) return undefined;
  return { found: own.text, expected: names.text };
};

/** 6.3.3 (d): the interim reasons mask. */
const reasonsOf = (
  idp: IssuingDistributionPoint | undefined,
  point: ReadonlySet<number> = everyReason,
): readonly number[] =>
  [...(idp?.onlySomeReasons ?? everyReason)].filter((reason) => point.has(reason));

const onlySome = (reasons: ReadonlySet<number>): OutOfScope => ({
  found: 'only some reasons',
  reasons,
});

/** 6.3.3 (b)(2)(ii) to (iv), and 5.2.5: certificates of versions 1 and 2 are of neither kind. */
const wrongKind = (
  { certificate }: CrlSubject,
  idp: IssuingDistributionPoint | undefined,
): OutOfScope | undefined => {
  if (idp?.only === undefined) return undefined;
  if (idp.only === 'attribute') return { found: 'onlyContainsAttributeCerts' };
  const ca = certificate !== undefined && (basicConstraints(certificate)?.ca ?? false);
  const old = certificate !== undefined && certificate.version < 3;
  if (!old && ca === (idp.only === 'ca')) return undefined;
  const found = idp.only === 'ca' ? 'onlyContainsCACerts' : 'onlyContainsUserCerts';
  return { found, expected: ca ? 'a list with CA certificates' : 'a list with other certificates' };
};

/**
 * Why `crl` says nothing of `subject`, or not all; undefined: it speaks of it, and together with what
 * other CRLs do, for every reason. What a certificate does not say about its distribution points, `url`,
 * the address asked, says.
 */
export const outOfScope = (
  crl: CrlContents,
  subject: CrlSubject,
  url?: string,
): OutOfScope | undefined => {
  const idp = crl.extensions.distributionPoint;
  try {
    const kind = wrongKind(subject, idp);
    if (kind) return kind;
    let first: OutOfScope | undefined;
    let matched = false;
    const reasons = new Set<number>();
    for (const point of pointsOf(subject, url)) {
      const why = wrongSource(point, crl, subject) ?? wrongPoint(point, crl);
      if (why) first ??= why;
      else for (const reason of reasonsOf(idp, point.reasons)) reasons.add(reason);
      matched ||= !why;
    }
    if (!matched)
      return first ?? { found: 'a certificate with an empty list of distribution points' };
    const together = new Set([...reasons, ...(subject.otherReasons ?? [])]);
    return coversAllReasons(together) ? undefined : onlySome(reasons);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return { found: `a certificate whose extensions are malformed: ${error.message}` };
  }
};

/** Why a CRL cannot be the whole truth about its issuer's certificates at `url`, whichever they are. */
export const wrongAddress = (crl: CrlContents, url: string | undefined): OutOfScope | undefined => {
  const idp = crl.extensions.distributionPoint;
  if (!idp) return undefined;
  if (idp.only === 'attribute') return { found: 'onlyContainsAttributeCerts' };
  if (idp.indirectCrl) return { found: 'indirectCRL', unsupported: true };
  const point = { names: namesFor([crl.issuer], url === undefined ? [] : [url]) };
  const wrong = wrongPoint(point, crl);
  if (wrong) return wrong;
  const reasons = new Set(reasonsOf(idp));
  return coversAllReasons(reasons) ? undefined : onlySome(reasons);
};
