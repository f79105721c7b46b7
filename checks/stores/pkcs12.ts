/** PKCS#12 files as trust stores (RFC 7292): Java's default kind, and what `openssl pkcs12 -nokeys` writes. */

import { DerError, DerReader, contextConstructed, contextPrimitive, tags } from '../pki/der.ts';
import { readOctetString, readOid, readSmallInteger } from '../pki/values.ts';
import type { StoreEntry, StoreProblem } from '../types.ts';
import { soundEntries } from './certificate-form.ts';
import { storeLimits } from './files.ts';
import {
  UnsupportedProtection,
  decryptContent,
  isAuthentic,
  readAlgorithm,
} from './pkcs12-cipher.ts';
import { type Collected, StoreError } from './store-error.ts';

const oids = {
  data: '1.2.840.113549.1.7.1',
  encryptedData: '1.2.840.113549.1.7.6',
  certBag: '1.2.840.113549.1.12.10.1.3',
  safeContentsBag: '1.2.840.113549.1.12.10.1.6',
  x509Certificate: '1.2.840.113549.1.9.22.1',
  friendlyName: '1.2.840.113549.1.9.20',
  localKeyId: '1.2.840.113549.1.9.21',
  /** Oracle: without it Java does not take a certificate for a trusted one. */
  trustedKeyUsage: '2.16.840.1.113894.746875.1.1',
} as const;

/** Java's own stores carry the first or none; undefined is no password at all, which is not the empty one. */
const passwords = ['changeit', '', undefined] as const;

interface CertificateBag {
  readonly der: Uint8Array;
  readonly name?: string;
  readonly attributes: ReadonlySet<string>;
}

const readAttributes = (set: DerReader): { attributes: Set<string>; name?: string } => {
  const attributes = new Set<string>();
  let name: string | undefined;
  while (!set.isDone()) {
    const attribute = set.inside();
    const oid = readOid(attribute);
    attributes.add(oid);
    const values = attribute.inside(tags.set);
    if (oid !== oids.friendlyName || values.isDone()) continue;
    const text = Buffer.from(values.content(values.read(tags.bmpString)));
    if (text.length % 2 === 0) name = text.swap16().toString('utf16le');
  }
  return { attributes, ...(name !== undefined && { name }) };
};

const readCertBag = (bag: DerReader): Uint8Array | undefined => {
  const value = bag.inside(contextConstructed(0)).inside();
  if (readOid(value) !== oids.x509Certificate) return undefined;
  return readOctetString(value.inside(contextConstructed(0)));
};

/** Certificates in SafeContents, those of nested ones too; keys and CRLs are passed over. */
const readSafeContents = (contents: DerReader, bags: CertificateBag[]): void => {
  while (!contents.isDone()) {
    if (bags.length > storeLimits.certificates)
      throw new UnsupportedProtection(`more than ${storeLimits.certificates} certificates`);
    const bag = contents.inside();
    const oid = readOid(bag);
    if (oid === oids.safeContentsBag)
      readSafeContents(bag.inside(contextConstructed(0)).inside(), bags);
    if (oid !== oids.certBag) continue;
    const der = readCertBag(bag);
    const attributes = bag.isDone() ? { attributes: new Set<string>() } : bag.inside(tags.set);
    if (der === undefined) continue;
    bags.push({
      der,
      ...(attributes instanceof DerReader ? readAttributes(attributes) : attributes),
    });
  }
};

const readEncrypted = async (
  content: DerReader,
  password: string | undefined,
): Promise<Uint8Array> => {
  const encryptedData = content.inside();
  readSmallInteger(encryptedData);
  const info = encryptedData.inside();
  readOid(info);
  const algorithm = readAlgorithm(info);
  const data = info.content(info.read(contextPrimitive(0)));
  return decryptContent(algorithm, data, password);
};

const readAuthenticatedSafe = async (
  bytes: Uint8Array,
  password: string | undefined,
): Promise<CertificateBag[]> => {
  const bags: CertificateBag[] = [];
  const outer = new DerReader(bytes);
  const safes = outer.inside();
  outer.finish();
  while (!safes.isDone()) {
    const info = safes.inside();
    const oid = readOid(info);
    if (oid !== oids.data && oid !== oids.encryptedData)
      throw new UnsupportedProtection(`content ${oid}`);
    const content = info.inside(contextConstructed(0));
    const plain =
      oid === oids.data ? readOctetString(content) : await readEncrypted(content, password);
    readSafeContents(new DerReader(plain).inside(), bags);
  }
  return bags;
};

interface Pfx {
  readonly authSafe: Uint8Array;
  /** DER of MacData. */
  readonly mac?: Uint8Array;
}

const readPfx = (bytes: Uint8Array): Pfx => {
  const outer = new DerReader(bytes);
  const pfx = outer.inside();
  outer.finish();
  const version = readSmallInteger(pfx);
  if (version !== 3) throw new DerError(`PKCS#12 version ${version}`, 0);
  const info = pfx.inside();
  if (readOid(info) !== oids.data) throw new UnsupportedProtection('it is signed, not MACed');
  const authSafe = readOctetString(info.inside(contextConstructed(0)));
  if (pfx.isDone()) return { authSafe };
  return { authSafe, mac: pfx.whole(pfx.read(tags.sequence)) };
};

/** Whether bytes begin as a PFX does: a SEQUENCE that begins with the INTEGER 3. */
export const looksLikePkcs12 = (bytes: Uint8Array): boolean => {
  if (bytes[0] !== tags.sequence) return false;
  const length = bytes[1] ?? 0;
  const at = 2 + (length > 0x80 ? length & 0x7f : 0);
  return bytes[at] === tags.integer && bytes[at + 1] === 1 && bytes[at + 2] === 3;
};

/** Tries the passwords that truststores have; undefined where none opens it. */
const open = async ({ authSafe, mac }: Pfx): Promise<CertificateBag[] | undefined> => {
  for (const password of passwords) {
    try {
      if (mac && !(await isAuthentic(new DerReader(mac).inside(), authSafe, password))) continue;
      return await readAuthenticatedSafe(authSafe, password);
    } catch (error) {
      // Wrongly decrypted bytes are no DER; with a fitting MAC the fault is the file's
      if (!(error instanceof DerError) || mac) throw error;
    }
  }
  return undefined;
};

const collect = (
  bags: readonly CertificateBag[],
  path: string,
  reader: 'java' | 'any',
): Collected => {
  const entries: StoreEntry[] = [];
  const problems: StoreProblem[] = [];
  const isMarked = ({ attributes }: CertificateBag): boolean =>
    attributes.has(oids.trustedKeyUsage);
  const marked = bags.some(isMarked);
  for (const [index, bag] of bags.entries()) {
    // A certificate of somebody's private key, and those above it, are nobody's anchors
    if (bag.attributes.has(oids.localKeyId) || (marked && !isMarked(bag))) continue;
    const origin = `${path}#${bag.name ?? String(index + 1)}`;
    if (marked || reader === 'any') entries.push({ der: bag.der, trust: 'trusted', origin });
    else problems.push({ origin, problem: 'not marked as trusted: Java passes it over' });
  }
  return soundEntries({ entries, problems }, reader === 'java' ? path : undefined);
};

/**
 * The certificates of a PKCS#12 file. Java trusts those alone that carry its mark; other programs do
 * not know the mark, and take them all where none carries it.
 * @throws StoreError where it cannot be opened with the usual passwords
 */
export const readPkcs12 = async (
  bytes: Uint8Array,
  path: string,
  reader: 'java' | 'any',
): Promise<Collected> => {
  try {
    const bags = await open(readPfx(bytes));
    if (bags === undefined)
      throw new StoreError('unreadable', `${path}: none of the usual passwords opens it`);
    return collect(bags, path, reader);
  } catch (error) {
    if (!(error instanceof DerError) && !(error instanceof UnsupportedProtection)) throw error;
    throw new StoreError('unreadable', `${path}: PKCS#12 that is not read: ${error.message}`);
  }
};
