/** Which trust store a finding is about, and what the commands that mend it need to know. */

import type { Finding } from '../types.ts';
import { printable, targetOf, textOf } from './evidence.ts';

/** Who keeps a store in order: the distribution's tool, a program of its own, or nobody. */
export type StoreKeeper =
  | 'update-ca-certificates'
  | 'update-ca-trust'
  | 'suse'
  | 'p11-kit'
  | 'directory'
  | 'bundle'
  | 'java'
  | 'nss'
  | 'postfix-chroot'
  | 'windows';

/** The authority's id, the first part of `AUTHORITY@STORE`. */
export const authorityOf = (finding: Finding): string => {
  const target = targetOf(finding);
  const at = target.indexOf('@');
  return at > 0 ? target.slice(0, at) : (textOf(finding, 'root') ?? target);
};

/** The store's path or name, the second part of `AUTHORITY@STORE` where the evidence has no path. */
export const storePathOf = (finding: Finding): string => {
  const target = targetOf(finding);
  return textOf(finding, 'path') ?? target.slice(target.indexOf('@') + 1);
};

export const rootNameOf = (finding: Finding): string =>
  textOf(finding, 'root') ?? authorityOf(finding);

export const profileOf = (finding: Finding): string | undefined => {
  const profile = textOf(finding, 'profile');
  return profile !== undefined && !profile.startsWith('-') ? profile : undefined;
};

/** Upper-case hex, or nothing: what is no SHA-256 is not shown as one. */
export const sha256Of = (finding: Finding, key = 'sha256'): string | undefined => {
  const digits = textOf(finding, key)?.replaceAll(':', '').toUpperCase();
  return digits !== undefined && /^[0-9A-F]{64}$/.test(digits) ? digits : undefined;
};

/** A file name for the root's certificate, and an alias in stores that want one. */
export const rootAlias = (finding: Finding): string => {
  const plain = printable(authorityOf(finding))
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  return `certready-${plain === '' ? 'root' : plain.slice(0, 40)}`;
};

const under = (path: string, ...places: readonly string[]): boolean =>
  places.some((place) => path === place || path.startsWith(`${place}/`));

/** Files and folders that a tool of the system writes. */
const systemPlaces: readonly (readonly [StoreKeeper, readonly string[]])[] = [
  ['postfix-chroot', ['/var/spool/postfix']],
  ['update-ca-trust', ['/etc/pki/ca-trust', '/etc/pki/tls', '/usr/share/pki/ca-trust-source']],
  ['suse', ['/var/lib/ca-certificates', '/etc/pki/trust', '/etc/ssl/ca-bundle.pem']],
  ['p11-kit', ['/etc/ca-certificates/extracted', '/etc/ca-certificates/trust-source']],
  ['update-ca-certificates', ['/etc/ssl/certs', '/etc/ssl/cert.pem', '/usr/lib/ssl', 'system']],
  ['update-ca-certificates', ['/usr/share/ca-certificates', '/usr/local/share/ca-certificates']],
];

const keeperOfPath = (path: string): StoreKeeper => {
  const system = systemPlaces.find(([, places]) => under(path, ...places));
  if (system) return system[0];
  if (/^(LocalMachine|CurrentUser|HKLM|HKEY_LOCAL_MACHINE|Cert:)/i.test(path)) return 'windows';
  if (/\.(jks|p12|pfx|keystore)$|(^|[\\/])cacerts$/i.test(path)) return 'java';
  if (/(^|[\\/])cert9\.db$/i.test(path)) return 'nss';
  return /\.(pem|crt|cer|bundle)$/i.test(path) ? 'bundle' : 'directory';
};

/** Kinds of store that are kept one way wherever they lie. */
const keeperOfKind: ReadonlyMap<string, StoreKeeper> = new Map([
  ['windows', 'windows'],
  ['java', 'java'],
  ['nss', 'nss'],
  ['debian', 'update-ca-certificates'],
  ['redhat', 'update-ca-trust'],
  ['suse', 'suse'],
]);

/** Kinds that nobody keeps unless they lie where a tool of the system writes. */
const keeperElsewhere: ReadonlyMap<string, StoreKeeper> = new Map([
  ['p11-kit', 'p11-kit'],
  ['openssl-directory', 'directory'],
  ['openssl-bundle', 'bundle'],
]);

/** By the store's kind, and for those that may lie anywhere, by its path. */
export const keeperOf = (finding: Finding): StoreKeeper => {
  const kind = textOf(finding, 'store') ?? '';
  const byPath = keeperOfPath(storePathOf(finding));
  const isFile = byPath === 'bundle' || byPath === 'directory';
  return keeperOfKind.get(kind) ?? (isFile ? keeperElsewhere.get(kind) : undefined) ?? byPath;
};

/** NSS names a database by its folder. */
export const nssDatabase = (finding: Finding): string =>
  `sql:${storePathOf(finding).replace(/[\\/]cert9\.db$/i, '')}`;

/** The mail server that keeps a copy of the store and has to be restarted to see a change. */
export const mailServerOf = (finding: Finding): 'postfix' | 'exim' | undefined => {
  const kind = textOf(finding, 'store');
  if (kind === 'postfix' || kind === 'exim') return kind;
  return keeperOf(finding) === 'postfix-chroot' ? 'postfix' : undefined;
};

/** The file that an entry was read from, and which certificate in it: `PATH#2`. */
export const originOf = (
  finding: Finding,
): { readonly file: string; readonly index: number } | undefined => {
  const match = /^((?:\/|[A-Z]:\\).*?)(?:#(\d{1,6}))?$/.exec(textOf(finding, 'origin') ?? '');
  return match?.[1] === undefined ? undefined : { file: match[1], index: Number(match[2] ?? 1) };
};
