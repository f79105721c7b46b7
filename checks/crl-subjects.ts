/** Who issues a profile's CRL, and which of the profile's certificates are to be looked up in it. */

import { type Certificate, parseCertificate } from './pki/certificate.ts';
import type { CrlSubject } from './pki/crl-judge.ts';
import { crlIssuersOf } from './pki/crl-scope.ts';
import { DerError, unlessMalformed } from './pki/der.ts';
import { freshestCrl } from './pki/extensions.ts';
import { sameName } from './pki/name.ts';
import { serialBytes } from './pki/values.ts';
import type { Authority, AuthorityCertificate, CrlSource, GapId, Profile, Run } from './types.ts';

/** Authorities of one name: one CA with several keys or certificates. */
export const issuersOf = (profile: Profile, source: CrlSource): readonly Authority[] => {
  const { authorities } = profile;
  const issuer = authorities.find(({ id }) => id === source.issuer);
  if (!issuer) throw new Error(`profile ${profile.id} has no authority ${source.issuer}`);
  return [issuer, ...authorities.filter((each) => each !== issuer && each.name === issuer.name)];
};

/** The authorities that these issued, their own root certificates left out. */
export const issuedBy = (profile: Profile, issuers: readonly Authority[]): readonly Authority[] => {
  const ids = new Set(issuers.map(({ id }) => id));
  return profile.authorities.filter(({ root, issuer }) => !root && ids.has(issuer ?? ''));
};

/** Authorities of others, which may ask for an indirect CRL by these. */
export const issuedElsewhere = (
  profile: Profile,
  issuers: readonly Authority[],
): readonly Authority[] => {
  const own = issuedBy(profile, issuers);
  return profile.authorities.filter((each) => !each.root && !own.includes(each));
};

/** Whether the certificate may ask for a CRL by one of these (RFC 5280 4.2.1.13, cRLIssuer). */
export const asksFor = (issuers: readonly Known[], certificate: Certificate): boolean =>
  crlIssuersOf(certificate).some((name) =>
    issuers.some((issuer) => !issuer.certificate || sameName(issuer.certificate.subject, name)),
  );

/** Serial numbers, in hex, that the profile asks OCSP about and that these issued. */
export const serialsOf = (profile: Profile, issuers: readonly Authority[]): readonly string[] => {
  const ids = new Set(issuers.map(({ id }) => id));
  const serials = profile.ocsp.flatMap(({ issuer, certificate }) =>
    ids.has(issuer) && 'serial' in certificate ? [certificate.serial] : [],
  );
  return [...new Set(serials)];
};

/** An authority's certificate, or why there is none to work with. */
export type Known =
  | { readonly authority: Authority; readonly certificate: Certificate }
  | {
      readonly authority: Authority;
      readonly certificate?: undefined;
      readonly blockedBy: readonly GapId[];
      readonly reason: string;
    };

const known = (authority: Authority, found: AuthorityCertificate): Known => {
  if (!found.der) return { authority, blockedBy: found.blockedBy, reason: found.reason };
  try {
    return { authority, certificate: parseCertificate(found.der) };
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    const reason = `the certificate of ${authority.name} is malformed: ${error.message}`;
    return { authority, blockedBy: [], reason };
  }
};

/** The certificates of authorities, from the profile or fetched. */
export const certificatesOf = (
  authorities: readonly Authority[],
  { profile, run, signal }: { profile: Profile; run: Run; signal: AbortSignal },
): Promise<readonly Known[]> =>
  Promise.all(
    authorities.map(async (authority) =>
      known(authority, await run.authority(profile, authority.id, signal)),
    ),
  );

/** Content bytes of the serial numbers that need no fetch to be known. */
export const serialsAtHand = (
  subjects: readonly Authority[],
  serials: readonly string[],
): readonly Uint8Array[] => [
  ...serials.map(serialBytes),
  ...subjects.flatMap((authority) => {
    if (!authority.der) return [];
    const { certificate } = known(authority, { der: authority.der, source: 'profile' });
    return certificate ? [certificate.serial] : [];
  }),
];

/** A subject of a CRL, with the name that the report gives it. */
export interface NamedSubject extends CrlSubject {
  /** The authority's id, or the serial number in hex. */
  readonly label: string;
}

export const namedSubjects = (
  subjects: readonly Known[],
  serials: readonly string[],
  issuers: readonly Certificate[],
): readonly NamedSubject[] => [
  ...subjects.flatMap(({ authority, certificate }) =>
    certificate
      ? [
          {
            label: authority.id,
            serial: certificate.serial,
            issuer: certificate.issuer,
            certificate,
          },
        ]
      : [],
  ),
  ...serials.flatMap((serial) =>
    issuers.slice(0, 1).map(({ subject }) => ({
      label: serial,
      serial: serialBytes(serial),
      issuer: subject,
    })),
  ),
];

/** Where the delta CRL is said to be, by certificates that are looked up; http and https only. */
export const freshestUrls = (
  from: readonly Parameters<typeof freshestCrl>[0][],
): readonly string[] => {
  const points = from.flatMap((each) => unlessMalformed(() => freshestCrl(each)) ?? []);
  const uris = points.flatMap(({ fullName }) => fullName?.uris ?? []);
  return [...new Set(uris)].filter((uri) => /^https?:\/\//i.test(uri) && URL.canParse(uri));
};
