/** OCSP requests (RFC 6960 4.1) for one certificate, unsigned, and the URL that carries one by GET. */

import { createHash } from 'node:crypto';
import type { Certificate } from './certificate.ts';
import { tags } from './der.ts';

/** The hashes that certready asks with: SHA-1, which every responder knows, and SHA-256 (RFC 9919 3.1.1). */
export type CertIdHash = 'sha1' | 'sha256';

/** Which certificate is asked about. */
export interface OcspQuestion {
  /** The CA that issued it. */
  readonly issuer: Certificate;
  /** Content bytes of its serial number's INTEGER. */
  readonly serial: Uint8Array;
  /** The certificate itself, where it is known. */
  readonly certificate?: Certificate;
}

/** Content bytes of the object identifiers. */
const hashOids = {
  sha1: Uint8Array.of(0x2b, 0x0e, 0x03, 0x02, 0x1a),
  sha256: Uint8Array.of(0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01),
} as const;
const nonceOid = Uint8Array.of(0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x02);

/** The longest nonce that a responder must take (RFC 9654 2.1). */
const maxNonce = 128;

const tlv = (tag: number, ...contents: readonly Uint8Array[]): Uint8Array => {
  const length = contents.reduce((sum, content) => sum + content.length, 0);
  const header =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(header), ...contents]);
};

const sequence = (...contents: readonly Uint8Array[]): Uint8Array =>
  tlv(tags.sequence, ...contents);
const octets = (content: Uint8Array): Uint8Array => tlv(tags.octetString, content);

/**
 * The DER bytes of the issuer's name that a CertID hashes: as they stand in the certificate asked
 * about (RFC 6960 4.1.1), which may encode the name otherwise than the issuer's own subject does.
 */
export const issuerNameBytes = ({ issuer, certificate }: OcspQuestion): Uint8Array =>
  certificate?.issuer.raw ?? issuer.subject.raw;

/** A nonce as the value of its extension (RFC 9654 2.1). */
export const nonceValue = (nonce: Uint8Array): Uint8Array => octets(nonce);

interface CertId {
  readonly hash: CertIdHash;
  readonly nameHash: Uint8Array;
  readonly keyHash: Uint8Array;
  readonly serial: Uint8Array;
}

const encode = (
  { hash, nameHash, keyHash, serial }: CertId,
  nonce: Uint8Array | undefined,
): Uint8Array => {
  if (serial.length === 0 || serial.length > maxNonce)
    throw new RangeError(`serial number of ${serial.length} bytes, expected 1 to ${maxNonce}`);
  const certId = sequence(
    sequence(tlv(tags.oid, hashOids[hash]), tlv(tags.null)),
    octets(nameHash),
    octets(keyHash),
    tlv(tags.integer, serial),
  );
  const requests = sequence(sequence(certId));
  if (nonce === undefined) return sequence(sequence(requests));
  if (nonce.length === 0 || nonce.length > maxNonce)
    throw new RangeError(`nonce of ${nonce.length} bytes, expected 1 to ${maxNonce}`);
  const extension = sequence(tlv(tags.oid, nonceOid), octets(nonceValue(nonce)));
  return sequence(sequence(requests, tlv(0xa2, sequence(extension))));
};

const digest = (hash: CertIdHash, bytes: Uint8Array): Uint8Array =>
  createHash(hash).update(bytes).digest();

/** DER of an OCSPRequest for one certificate. @throws RangeError for a nonce that is not of 1 to 128 bytes */
export const buildOcspRequest = (
  question: OcspQuestion & { readonly hash: CertIdHash; readonly nonce?: Uint8Array },
): Uint8Array => {
  const { issuer, serial, hash, nonce } = question;
  const nameHash = digest(hash, issuerNameBytes(question));
  const keyHash = digest(hash, issuer.publicKeyBits);
  return encode({ hash, nameHash, keyHash, serial }, nonce);
};

/**
 * A well-formed request about no CA at all: whatever comes back shows that the responder was reached,
 * although the certificates that a real question needs are not there.
 */
export const buildReachabilityRequest = (serial: Uint8Array): Uint8Array => {
  const none = Buffer.alloc(20); // the length of SHA-1
  return encode({ hash: 'sha1', nameHash: none, keyHash: none, serial }, undefined);
};

/** The longest URL that is asked by GET (RFC 9919 6). */
const maxGetUrl = 255;

/**
 * The URL that carries `request` (DER) by GET: base64, percent-encoded, as a further path segment
 * (RFC 6960 A.1). Undefined where it would be longer than 255 bytes (RFC 9919 6: then POST), or where
 * the responder's URL has a query or a fragment, after which no path segment can stand.
 */
export const ocspGetUrl = (url: string, request: Uint8Array): string | undefined => {
  if (/[?#]/.test(url)) return undefined;
  const encoded = encodeURIComponent(Buffer.from(request).toString('base64'));
  const joined = `${url}${url.endsWith('/') ? '' : '/'}${encoded}`;
  return joined.length <= maxGetUrl ? joined : undefined;
};
