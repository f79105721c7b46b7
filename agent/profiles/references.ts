/**
 * What in a profile refers to something else in it. Works on what is left of a profile after the
 * schema has refused parts of it, so that all problems come out at once; what was refused counts as fine.
 */

import { type Loose, type Problem, gotAllowed } from '../documents/problems.ts';
import { parseHostPort } from '../host-port.ts';
import type { ProfileDocument } from './schema.ts';

type LooseProfile = Loose<ProfileDocument>;
type LooseAuthority = Loose<ProfileDocument['authorities'][number]>;

const isRefused = (value: object, key: string): boolean =>
  key in value && (value as Record<string, unknown>)[key] === undefined;

/** Whether following the issuers leads to a root, or to a place where another problem stands. */
const endsInRoot = (authority: LooseAuthority, all: readonly LooseAuthority[]): boolean => {
  const seen = new Set<LooseAuthority>();
  let at: LooseAuthority | undefined = authority;
  while (at && at.root !== true && !seen.has(at)) {
    seen.add(at);
    const issuer: string | undefined = at.issuer;
    at = issuer === undefined ? undefined : all.find(({ id }) => id === issuer);
  }
  return at === undefined || at.root === true;
};

const authorityProblems = (
  authority: LooseAuthority,
  all: readonly LooseAuthority[],
): readonly Problem[] => {
  const { root, issuer, sha256, certificate, url } = authority;
  if (isRefused(authority, 'root')) return [];
  const lacks = (...keys: readonly ('sha256' | 'certificate' | 'url')[]): boolean =>
    keys.every((key) => authority[key] === undefined && !isRefused(authority, key));
  if (root === true)
    return [
      ...(issuer === undefined
        ? []
        : [{ key: 'issuer', problem: 'stands at a root, allowed: none' }]),
      ...(sha256 === undefined && certificate === undefined && lacks('sha256', 'certificate')
        ? [{ key: 'sha256', problem: 'missing, needed: sha256 or certificate' }]
        : []),
    ];
  const ids = all.flatMap(({ id }) => id ?? []);
  const known = issuer !== undefined && ids.includes(issuer);
  return [
    ...(known || isRefused(authority, 'issuer')
      ? []
      : [
          {
            key: 'issuer',
            problem: gotAllowed(
              issuer,
              `an authority's id (${ids.join(', ')}), or root: true instead`,
            ),
          },
        ]),
    ...(endsInRoot(authority, all)
      ? []
      : [{ key: 'issuer', problem: 'leads round in a circle, allowed: a way to a root' }]),
    ...(url === undefined && lacks('url', 'certificate')
      ? [{ key: 'url', problem: 'missing, needed: url, certificate or both' }]
      : []),
  ];
};

/** Under `key[index]field`: values that stood before. */
const repeated = (
  key: string,
  values: readonly (string | undefined)[],
  field = '',
): readonly Problem[] =>
  values.flatMap((value, index) =>
    value === undefined || values.indexOf(value) === index
      ? []
      : [{ key: `${key}[${index}]${field}`, problem: `stands twice, allowed: once: ${value}` }],
  );

const issuerProblems = (
  key: string,
  sources: LooseProfile['crls'] | LooseProfile['ocsp'],
  ids: readonly string[],
): readonly Problem[] =>
  (sources ?? []).flatMap((source, index) =>
    source?.issuer === undefined || ids.includes(source.issuer)
      ? []
      : [
          {
            key: `${key}[${index}].issuer`,
            problem: gotAllowed(source.issuer, `an authority's id (${ids.join(', ')})`),
          },
        ],
  );

/** An OCSP responder is asked about a certificate of its issuer's. */
const ocspProblems = (
  sources: LooseProfile['ocsp'],
  authorities: readonly LooseAuthority[],
): readonly Problem[] =>
  (sources ?? []).flatMap((source, index) => {
    const { issuer, certificate } = source ?? {};
    if (typeof certificate !== 'string' || issuer === undefined) return [];
    const issued = authorities.filter((authority) => authority.issuer === issuer);
    if (issued.some(({ id }) => id === certificate)) return [];
    const choices = [...issued.flatMap(({ id }) => id ?? []), '{ serial: HEX }'].join(', ');
    const problem = gotAllowed(certificate, `a certificate that ${issuer} issued: ${choices}`);
    return [{ key: `ocsp[${index}].certificate`, problem }];
  });

const endpointKey = (text: string | undefined): string | undefined => {
  const endpoint = text === undefined ? undefined : parseHostPort(text, 80);
  return endpoint && `${endpoint.host.toLowerCase()}:${endpoint.port}`;
};

/** What is wrong among the authorities, and in what names one of them. */
const authoritiesProblems = (
  positions: NonNullable<LooseProfile['authorities']>,
  { crls, ocsp }: LooseProfile,
): readonly Problem[] => {
  const authorities = positions.flatMap((authority) => authority ?? []);
  const ids = authorities.flatMap(({ id }) => id ?? []);
  const someRoot = positions.some(
    (authority) =>
      authority === undefined || authority.root === true || isRefused(authority, 'root'),
  );
  return [
    ...(someRoot
      ? []
      : [{ key: 'authorities', problem: 'without a root, needed: root: true at one' }]),
    ...repeated(
      'authorities',
      positions.map((authority) => authority?.id),
      '.id',
    ),
    ...positions.flatMap((authority, index) =>
      (authority ? authorityProblems(authority, authorities) : []).map(({ key, problem }) => ({
        key: `authorities[${index}].${key}`,
        problem,
      })),
    ),
    ...issuerProblems('crls', crls, ids),
    ...issuerProblems('ocsp', ocsp, ids),
    ...ocspProblems(ocsp, authorities),
  ];
};

/** Everything in a profile that does not fit together. */
export const referenceProblems = (profile: LooseProfile): readonly Problem[] => {
  const { authorities, crls = [], ocsp = [], endpoints = [] } = profile;
  return [
    ...(authorities ? authoritiesProblems(authorities, profile) : []),
    ...repeated('endpoints', endpoints.map(endpointKey)),
    ...repeated(
      'crls',
      crls.map((crl) => crl?.url),
      '.url',
    ),
    ...repeated(
      'ocsp',
      ocsp.map((source) => source && JSON.stringify(source)),
    ),
    ...(profile.supersededBy !== undefined && profile.supersededBy === profile.id
      ? [{ key: 'supersededBy', problem: 'is this profile itself, allowed: the id of another' }]
      : []),
  ];
};
