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
  | 'setting'
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

/** What `certready profile show` finds the root's certificate by: the profile's file, or its id. */
export const profileOf = (finding: Finding): string | undefined => {
  const profile = textOf(finding, 'profileFile') ?? textOf(finding, 'profile');
  const isKnown = profile !== undefined && !profile.startsWith('-');
  return isKnown && textOf(finding, 'certificate') !== 'not-in-profile' ? profile : undefined;
};

/** The folder that Postfix locks its clients into, where its configuration does not say otherwise. */
const postfixQueue = '/var/spool/postfix';

/** Where a change has to be made: the store itself, or what it is copied from at the next start. */
export const originalPathOf = (finding: Finding): string => {
  const path = storePathOf(finding);
  // A single file in there is one that nobody copies
  const isCopied = path.startsWith(`${postfixQueue}/`) && textOf(finding, 'shape') !== 'file';
  const inQueue = isCopied ? path.slice(postfixQueue.length) : path;
  return textOf(finding, 'copyOf') ?? inQueue;
};

/** The file that is refused because a certificate in it cannot be read. */
export const refusedFileOf = (finding: Finding): string =>
  textOf(finding, 'refused') ?? storePathOf(finding);

/** Whether the store is a copy that a mail server makes when it starts. */
export const isCopy = (finding: Finding): boolean =>
  originalPathOf(finding) !== storePathOf(finding);

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
  ['update-ca-trust', ['/etc/pki/ca-trust', '/etc/pki/tls', '/usr/share/pki/ca-trust-source']],
  ['suse', ['/var/lib/ca-certificates', '/etc/pki/trust', '/etc/ssl/ca-bundle.pem']],
  ['p11-kit', ['/etc/ca-certificates/extracted', '/etc/ca-certificates/trust-source']],
  ['update-ca-certificates', ['/etc/ssl/certs', '/etc/ssl/cert.pem', '/usr/lib/ssl', 'system']],
  ['update-ca-certificates', ['/usr/share/ca-certificates', '/usr/local/share/ca-certificates']],
];

const systemKeeperOf = (path: string): StoreKeeper | undefined =>
  systemPlaces.find(([, places]) => under(path, ...places))?.[0];

const keeperOfPath = (path: string): StoreKeeper => {
  if (/^(LocalMachine|CurrentUser|HKLM|HKEY_LOCAL_MACHINE|Cert:)/i.test(path)) return 'windows';
  if (/\.(jks|p12|pfx|keystore)$|(^|[\\/])cacerts$/i.test(path)) return 'java';
  if (/(^|[\\/])cert9\.db$/i.test(path)) return 'nss';
  return /\.(pem|crt|cer|bundle)$/i.test(path) ? 'bundle' : 'directory';
};

/** Kinds of store that are kept one way wherever they lie. */
const keeperOfKind: ReadonlyMap<string, StoreKeeper> = new Map([
  ['windows', 'windows'],
  ['nss', 'nss'],
  ['debian', 'update-ca-certificates'],
  ['redhat', 'update-ca-trust'],
  ['suse', 'suse'],
]);

/** Kinds that nobody keeps unless they lie where a tool of the system writes. */
const keeperElsewhere: ReadonlyMap<string, StoreKeeper> = new Map([
  ['java', 'java'],
  ['p11-kit', 'p11-kit'],
  ['openssl-directory', 'directory'],
  ['openssl-bundle', 'bundle'],
]);

/** What a store of no known kind is, where that was seen. */
const keeperOfShape: ReadonlyMap<string, StoreKeeper> = new Map([
  ['folder', 'directory'],
  ['file', 'bundle'],
  ['setting', 'setting'],
]);

/** By the store's kind, and for those that may lie anywhere, by the path that it is kept at. */
export const keeperOf = (finding: Finding): StoreKeeper => {
  const kind = textOf(finding, 'store') ?? '';
  const path = originalPathOf(finding);
  return (
    keeperOfKind.get(kind) ??
    systemKeeperOf(path) ??
    keeperElsewhere.get(kind) ??
    keeperOfShape.get(textOf(finding, 'shape') ?? '') ??
    keeperOfPath(path)
  );
};

/** NSS names a database by its folder. */
export const nssDatabase = (finding: Finding): string =>
  `sql:${storePathOf(finding).replace(/[\\/]cert9\.db$/i, '')}`;

const mailServers = ['postfix', 'exim', 'opensmtpd', 'sendmail'] as const;

/** The mail server whose own store it is; it is restarted to see a change. */
export const mailServerOf = (finding: Finding): (typeof mailServers)[number] | undefined => {
  const kind = textOf(finding, 'store');
  return mailServers.find((server) => server === kind) ?? (isCopy(finding) ? 'postfix' : undefined);
};

export interface EntryPlace {
  readonly file: string;
  readonly index: number;
}

/** The file that an entry was read from, and which certificate in it: `PATH#2`. */
export const originOf = (finding: Finding, key = 'origin'): EntryPlace | undefined => {
  const match = /^((?:\/|[A-Z]:\\).*?)(?:#(\d{1,6}))?$/.exec(textOf(finding, key) ?? '');
  return match?.[1] === undefined ? undefined : { file: match[1], index: Number(match[2] ?? 1) };
};

/** Where that entry comes from: in a copy, the same file of the original. */
export const originalOriginOf = (finding: Finding): EntryPlace | undefined => {
  const origin = originOf(finding);
  const copy = storePathOf(finding);
  return origin?.file.startsWith(`${copy}/`) === true
    ? { ...origin, file: originalPathOf(finding) + origin.file.slice(copy.length) }
    : origin;
};

/** What distrusts a root on Windows: a policy against all third parties, Microsoft's list, or a store of the machine. */
export const windowsDistrust = (finding: Finding): 'policy' | 'list' | 'store' => {
  const by = textOf(finding, 'disabledBy') ?? textOf(finding, 'origin') ?? '';
  if (by.endsWith('\\ProtectedRoots\\Flags')) return 'policy';
  return by.endsWith('\\DisallowedCertEncodedCtl') ? 'list' : 'store';
};

/** How the policy against third parties is taken back, or lived with. */
export const enterpriseRootsOnly =
  'the policy "Certificate Path Validation Settings" (Computer Configuration, Windows Settings, Security Settings, Public Key Policies, tab Stores) trusts Enterprise roots only: let it trust third parties too, or distribute the roots of the profile by Group Policy (certready profile show ID --pem)';
