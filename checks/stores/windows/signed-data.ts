/** Signed data of PKCS#7 with one signer whose attributes are signed (RFC 2315 9). */

import { createHash } from 'node:crypto';
import {
  type Certificate,
  certificateKey,
  isSignedBy,
  parseCertificate,
} from '../../pki/certificate.ts';
import { DerError, type DerReader, contextConstructed, readSingle, tags } from '../../pki/der.ts';
import { allowsKeyUsage, basicConstraints } from '../../pki/extensions.ts';
import { sameName } from '../../pki/name.ts';
import {
  UnsupportedAlgorithm,
  hashName,
  readAlgorithmIdentifier,
  signatureScheme,
  verifySignature,
} from '../../pki/signature.ts';
import { equalBytes, readIntegerBytes, readOctetString, readOid } from '../../pki/values.ts';

const oids = {
  signedData: '1.2.840.113549.1.7.2',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  rsaEncryption: '1.2.840.113549.1.1.1',
} as const;

const maxCertificates = 20;

export interface SignedData {
  /** What the content is: an object identifier. */
  readonly contentType: string;
  /** DER of a SEQUENCE. */
  readonly content: Uint8Array;
  /**
   * Whether the signature holds, is by a certificate that may sign such content, and that one leads to one of
   * these anchors.
   */
  isSigned(maySign: (signer: Certificate) => boolean, anchors: readonly Certificate[]): boolean;
}

interface SignerInfo {
  readonly issuer: Uint8Array;
  readonly serial: Uint8Array;
  readonly digestOid: string;
  /** DER of the authenticated attributes as the SET that is signed. */
  readonly attributes: Uint8Array;
  readonly contentType?: string;
  readonly messageDigest: Uint8Array;
  readonly algorithm: ReturnType<typeof readAlgorithmIdentifier>;
  readonly signature: Uint8Array;
}

/** The two attributes that bind the signature to its content (RFC 2315 9.2). */
const readAttributes = (
  attributes: Uint8Array,
): Pick<SignerInfo, 'contentType' | 'messageDigest'> => {
  const set = readSingle(attributes, tags.set);
  let contentType: string | undefined;
  let messageDigest: Uint8Array | undefined;
  while (!set.isDone()) {
    const attribute = set.inside();
    const oid = readOid(attribute);
    const values = attribute.inside(tags.set);
    if (oid === oids.contentType) contentType = readOid(values);
    if (oid === oids.messageDigest) messageDigest = readOctetString(values);
  }
  if (messageDigest === undefined) throw new DerError('signature without a message digest', 0);
  return { messageDigest, ...(contentType !== undefined && { contentType }) };
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
    ...readAttributes(attributes),
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

const isAuthentic = (
  info: SignerInfo,
  signer: Certificate,
  { type, bytes }: { readonly type: string; readonly bytes: Uint8Array },
): boolean => {
  const hash = hashName(info.digestOid);
  const key = certificateKey(signer);
  if (hash === undefined || key === undefined || info.contentType !== type) return false;
  const digest = createHash(hash).update(bytes).digest();
  if (!equalBytes(digest, info.messageDigest)) return false;
  return verifySignature(schemeOf(info), key, { data: info.attributes, signature: info.signature });
};

const mayIssue = (certificate: Certificate): boolean =>
  basicConstraints(certificate)?.ca === true && allowsKeyUsage(certificate, 'keyCertSign');

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
    const issuer = certificates.find((one) => one !== at && mayIssue(one) && isIssuer(one));
    if (issuer === undefined) return false;
    at = issuer;
  }
  return false;
};

/** @throws DerError, UnsupportedAlgorithm */
export const readSignedData = (bytes: Uint8Array): SignedData => {
  const outer = readSingle(bytes);
  if (readOid(outer) !== oids.signedData) throw new DerError('not signed data', 0);
  const signedData = outer.inside(contextConstructed(0)).inside();
  readIntegerBytes(signedData);
  signedData.read(tags.set); // the digest algorithms
  const contentInfo = signedData.inside();
  const contentType = readOid(contentInfo);
  const wrapper = contentInfo.inside(contextConstructed(0));
  const tlv = wrapper.read(tags.sequence);
  const digested = { type: contentType, bytes: wrapper.content(tlv) }; // without tag and length (RFC 2315 9.3)
  const certificateSet = signedData.optional(contextConstructed(0));
  const certificates = certificateSet ? readCertificates(signedData.enter(certificateSet)) : [];
  signedData.optional(contextConstructed(1)); // CRLs
  const infos = signedData.inside(tags.set);
  const info = readSignerInfo(infos.inside());
  return {
    contentType,
    content: wrapper.whole(tlv),
    isSigned(maySign, anchors) {
      const signer = certificates.find(
        ({ issuer, serial }) =>
          equalBytes(issuer.raw, info.issuer) && equalBytes(serial, info.serial),
      );
      if (signer === undefined) return false;
      return unlessUnsupported(
        () =>
          maySign(signer) &&
          isAuthentic(info, signer, digested) &&
          leadsTo(signer, certificates, anchors),
      );
    },
  };
};
