/**
 * Microsoft's lists of certificates: a certificate trust list inside PKCS#7 ([MS-CAESO] 4.4.5.3.1). That of
 * trusted roots says of each, by SHA-1, what Windows trusts it for when it fetches it; that of disallowed
 * certificates names them by other hashes too.
 */

import type { Certificate } from '../../pki/certificate.ts';
import { DerError, type DerReader, readSingle, tags } from '../../pki/der.ts';
import { extendedKeyUsage } from '../../pki/extensions.ts';
import { UnsupportedAlgorithm, readAlgorithmIdentifier } from '../../pki/signature.ts';
import { hex, isTime, readOctetString, readOid, readTime } from '../../pki/values.ts';
import { readSignedData } from './signed-data.ts';

const oids = {
  trustList: '1.3.6.1.4.1.311.10.1',
  /** What a list is for, and its signer's certificate: szOID_KP_CTL_USAGE_SIGNING, szOID_ROOT_LIST_SIGNER, szOID_DISALLOWED_LIST. */
  trustListSigning: '1.3.6.1.4.1.311.10.3.1',
  rootListSigner: '1.3.6.1.4.1.311.10.3.9',
  disallowedList: '1.3.6.1.4.1.311.10.3.30',
  sha1: '1.3.14.3.2.26',
  /** szOID_DISALLOWED_HASH: what identifies subjects that are disallowed. */
  disallowedHash: '1.3.6.1.4.1.311.10.11.15',
} as const;

const signers = [oids.disallowedList, oids.rootListSigner, oids.trustListSigning] as const;

/** What a list may say it is for, how its subjects are identified, and who may sign it. Distrusting asks for less than trusting. */
const kinds = {
  roots: {
    usages: [oids.rootListSigner],
    identifiedBy: [oids.sha1],
    signers: [oids.rootListSigner],
  },
  disallowed: { usages: signers, identifiedBy: [oids.sha1, oids.disallowedHash], signers },
} as const;

export type TrustListKind = keyof typeof kinds;

/** Attributes of a subject are properties of its certificate, by this arc and the property's id. */
const propertyArc = '1.3.6.1.4.1.311.10.11.';

const maxSubjects = 20_000;

export interface TrustList {
  readonly thisUpdate: Date;
  /**
   * Properties of each subject (wincrypt.h, CERT_*_PROP_ID), by its identifier in upper-case hex: the SHA-1
   * of a root's certificate; a hash of a disallowed one.
   */
  readonly subjects: ReadonlyMap<string, ReadonlyMap<number, Buffer>>;
}

export interface SignedTrustList {
  readonly list: TrustList;
  /** Whether the signature holds and leads to one of these anchors by a signer of root lists. */
  isSigned(anchors: readonly Certificate[]): boolean;
}

const readProperties = (attributes: DerReader): ReadonlyMap<number, Buffer> => {
  const properties = new Map<number, Buffer>();
  while (!attributes.isDone()) {
    const attribute = attributes.inside();
    const oid = readOid(attribute);
    const values = attribute.inside(tags.set);
    if (!oid.startsWith(propertyArc) || values.isDone()) continue;
    const id = Number(oid.slice(propertyArc.length));
    if (Number.isInteger(id)) properties.set(id, Buffer.from(readOctetString(values)));
  }
  return properties;
};

/** SEQUENCE OF object identifiers: what the list is for. */
const requireUsage = (usages: DerReader, kind: TrustListKind): void => {
  const known: readonly string[] = kinds[kind].usages;
  const found: string[] = [];
  while (!usages.isDone()) found.push(readOid(usages));
  if (!found.some((oid) => known.includes(oid)))
    throw new UnsupportedAlgorithm(`a list for ${found.join(', ') || 'nothing'}`);
};

/** SEQUENCE OF { identifier, SET OF properties }; a list of none may leave it out. */
const readSubjects = (list: DerReader): TrustList['subjects'] => {
  const subjects = new Map<string, ReadonlyMap<number, Buffer>>();
  if (list.peek() !== tags.sequence) return subjects;
  const entries = list.inside();
  while (!entries.isDone()) {
    if (subjects.size >= maxSubjects) throw new DerError('too many subjects', entries.offset);
    const entry = entries.inside();
    const identifier = hex(readOctetString(entry));
    const isBare = entry.isDone();
    subjects.set(identifier, isBare ? new Map() : readProperties(entry.inside(tags.set)));
  }
  return subjects;
};

/** CertificateTrustList ::= SEQUENCE { version, usages, identifier, number, times, algorithm, subjects, … }. */
const readTrustList = (list: DerReader, kind: TrustListKind): TrustList => {
  const skip = (tag: number): boolean => list.optional(tag) !== undefined;
  skip(tags.integer);
  requireUsage(list.inside(), kind);
  skip(tags.octetString);
  skip(tags.integer);
  const thisUpdate = readTime(list);
  if (isTime(list.peek())) readTime(list);
  const { oid } = readAlgorithmIdentifier(list);
  const known: readonly string[] = kinds[kind].identifiedBy;
  if (!known.includes(oid)) throw new UnsupportedAlgorithm(`subjects by ${oid}`);
  return { thisUpdate, subjects: readSubjects(list) };
};

const isSignerOfLists = (certificate: Certificate, kind: TrustListKind): boolean => {
  const usage = extendedKeyUsage(certificate);
  return kinds[kind].signers.some((oid) => usage?.has(oid));
};

/** @throws DerError, UnsupportedAlgorithm */
export const readSignedTrustList = (
  bytes: Uint8Array,
  kind: TrustListKind = 'roots',
): SignedTrustList => {
  const signed = readSignedData(bytes);
  if (signed.contentType !== oids.trustList) throw new DerError('not a trust list', 0);
  return {
    list: readTrustList(readSingle(signed.content), kind),
    isSigned: (anchors) => signed.isSigned((signer) => isSignerOfLists(signer, kind), anchors),
  };
};
