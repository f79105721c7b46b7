/**
 * Microsoft's lists of certificates: a certificate trust list inside PKCS#7 ([MS-CAESO] 4.4.5.3.1; RFC
 * 2315 9). That of trusted roots says of each, by SHA-1, what Windows trusts it for when it fetches it;
 * that of disallowed certificates names them by other hashes too.
 */

import { createHash } from 'node:crypto';
import {
  type Certificate,
  certificateKey,
  isSignedBy,
  parseCertificate,
} from '../../pki/certificate.ts';
import type { DerReader } from '../../pki/der.ts';
import { DerError, contextConstructed, readSingle, tags } from '../../pki/der.ts';
import { extendedKeyUsage } from '../../pki/extensions.ts';
import { sameName } from '../../pki/name.ts';
import {
  UnsupportedAlgorithm,
  hashName,
  readAlgorithmIdentifier,
  signatureScheme,
  verifySignature,
} from '../../pki/signature.ts';
import {
  equalBytes,
  hex,
  isTime,
  readIntegerBytes,
  readOctetString,
  readOid,
  readTime,
} from '../../pki/values.ts';

const oids = {
  signedData: '1.2.840.113549.1.7.2',
  trustList: '1.3.6.1.4.1.311.10.1',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  rsaEncryption: '1.2.840.113549.1.1.1',
  /** What a signer's certificate may be for: szOID_KP_CTL_USAGE_SIGNING, szOID_ROOT_LIST_SIGNER, szOID_DISALLOWED_LIST. */
  trustListSigning: '1.3.6.1.4.1.311.10.3.1',
  rootListSigner: '1.3.6.1.4.1.311.10.3.9',
  disallowedList: '1.3.6.1.4.1.311.10.3.30',
  sha1: '1.3.14.3.2.26',
  /** szOID_DISALLOWED_HASH: what identifies subjects that are disallowed. */
  disallowedHash: '1.3.6.1.4.1.311.10.11.15',
} as const;

/** What a list is of: how its subjects are identified, and who may sign it. Distrusting asks for less than trusting. */
const kinds = {
  roots: { identifiedBy: [oids.sha1], signers: [oids.rootListSigner] },
  disallowed: {
    identifiedBy: [oids.sha1, oids.disallowedHash],
    signers: [oids.disallowedList, oids.rootListSigner, oids.trustListSigning],
  },
} as const;

export type TrustListKind = keyof typeof kinds;

/** Attributes of a subject are properties of its certificate, by this arc and the property's id. */
const propertyArc = '1.3.6.1.4.1.311.10.11.';

const maxSubjects = 20_000;
const maxCertificates = 20;

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

/** CertificateTrustList ::= SEQUENCE { version, usage, identifier, number, times, algorithm, subjects, … }. */
const readTrustList = (list: DerReader, kind: TrustListKind): TrustList => {
  const skip = (tag: number): boolean => list.optional(tag) !== undefined;
  skip(tags.integer);
  list.read(tags.sequence); // the usages of the list itself
  skip(tags.octetString);
  skip(tags.integer);
  const thisUpdate = readTime(list);
  if (isTime(list.peek())) readTime(list);
  const { oid } = readAlgorithmIdentifier(list);
  const known: readonly string[] = kinds[kind].identifiedBy;
  if (!known.includes(oid)) throw new UnsupportedAlgorithm(`subjects by ${oid}`);
  const subjects = new Map<string, ReadonlyMap<number, Buffer>>();
  const entries = list.inside();
  while (!entries.isDone()) {
    if (subjects.size >= maxSubjects) throw new DerError('too many subjects', entries.offset);
    const entry = entries.inside();
    const identifier = hex(readOctetString(entry));
    const isBare = entry.isDone();
    subjects.set(identifier, isBare ? new Map() : readProperties(entry.inside(tags.set)));
  }
  return { thisUpdate, subjects };
};

interface SignerInfo {
  readonly issuer: Uint8Array;
  readonly serial: Uint8Array;
  readonly digestOid: string;
  /** DER of the authenticated attributes as the SET that is signed. */
  readonly attributes: Uint8Array;
  readonly messageDigest: Uint8Array;
  readonly algorithm: ReturnType<typeof readAlgorithmIdentifier>;
  readonly signature: Uint8Array;
}

const readMessageDigest = (attributes: Uint8Array): Uint8Array => {
  const set = readSingle(attributes, tags.set);
  while (!set.isDone()) {
    const attribute = set.inside();
    const oid = readOid(attribute);
    const values = attribute.inside(tags.set);
    if (oid === oids.messageDigest) return readOctetString(values);
  }
  throw new DerError('signature without a message digest', 0);
};

const readSignerInfo = (info: DerReader): SignerInfo => {
  readIntegerBytes(info);
  const identity = info.inside();
  const issuer = identity.whole(identity.read(tags.sequence));
  const serial = readIntegerBytes(identity);
  const digestOid = readAlgorithmIdentifier(info).oid;
  const attributes = Uint8Array.from(info.whole(info.read(contextConstructed(0))));
  attributes[0] = tags.set; // signed as what it is, not as it is tagged (RFC 2315 9.3)
  return {
    issuer,
    serial,
    digestOid,
    attributes,
    messageDigest: readMessageDigest(attributes),
    algorithm: readAlgorithmIdentifier(info),
    signature: readOctetString(info),
  };
};

const readCertificates = (set: DerReader): Certificate[] => {
  const certificates: Certificate[] = [];
  while (!set.isDone()) {
    if (certificates.length >= maxCertificates)
      throw new DerError('too many certificates', set.offset);
    certificates.push(parseCertificate(set.whole(set.read(tags.sequence))));
  }
  return certificates;
};

/** PKCS#1 names the key alone: the hash is that of the digest. */
const schemeOf = ({ algorithm, digestOid }: SignerInfo) => {
  if (algorithm.oid !== oids.rsaEncryption) return signatureScheme(algorithm);
  const hash = hashName(digestOid);
  if (hash === undefined) throw new UnsupportedAlgorithm(`hash ${digestOid}`);
  return { kind: 'rsa' as const, name: `${hash}WithRSAEncryption`, hash, weak: hash === 'sha1' };
};

const unlessUnsupported = (verify: () => boolean): boolean => {
  try {
    return verify();
  } catch (error) {
    if (error instanceof UnsupportedAlgorithm || error instanceof DerError) return false;
    throw error;
  }
};

const isAuthentic = (info: SignerInfo, signer: Certificate, content: Uint8Array): boolean => {
  const hash = hashName(info.digestOid);
  const key = certificateKey(signer);
  if (hash === undefined || key === undefined) return false;
  const digest = createHash(hash).update(content).digest();
  if (!equalBytes(digest, info.messageDigest)) return false;
  return verifySignature(schemeOf(info), key, { data: info.attributes, signature: info.signature });
};

/** Whether certificates lead from the signer to an anchor by signatures; lists outlive their signers, so time is not asked. */
const leadsTo = (
  signer: Certificate,
  certificates: readonly Certificate[],
  anchors: readonly Certificate[],
): boolean => {
  let at = signer;
  for (let depth = 0; depth < 5; depth++) {
    const isIssuer = (one: Certificate): boolean =>
      sameName(one.subject, at.issuer) && unlessUnsupported(() => isSignedBy(at, one));
    if (anchors.some((anchor) => isIssuer(anchor) || equalBytes(anchor.raw, at.raw))) return true;
    const issuer = certificates.find((one) => one !== at && isIssuer(one));
    if (issuer === undefined) return false;
    at = issuer;
  }
  return false;
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
  const outer = readSingle(bytes);
  if (readOid(outer) !== oids.signedData) throw new DerError('not signed data', 0);
  const signedData = outer.inside(contextConstructed(0)).inside();
  readIntegerBytes(signedData);
  signedData.read(tags.set); // the digest algorithms
  const contentInfo = signedData.inside();
  if (readOid(contentInfo) !== oids.trustList) throw new DerError('not a trust list', 0);
  const wrapper = contentInfo.inside(contextConstructed(0));
  const tlv = wrapper.read(tags.sequence);
  const list = readTrustList(wrapper.enter(tlv), kind);
  const content = wrapper.content(tlv); // the digest leaves tag and length out (RFC 2315 9.3)
  const certificateSet = signedData.optional(contextConstructed(0));
  const certificates = certificateSet ? readCertificates(signedData.enter(certificateSet)) : [];
  signedData.optional(contextConstructed(1)); // CRLs
  const infos = signedData.inside(tags.set);
  const info = readSignerInfo(infos.inside());
  return {
    list,
    isSigned(anchors) {
      const signer = certificates.find(
        ({ issuer, serial }) =>
          equalBytes(issuer.raw, info.issuer) && equalBytes(serial, info.serial),
      );
      if (signer === undefined) return false;
      return unlessUnsupported(
        () =>
          isSignerOfLists(signer, kind) &&
          isAuthentic(info, signer, content) &&
          leadsTo(signer, certificates, anchors),
      );
    },
  };
};
