/** p11-kit's own file format: objects of PKCS#11 as text, with certificates in PEM (pkcs11.conf(5), "p11-kit-object-v1"). */

import { DerError, contextPrimitive, readSingle, tags, unlessMalformed } from '../pki/der.ts';
import { oids } from '../pki/oids.ts';
import { readDefaultFalse, readOctetString, readOid } from '../pki/values.ts';
import type { StoreEntry } from '../types.ts';
import { pemReaders, readPemBundle } from './pem.ts';
import type { Collected } from './store-error.ts';
import { issuerAndSerialOf, publicKeyInfoOf } from './subject-name.ts';
import { allPurposes, purposeNames } from './trusted-certificate.ts';

const header = '[p11-kit-object-v1]';

/** p11-kit's own name for the purposes that a certificate is rejected for. */
const rejectOid = '1.3.6.1.4.1.3319.6.10.1';

export const looksLikeP11Kit = (bytes: Buffer): boolean => bytes.includes(header);

/** `"%30%0a…"`: percent-encoded bytes in quotes. */
const quotedBytes = (value: string): Buffer => {
  const text = /^"(.*)"$/s.exec(value)?.[1] ?? '';
  const decoded = text.replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  return Buffer.from(decoded, 'latin1');
};

const attributesOf = (section: string): ReadonlyMap<string, string> => {
  const attributes = new Map<string, string>();
  for (const line of section.split('\n')) {
    if (line.startsWith('-----BEGIN ')) break;
    const match = /^([a-z0-9-]+):\s*(.*?)\s*$/.exec(line);
    if (match?.[1] !== undefined && match[2] !== undefined) attributes.set(match[1], match[2]);
  }
  return attributes;
};

const publicKeyPem = /-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]*)-----END PUBLIC KEY-----/;

/** The key that an extension is attached to, as base64 of its SubjectPublicKeyInfo. */
const attachedTo = (section: string, attributes: ReadonlyMap<string, string>): string => {
  const pem = publicKeyPem.exec(section)?.[1];
  if (pem !== undefined) return Buffer.from(pem, 'base64').toString('base64');
  return quotedBytes(attributes.get('public-key-info') ?? '').toString('base64');
};

/** The purposes in an Extension whose value is a SEQUENCE OF object identifiers. @throws DerError */
const purposesIn = (extension: Uint8Array): string[] => {
  const outer = readSingle(extension);
  readOid(outer);
  readDefaultFalse(outer);
  const list = readSingle(readOctetString(outer));
  const purposes: string[] = [];
  while (!list.isDone()) {
    const isEmpty = list.peek() === contextPrimitive(0) || list.peek() === tags.null;
    if (isEmpty) list.read();
    else purposes.push(readOid(list));
  }
  return purposes;
};

interface Attached {
  allowed?: readonly string[];
  rejected?: readonly string[];
}

/** What p11-kit attaches to keys beside the certificates' own extensions, by key. */
const readAttached = (sections: readonly string[]): ReadonlyMap<string, Attached> => {
  const byKey = new Map<string, Attached>();
  for (const section of sections) {
    const attributes = attributesOf(section);
    const oid = attributes.get('object-id');
    if (attributes.get('class') !== 'x-certificate-extension') continue;
    if (oid !== oids.extKeyUsage && oid !== rejectOid) continue;
    const key = attachedTo(section, attributes);
    const known = byKey.get(key) ?? {};
    byKey.set(key, known);
    try {
      const purposes = purposesIn(quotedBytes(attributes.get('value') ?? ''));
      if (oid === rejectOid) known.rejected = purposes;
      else known.allowed = purposes;
    } catch (error) {
      if (!(error instanceof DerError)) throw error;
      known.allowed = []; // an unreadable restriction allows nothing
    }
  }
  return byKey;
};

/** Names of the purposes that are allowed and not rejected; undefined for all of them. */
const purposesOf = ({ allowed, rejected = [] }: Attached): readonly string[] | undefined => {
  if (allowed === undefined && rejected.length === 0) return undefined;
  const isAny = allowed === undefined || allowed.includes(oids.anyExtendedKeyUsage);
  const names = isAny ? allPurposes : allowed.map((oid) => purposeNames[oid] ?? oid);
  const refused = new Set(rejected.map((oid) => purposeNames[oid] ?? oid));
  return names.filter((name) => !refused.has(name));
};

const base64Of = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

const keyOf = (der: Uint8Array): string | undefined =>
  unlessMalformed(() => base64Of(publicKeyInfoOf(der)));

/** What p11-kit knows a certificate by when it looks for distrust: its key, and its issuer with the serial number. */
export const identitiesOf = (der: Uint8Array): readonly string[] =>
  unlessMalformed(() => [
    base64Of(publicKeyInfoOf(der)),
    issuerAndSerialOf(der).map(base64Of).join(' '),
  ]) ?? [];

/** The issuer and serial number that stand in an object for its certificate. */
const identityIn = (attributes: ReadonlyMap<string, string>): string | undefined => {
  const [issuer, serial] = [attributes.get('issuer'), attributes.get('serial-number')];
  if (issuer === undefined || serial === undefined) return undefined;
  return [issuer, serial].map((value) => base64Of(quotedBytes(value))).join(' ');
};

export interface P11KitContents extends Collected {
  /** What is distrusted without its certificate: its identity, and where that is said. */
  readonly blocked?: ReadonlyMap<string, string>;
}

/**
 * The certificates that the file trusts or distrusts by itself; those that it only carries are left
 * out. `folderTrust` is what the folder says of all of them (`anchors`, `blocklist`).
 */
export const readP11KitFile = (
  bytes: Buffer,
  path: string,
  folderTrust?: StoreEntry['trust'],
): P11KitContents => {
  const sections = bytes.toString('latin1').split(header).slice(1);
  const attached = readAttached(sections);
  const entries: StoreEntry[] = [];
  const problems: Collected['problems'][number][] = [];
  const blocked = new Map<string, string>();
  for (const [index, section] of sections.entries()) {
    const attributes = attributesOf(section);
    const own = attributes.get('x-distrusted') === 'true' ? 'distrusted' : undefined;
    const anchor = attributes.get('trusted') === 'true' ? 'trusted' : undefined;
    const trust = own ?? folderTrust ?? anchor;
    const origin = `${path}#${index + 1}`;
    const found = readPemBundle(Buffer.from(section, 'latin1'), origin, pemReaders.p11Kit);
    problems.push(...found.problems);
    const identity = trust === 'distrusted' ? identityIn(attributes) : undefined;
    if (identity !== undefined) blocked.set(identity, origin);
    if (trust === undefined) continue;
    for (const entry of found.entries) {
      const key = attached.size === 0 ? undefined : keyOf(entry.der);
      const purposes = key === undefined ? undefined : purposesOf(attached.get(key) ?? {});
      entries.push({ ...entry, trust, ...(purposes && { purposes }) });
    }
  }
  return { entries, problems, blocked };
};
