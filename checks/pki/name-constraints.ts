/** Name constraints (RFC 5280 4.2.1.10): may a CA whose certificate carries these issue for those names? */

import type { Certificate } from './certificate.ts';
import {
  type Match,
  hostConstraint,
  hostOf,
  mailConstraint,
  mailHost,
  matchDns,
  matchHost,
  uriHost,
} from './constrained-hosts.ts';
import { unlessMalformed } from './der.ts';
import { type NameConstraints, nameConstraints, subjectAltName } from './extensions.ts';
import type { GeneralNames } from './general-names.ts';
import { type Name, nameText, nameValues } from './name.ts';
import { hex } from './values.ts';

const emailAddressType = '1.2.840.113549.1.9.1';

/** Every name of a certificate that constraints apply to. */
const constrainedNames = (certificate: Certificate): GeneralNames => {
  const alternative = subjectAltName(certificate);
  const { subject } = certificate;
  return {
    dnsNames: alternative?.dnsNames ?? [],
    // An address in the subject counts only where there is no subjectAltName
    emailAddresses: alternative?.emailAddresses ?? nameValues(subject, emailAddressType),
    directoryNames: [
      ...(subject.rdns.length > 0 ? [subject] : []),
      ...(alternative?.directoryNames ?? []),
    ],
    uris: alternative?.uris ?? [],
    ipAddresses: alternative?.ipAddresses ?? [],
    others: alternative?.others ?? [],
  };
};

/** How one form is compared: names and constraints are read once, since each meets each. */
interface Form<T, N, C> {
  readonly form: string;
  readonly name: (raw: T) => N;
  readonly constraint: (raw: T) => C;
  /** `excluded` widens what a wildcard covers. */
  readonly matches: (name: N, constraint: C, excluded: boolean) => Match;
  readonly text: (raw: T) => string;
}

interface Lists<T> {
  readonly names: readonly T[];
  readonly permitted: readonly T[];
  readonly excluded: readonly T[];
}

const plain = (text: string): string => text;

const dns = {
  form: 'DNS',
  name: hostOf,
  constraint: hostConstraint,
  matches: matchDns,
  text: plain,
};
const email = {
  form: 'email',
  name: mailHost,
  constraint: mailConstraint,
  matches: matchHost,
  text: plain,
};
const uri = {
  form: 'URI',
  name: uriHost,
  constraint: hostConstraint,
  matches: matchHost,
  text: plain,
};

interface IpRange {
  /** Begins with the address. */
  readonly range: Uint8Array;
  /** Undefined: it is no range. */
  readonly mask: Uint8Array | undefined;
}

const isContiguous = (mask: Uint8Array): boolean =>
  /^1*0*$/.test([...mask].map((byte) => byte.toString(2).padStart(8, '0')).join(''));
const isIpLength = (length: number): boolean => length === 4 || length === 16;

const ipRange = (raw: Uint8Array): IpRange => {
  const half = raw.length / 2;
  const mask = raw.subarray(half);
  const valid = isIpLength(half) && isContiguous(mask);
  return { range: raw, mask: valid ? mask : undefined };
};

const matchIp = (ip: Uint8Array, { range, mask }: IpRange): Match => {
  if (!isIpLength(ip.length) || mask === undefined) return 'malformed';
  return (
    ip.length === mask.length &&
    ip.every((byte, index) => ((byte ^ (range[index] ?? 0)) & (mask[index] ?? 0)) === 0)
  );
};

const ip = {
  form: 'IP',
  name: (raw: Uint8Array): Uint8Array => raw,
  constraint: ipRange,
  matches: matchIp,
  text: hex,
};

/** The subtree of a directory name: the same relative names first (RFC 5280 7.1). */
const directory = {
  form: 'name',
  name: ({ key }: Name): string => `${key},`,
  constraint: ({ key }: Name): string => (key === '' ? '' : `${key},`),
  matches: (name: string, constraint: string): Match => name.startsWith(constraint),
  text: nameText,
};

const refusal = <T, N, C>(
  { form, name: readName, constraint, matches, text }: Form<T, N, C>,
  { names, ...lists }: Lists<T>,
): string | undefined => {
  const permitted = lists.permitted.map(constraint);
  const excluded = lists.excluded.map(constraint);
  for (const raw of names) {
    const name = readName(raw);
    if (excluded.some((one) => matches(name, one, true) !== false))
      return `${form} ${text(raw)} is excluded`;
    if (permitted.length === 0) continue;
    if (!permitted.some((one) => matches(name, one, false) === true))
      return `${form} ${text(raw)} is not permitted`;
  }
  return undefined;
};

/** More comparisons than this refuse the certificate, as OpenSSL does: no real one comes near. */
const maxComparisons = 2 ** 20;

const count = (names: GeneralNames | undefined): number =>
  names === undefined
    ? 0
    : names.dnsNames.length +
      names.emailAddresses.length +
      names.directoryNames.length +
      names.uris.length +
      names.ipAddresses.length +
      names.others.length;

/** Why the names are not within the constraints, or undefined where they are. */
const constraintRefusal = (
  { permitted, excluded }: NameConstraints,
  names: GeneralNames,
): string | undefined => {
  if (count(names) * (count(permitted) + count(excluded)) > maxComparisons)
    return 'too many names and constraints';
  // The rare forms are not evaluated: constrained and present is refused
  const constrained = [...(permitted?.others ?? []), ...(excluded?.others ?? [])];
  const unsupported = constrained.find((form) => names.others.includes(form));
  if (unsupported !== undefined) return `names of form [${unsupported}] are constrained`;
  const lists = <K extends keyof GeneralNames>(key: K) => ({
    names: names[key],
    permitted: permitted?.[key] ?? [],
    excluded: excluded?.[key] ?? [],
  });
  return (
    refusal(dns, lists('dnsNames')) ??
    refusal(email, lists('emailAddresses')) ??
    refusal(uri, lists('uris')) ??
    refusal(ip, lists('ipAddresses')) ??
    refusal(directory, lists('directoryNames'))
  );
};

/** What was found of a CA and a certificate below it: a search for paths meets the same two again and again. */
const found = new WeakMap<Certificate, WeakMap<Certificate, { readonly refusal?: string }>>();

/**
 * Why the constraints of `ca` do not allow the names of `below`, or undefined where they do, and where these
 * names cannot be read. @throws DerError where the constraints cannot
 */
export const refusalUnder = (ca: Certificate, below: Certificate): string | undefined => {
  const known = found.get(ca)?.get(below);
  if (known) return known.refusal;
  const constraints = nameConstraints(ca);
  const names = constraints && unlessMalformed(() => constrainedNames(below));
  const refused = names && constraintRefusal(constraints, names);
  const ofCa = found.get(ca) ?? new WeakMap<Certificate, { readonly refusal?: string }>();
  ofCa.set(below, refused === undefined ? {} : { refusal: refused });
  found.set(ca, ofCa);
  return refused;
};
