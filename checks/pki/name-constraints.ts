/** Name constraints (RFC 5280 4.2.1.10): may a CA whose certificate carries these issue for those names? */

import type { Certificate } from './certificate.ts';
import { type NameConstraints, subjectAltName } from './extensions.ts';
import type { GeneralNames } from './general-names.ts';
import { type Name, nameText, nameValues } from './name.ts';
import { hex } from './values.ts';

const emailAddressType = '1.2.840.113549.1.9.1';

/** Every name of a certificate that constraints apply to. */
export const constrainedNames = (certificate: Certificate): GeneralNames => {
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

/** Lower-case labels, left to right; undefined for what is no host name. A `*` may stand alone on the left. */
const labelsOf = (name: string): readonly string[] | undefined => {
  const labels = name.toLowerCase().split('.');
  const valid = labels.every(
    (label, index) => /^[a-z0-9_-]{1,63}$/.test(label) || (index === 0 && label === '*'),
  );
  return valid && name.length <= 253 ? labels : undefined;
};

const endsWith = (labels: readonly string[], suffix: readonly string[]): boolean =>
  labels.length >= suffix.length &&
  suffix.every((label, index) => label === labels[labels.length - suffix.length + index]);

/** `malformed`: the comparison cannot be made, which refuses the name whichever list it is on. */
type Match = boolean | 'malformed';

/** How one form is compared. `excluded` widens what a wildcard covers. */
type Comparison<T> = (name: T, constraint: T, excluded: boolean) => Match;

const matchDns: Comparison<string> = (name, constraint, excluded) => {
  const labels = labelsOf(name);
  if (labels === undefined) return 'malformed';
  if (constraint === '') return true;
  // RFC 5280 has no leading dot here; CAs write it and mean subdomains only
  const subdomainsOnly = constraint.startsWith('.');
  const suffix = labelsOf(subdomainsOnly ? constraint.slice(1) : constraint);
  if (suffix === undefined || suffix[0] === '*') return 'malformed';
  if (endsWith(labels, suffix)) return !subdomainsOnly || labels.length > suffix.length;
  // `*.example.com` may stand for an excluded `host.example.com`
  return (
    excluded &&
    labels[0] === '*' &&
    labels.length === suffix.length &&
    endsWith(suffix, labels.slice(1))
  );
};

/** Mail and URI constraints are one host, or with a leading dot all hosts of a domain. */
const isWithin = (host: readonly string[], constraint: string): Match => {
  if (constraint === '') return true;
  const isDomain = constraint.startsWith('.');
  const suffix = labelsOf(isDomain ? constraint.slice(1) : constraint);
  if (suffix === undefined || suffix[0] === '*') return 'malformed';
  return endsWith(host, suffix) && host.length > suffix.length === isDomain;
};

const matchEmail: Comparison<string> = (address, constraint) => {
  const [local, host, ...rest] = address.split('@');
  if (local === undefined || local === '' || host === undefined || rest.length > 0)
    return 'malformed';
  const labels = labelsOf(host);
  if (labels === undefined) return 'malformed';
  const at = constraint.lastIndexOf('@');
  if (at < 0) return isWithin(labels, constraint);
  return (
    local === constraint.slice(0, at) &&
    host.toLowerCase() === constraint.slice(at + 1).toLowerCase()
  );
};

/** The host of a URI: a URI without one, or with a number in its place, cannot be compared and is refused. */
const matchUri: Comparison<string> = (uri, constraint) => {
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(uri)?.[1];
  const host = labelsOf(authority?.replace(/^.*@/, '').replace(/:\d*$/, '') ?? '');
  const top = host?.at(-1);
  if (host === undefined || host.length < 2 || host[0] === '*' || /^\d*$/.test(top ?? ''))
    return 'malformed';
  return isWithin(host, constraint);
};

const isContiguous = (mask: Uint8Array): boolean =>
  /^1*0*$/.test([...mask].map((byte) => byte.toString(2).padStart(8, '0')).join(''));

const matchIp: Comparison<Uint8Array> = (address, constraint) => {
  const half = constraint.length / 2;
  const mask = constraint.subarray(half);
  const lengths = [4, 16];
  if (!lengths.includes(address.length) || !lengths.includes(half) || !isContiguous(mask))
    return 'malformed';
  return (
    address.length === half &&
    address.every((byte, index) => ((byte ^ (constraint[index] ?? 0)) & (mask[index] ?? 0)) === 0)
  );
};

/** The subtree of a directory name: the same relative names first (RFC 5280 7.1). */
const matchDirectory: Comparison<Name> = ({ key }, constraint) =>
  constraint.key === '' || key === constraint.key || key.startsWith(`${constraint.key},`);

interface Form<T> {
  readonly form: string;
  readonly names: readonly T[];
  readonly permitted: readonly T[];
  readonly excluded: readonly T[];
  readonly matches: Comparison<T>;
  readonly text: (name: T) => string;
}

const refusal = <T>({ form, names, permitted, excluded, matches, text }: Form<T>) => {
  for (const name of names) {
    const said = `${form} ${text(name)}`;
    if (excluded.some((constraint) => matches(name, constraint, true) !== false))
      return `${said} is excluded`;
    if (permitted.length === 0) continue;
    if (!permitted.some((constraint) => matches(name, constraint, false) === true))
      return `${said} is not permitted`;
  }
  return undefined;
};

/** More comparisons than this refuse the certificate: no real one comes near. */
const maxComparisons = 2 ** 18;

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
export const constraintRefusal = (
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
  const plain = (text: string): string => text;
  return (
    refusal<string>({ form: 'DNS', ...lists('dnsNames'), matches: matchDns, text: plain }) ??
    refusal<string>({
      form: 'email',
      ...lists('emailAddresses'),
      matches: matchEmail,
      text: plain,
    }) ??
    refusal<string>({ form: 'URI', ...lists('uris'), matches: matchUri, text: plain }) ??
    refusal<Uint8Array>({ form: 'IP', ...lists('ipAddresses'), matches: matchIp, text: hex }) ??
    refusal<Name>({
      form: 'name',
      ...lists('directoryNames'),
      matches: matchDirectory,
      text: nameText,
    })
  );
};
