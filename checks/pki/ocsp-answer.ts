/** The answers in an OCSP response, one per certificate (RFC 6960 4.2.1, SingleResponse). */

import { type Extension, readExtensions } from './certificate.ts';
import { DerError, type DerReader, contextConstructed, contextPrimitive, tags } from './der.ts';
import { type AlgorithmIdentifier, readAlgorithmIdentifier } from './signature.ts';
import { readOctetString, readSmallInteger, timeOf } from './values.ts';

export interface CertId {
  readonly hashAlgorithm: AlgorithmIdentifier;
  readonly issuerNameHash: Uint8Array;
  readonly issuerKeyHash: Uint8Array;
  /** Content bytes of the INTEGER, as they stand. */
  readonly serial: Uint8Array;
}

export type CertStatus = 'good' | 'revoked' | 'unknown';

export interface SingleResponse {
  readonly certId: CertId;
  readonly status: CertStatus;
  /** Where the status is `revoked`. */
  readonly revocation?: { readonly time: Date; readonly reason?: number };
  readonly thisUpdate: Date;
  readonly nextUpdate?: Date;
  readonly extensions: ReadonlyMap<string, Extension>;
}

/** RFC 6960 4.2.2.1 and RFC 5280 4.1.2.5.2: GeneralizedTime with seconds, without fraction, `Z`. */
export const readGeneralizedTime = (reader: DerReader): Date =>
  timeOf(reader, reader.read(tags.generalizedTime));

/** The Extensions inside `[n]`, if they are there. */
export const readTaggedExtensions = (
  reader: DerReader,
  n: number,
): ReadonlyMap<string, Extension> | undefined => {
  if (reader.peek() !== contextConstructed(n)) return undefined;
  const wrapper = reader.inside(contextConstructed(n));
  const extensions = readExtensions(wrapper.inside());
  wrapper.finish();
  return extensions;
};

/**
 * The serial's INTEGER is not held to its minimal form: a responder echoes what the certificate says,
 * and certificates with a leading zero byte are in use. It is compared byte for byte.
 */
const readCertId = (reader: DerReader): CertId => {
  const inner = reader.inside();
  const hashAlgorithm = readAlgorithmIdentifier(inner);
  const issuerNameHash = readOctetString(inner);
  const issuerKeyHash = readOctetString(inner);
  const serialTlv = inner.read(tags.integer);
  if (serialTlv.end === serialTlv.content) throw new DerError('empty integer', serialTlv.start);
  inner.finish();
  return { hashAlgorithm, issuerNameHash, issuerKeyHash, serial: inner.content(serialTlv) };
};

const readCertStatus = (reader: DerReader): Pick<SingleResponse, 'status' | 'revocation'> => {
  const tlv = reader.read();
  switch (tlv.tag) {
    case contextPrimitive(0):
    case contextPrimitive(2):
      if (tlv.end !== tlv.content) throw new DerError('NULL with content', tlv.start);
      return { status: tlv.tag === contextPrimitive(0) ? 'good' : 'unknown' };
    case contextConstructed(1): {
      const inner = reader.enter(tlv);
      const time = readGeneralizedTime(inner);
      const reason =
        inner.peek() === contextConstructed(0)
          ? readReason(inner.inside(contextConstructed(0)))
          : undefined;
      inner.finish();
      return { status: 'revoked', revocation: { time, ...(reason !== undefined && { reason }) } };
    }
    default:
      throw new DerError('not a certificate status', tlv.start);
  }
};

const readReason = (wrapper: DerReader): number => {
  const reason = readSmallInteger(wrapper, tags.enumerated);
  wrapper.finish();
  return reason;
};

export const readSingleResponse = (reader: DerReader): SingleResponse => {
  const inner = reader.inside();
  const certId = readCertId(inner);
  const certStatus = readCertStatus(inner);
  const thisUpdate = readGeneralizedTime(inner);
  let nextUpdate: Date | undefined;
  if (inner.peek() === contextConstructed(0)) {
    const wrapper = inner.inside(contextConstructed(0));
    nextUpdate = readGeneralizedTime(wrapper);
    wrapper.finish();
  }
  const extensions = readTaggedExtensions(inner, 1) ?? new Map<string, Extension>();
  inner.finish();
  return { certId, ...certStatus, thisUpdate, ...(nextUpdate && { nextUpdate }), extensions };
};
