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

const under = (path: string, ...folders: readonly string[]): boolean =>
  folders.some((folder) => path === folder || path.startsWith(`${folder}/`));

const keeperOfPath = (path: string): StoreKeeper => {
  if (under(path, '/var/spool/postfix')) return 'postfix-chroot';
  if (under(path, '/etc/pki/ca-trust', '/etc/pki/tls', '/usr/share/pki/ca-trust-source'))
    return 'update-ca-trust';
  if (under(path, '/var/lib/ca-certificates', '/etc/pki/trust', '/etc/ssl/ca-bundle.pem'))
    return 'suse';
  if (under(path, '/etc/ca-certificates/extracted', '/etc/ca-certificates/trust-source'))
    return 'p11-kit';
  const debian = [
    '/etc/ssl/certs',
    '/etc/ssl/cert.pem',
    '/usr/lib/ssl',
    '/etc/ca-certificates.conf',
  ];
  if (under(path, ...debian, '/usr/share/ca-certificates', '/usr/local/share/ca-certificates'))
    return 'update-ca-certificates';
  return /\.(pem|crt|cer|bundle)$/i.test(path) ? 'bundle' : 'directory';
};

/** By the store's kind, and for those that may lie anywhere, by its path. */
export const keeperOf = (finding: Finding): StoreKeeper => {
  const path = storePathOf(finding);
  const byPath = keeperOfPath(path);
  const isSystem = byPath !== 'bundle' && byPath !== 'directory';
  switch (textOf(finding, 'store')) {
    case 'windows':
      return 'windows';
    case 'java':
      return 'java';
    case 'nss':
      return 'nss';
    case 'debian':
      return 'update-ca-certificates';
    case 'p11-kit':
      return isSystem ? byPath : 'p11-kit';
    case 'openssl-directory':
      return isSystem ? byPath : 'directory';
    case 'openssl-bundle':
      return isSystem ? byPath : 'bundle';
    default:
      if (/^(LocalMachine|CurrentUser|HKLM|HKEY_LOCAL_MACHINE|Cert:)/i.test(path)) return 'windows';
      if (/\.(jks|p12|pfx|keystore)$|(^|[\\/])cacerts$/i.test(path)) return 'java';
      if (/(^|[\\/])cert[89]\.db$/i.test(path)) return 'nss';
      return path === 'system' ? 'update-ca-certificates' : byPath;
  }
};

/** NSS names a database by its folder. */
export const nssDatabase = (finding: Finding): string =>
  `sql:${storePathOf(finding).replace(/[\\/]cert9\.db$/i, '')}`;

/** The program that has to be restarted before it sees the change. */
export const mailServerOf = (finding: Finding): 'postfix' | 'exim' | undefined => {
  const kind = textOf(finding, 'store');
  if (kind === 'postfix' || kind === 'exim') return kind;
  return keeperOf(finding) === 'postfix-chroot' ? 'postfix' : undefined;
};
