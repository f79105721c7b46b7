/** Host names, mail addresses and URIs as name constraints compare them (RFC 5280 4.2.1.10), read once each. */

/** `malformed`: the comparison cannot be made, which refuses the name whichever list it is on. */
export type Match = boolean | 'malformed';

type Labels = readonly string[];

/** Lower-case labels, left to right; undefined for what is no host name. A `*` may stand alone on the left. */
const labelsOf = (name: string): Labels | undefined => {
  const labels = name.toLowerCase().split('.');
  const valid = labels.every(
    (label, index) => /^[a-z0-9_-]{1,63}$/.test(label) || (index === 0 && label === '*'),
  );
  return valid && name.length <= 253 ? labels : undefined;
};

const endsWith = (labels: Labels, suffix: Labels): boolean =>
  suffix.every((label, index) => label === labels[labels.length - suffix.length + index]);

export interface NamedHost {
  /** Undefined: it has no host that can be compared. */
  readonly labels: Labels | undefined;
  /** The part of a mail address before its `@`. */
  readonly mailbox?: string;
}

export interface HostConstraint {
  /** It begins with a dot. */
  readonly subdomainsOnly: boolean;
  /** Undefined: it is no constraint that can be compared. */
  readonly suffix: Labels | undefined;
  readonly mailbox?: string;
}

export const hostOf = (text: string): NamedHost => ({ labels: labelsOf(text) });

export const mailHost = (text: string): NamedHost => {
  const [mailbox = '', host = '', ...rest] = text.split('@');
  const valid = mailbox !== '' && rest.length === 0;
  return { mailbox, labels: valid ? labelsOf(host) : undefined };
};

/** The host of a URI: one without a host, or with a number in its place, is to be refused. */
export const uriHost = (text: string): NamedHost => {
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(text)?.[1] ?? '';
  const labels = labelsOf(authority.replace(/^.*@/, '').replace(/:\d*$/, ''));
  const isName =
    labels !== undefined &&
    labels.length > 1 &&
    labels[0] !== '*' &&
    !/^\d+$/.test(labels.at(-1) ?? '');
  return { labels: isName ? labels : undefined };
};

export const hostConstraint = (text: string): HostConstraint => {
  const subdomainsOnly = text.startsWith('.');
  const labels = text === '' ? [] : labelsOf(subdomainsOnly ? text.slice(1) : text);
  return { subdomainsOnly, suffix: labels?.[0] === '*' ? undefined : labels };
};

/** One mailbox, or the hosts that mail goes to. */
export const mailConstraint = (text: string): HostConstraint => {
  const [first = '', host, ...rest] = text.split('@');
  if (host === undefined) return hostConstraint(first);
  const { suffix } = hostConstraint(host);
  const valid = first !== '' && rest.length === 0;
  return { subdomainsOnly: false, suffix: valid ? suffix : undefined, mailbox: first };
};

/** `excluded` widens what a wildcard covers. RFC 5280 has no leading dot here; CAs write it and mean subdomains. */
export const matchDns = (
  { labels }: NamedHost,
  { suffix, subdomainsOnly }: HostConstraint,
  excluded: boolean,
): Match => {
  if (labels === undefined || suffix === undefined) return 'malformed';
  if (endsWith(labels, suffix)) return !subdomainsOnly || labels.length > suffix.length;
  // `*.example.com` may stand for an excluded `host.example.com`
  return (
    excluded &&
    labels[0] === '*' &&
    labels.length === suffix.length &&
    endsWith(suffix, labels.slice(1))
  );
};

/** Of mail and URIs: one host, or with a leading dot all hosts of a domain; nothing is every host. */
export const matchHost = (
  { labels, mailbox }: NamedHost,
  { suffix, subdomainsOnly, mailbox: only }: HostConstraint,
): Match => {
  if (labels === undefined || suffix === undefined) return 'malformed';
  if (only !== undefined && only !== mailbox) return false;
  if (suffix.length === 0) return only === undefined;
  return endsWith(labels, suffix) && labels.length > suffix.length === subdomainsOnly;
};
