/**
 * What takes trust from roots that lie in a store of Windows: Microsoft's list of disallowed certificates,
 * and the policy that trusts no third parties ("Only Enterprise Root CAs"). Neither ever adds trust.
 */

import { hash } from 'node:crypto';
import { type Certificate, fingerprint256, parseCertificate } from '../../pki/certificate.ts';
import { DerError, readSingle, tags, unlessMalformed } from '../../pki/der.ts';
import { UnsupportedAlgorithm } from '../../pki/signature.ts';
import { readBitStringBytes } from '../../pki/values.ts';
import type { StoreEntry, StoreProblem } from '../../types.ts';
import type { Collected } from '../store-error.ts';
import { publicKeyInfoOf } from '../subject-name.ts';
import { type ReadValues, type RegistryValues, binaryOf } from './reader.ts';
import { type SignedTrustList, readSignedTrustList } from './trust-list.ts';

/** Where Windows keeps the lists that it has fetched. */
export const updateKey = 'HKLM\\SOFTWARE\\Microsoft\\SystemCertificates\\AuthRoot\\AutoUpdate';
export const disallowedValue = 'DisallowedCertEncodedCtl';

const protectedRootsKey =
  'HKLM\\SOFTWARE\\Policies\\Microsoft\\SystemCertificates\\Root\\ProtectedRoots';
/** CERT_PROT_ROOT_DISABLE_LM_AUTH_FLAG (wincrypt.h). */
const noAuthRoots = 0x8;

/** The policy by which nothing in AuthRoot is trusted; undefined where it is not set. @throws StoreError */
export const authRootsBarredBy = async (read: ReadValues): Promise<string | undefined> => {
  const flags = Number((await read(protectedRootsKey, ['Flags'])).get('flags')?.data ?? 0);
  return (flags & noAuthRoots) === 0 ? undefined : `${protectedRootsKey}\\Flags`;
};

export interface Restrictions {
  readonly barredBy?: string;
  readonly disallowed?: SignedTrustList;
  readonly problems: readonly StoreProblem[];
}

const originOfList = `${updateKey}\\${disallowedValue}`;

/** The list among the values of the key of the update. @throws DerError, UnsupportedAlgorithm */
export const disallowedList = (update: RegistryValues): SignedTrustList | undefined => {
  const bytes = binaryOf(update, disallowedValue);
  return bytes && readSignedTrustList(bytes, 'disallowed');
};

const readDisallowed = async (read: ReadValues): Promise<Omit<Restrictions, 'barredBy'>> => {
  const update = await read(updateKey, [disallowedValue]);
  try {
    const disallowed = disallowedList(update);
    return { problems: [], ...(disallowed && { disallowed }) };
  } catch (error) {
    if (!(error instanceof DerError) && !(error instanceof UnsupportedAlgorithm)) throw error;
    return { problems: [{ origin: originOfList, problem: error.message }] };
  }
};

/** Reads them; a list that makes no sense is a problem. @throws StoreError where they are refused */
export const readRestrictions = async (read: ReadValues): Promise<Restrictions> => {
  const [barredBy, disallowed] = await Promise.all([authRootsBarredBy(read), readDisallowed(read)]);
  return { ...disallowed, ...(barredBy !== undefined && { barredBy }) };
};

const hashesByLength: Readonly<Record<number, string>> = {
  32: 'md5',
  40: 'sha1',
  64: 'sha256',
  96: 'sha384',
  128: 'sha512',
};

/** A certificate, what is signed in it, and its key: nothing else of it is read. @throws DerError */
const partsOf = (der: Uint8Array): readonly Uint8Array[] => {
  const outer = readSingle(der);
  const key = readSingle(publicKeyInfoOf(der));
  key.read(tags.sequence);
  return [der, outer.whole(outer.read(tags.sequence)), readBitStringBytes(key)];
};

/**
 * Whether a list names a certificate: by a hash of the whole of it, of what is signed in it
 * (CERT_SIGNATURE_HASH_PROP_ID) or of its key (CERT_SUBJECT_PUBLIC_KEY_MD5_HASH_PROP_ID). Which hash shows
 * in the length.
 */
export const namedBy = ({ list }: SignedTrustList): ((der: Uint8Array) => boolean) => {
  const lengths = new Set([...list.subjects.keys()].map(({ length }) => length));
  const algorithms = [...lengths].flatMap((length) => hashesByLength[length] ?? []);
  const isListed = (algorithm: string, bytes: Uint8Array): boolean =>
    list.subjects.has(hash(algorithm, bytes, 'hex').toUpperCase());
  return (der) => {
    const parts = unlessMalformed(() => partsOf(der)) ?? [der];
    return algorithms.some((algorithm) => parts.some((bytes) => isListed(algorithm, bytes)));
  };
};

/** Whether Windows verifies with it, as far as the store goes. */
export const isAnchor = ({ trust, missingFrom }: StoreEntry): boolean =>
  trust === 'trusted' && missingFrom === undefined;

/** The certificates of those entries that Windows verifies with. */
export const anchorsIn = (entries: readonly StoreEntry[]): readonly Certificate[] =>
  entries.filter(isAnchor).flatMap(({ der }) => unlessMalformed(() => parseCertificate(der)) ?? []);

/** Distrusts what the list names. A list that nobody signed whom this machine trusts counts for nothing. */
const withoutDisallowed = (entries: readonly StoreEntry[], list: SignedTrustList): Collected => {
  const isNamed = namedBy(list);
  const named = new Set(entries.filter(({ der }) => isNamed(der)));
  if (named.size === 0) return { entries, problems: [] };
  if (!list.isSigned(anchorsIn(entries)))
    return {
      entries,
      problems: [{ origin: originOfList, problem: 'its signature does not hold' }],
    };
  const distrusted = entries.map((entry): StoreEntry =>
    named.has(entry) ? { der: entry.der, trust: 'distrusted', origin: originOfList } : entry,
  );
  return { entries: distrusted, problems: [] };
};

/** Distrusts what lies in AuthRoot alone. */
const withoutAuthRoots = (
  entries: readonly StoreEntry[],
  barredBy: string,
  isAuthRoot: (entry: StoreEntry) => boolean,
): readonly StoreEntry[] => {
  const others = entries.filter((entry) => isAnchor(entry) && !isAuthRoot(entry));
  const kept = new Set(others.map(({ der }) => fingerprint256(der)));
  return entries.flatMap((entry): StoreEntry[] => {
    if (!isAuthRoot(entry) || !isAnchor(entry)) return [entry];
    if (kept.has(fingerprint256(entry.der))) return [];
    return [{ der: entry.der, trust: 'distrusted', origin: barredBy }];
  });
};

/** What the restrictions leave of a store's contents. */
export const restricted = (
  { entries, problems }: Collected,
  { barredBy, disallowed, problems: unread }: Restrictions,
  isAuthRoot: (entry: StoreEntry) => boolean,
): Collected => {
  const listed = disallowed ? withoutDisallowed(entries, disallowed) : { entries, problems: [] };
  return {
    entries:
      barredBy === undefined
        ? listed.entries
        : withoutAuthRoots(listed.entries, barredBy, isAuthRoot),
    problems: [...problems, ...unread, ...listed.problems],
  };
};
