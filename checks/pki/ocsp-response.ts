/** OCSP responses (RFC 6960 4.2) as values. Whether one is to be believed is judged in ocsp-judge.ts. */

import type { Extension } from './certificate.ts';
import { DerError, type DerReader, contextConstructed, readSingle, tags } from './der.ts';
import { type Name, readName } from './name.ts';
import {
  type SingleResponse,
  readGeneralizedTime,
  readSingleResponse,
  readTaggedExtensions,
} from './ocsp-answer.ts';
import { oids } from './oids.ts';
import { type AlgorithmIdentifier, readAlgorithmIdentifier } from './signature.ts';
import { readBitStringBytes, readOctetString, readOid, readSmallInteger } from './values.ts';

export type { CertId, CertStatus, SingleResponse } from './ocsp-answer.ts';

/** OCSPResponseStatus by number; 4 is not used (RFC 6960 4.2.1). */
const statuses = [
  'successful',
  'malformedRequest',
  'internalError',
  'tryLater',
  undefined,
  'sigRequired',
  'unauthorized',
] as const;

export type OcspErrorStatus = Exclude<(typeof statuses)[number], 'successful' | undefined>;

export type OcspResponse =
  | { readonly status: OcspErrorStatus }
  | { readonly status: 'successful'; readonly basic: BasicOcspResponse };

/** Who says that it signed: by its name, or by SHA-1 of its key bits. */
export type ResponderId =
  | { readonly name: Name; readonly keyHash?: undefined }
  | { readonly name?: undefined; readonly keyHash: Uint8Array };

export interface BasicOcspResponse {
  /** What the signature covers: the ResponseData's DER. */
  readonly tbs: Uint8Array;
  readonly responder: ResponderId;
  readonly producedAt: Date;
  readonly responses: readonly SingleResponse[];
  readonly extensions: ReadonlyMap<string, Extension>;
  readonly algorithm: AlgorithmIdentifier;
  readonly signature: Uint8Array;
  /** DER of the certificates sent along, unread: nothing says yet that they are any. */
  readonly certificates: readonly Uint8Array[];
}

/** A response is about one certificate, or a batch of pre-produced ones; more than this is a flood. */
const maxSingleResponses = 1000;
const maxCertificates = 100;

const readResponder = (reader: DerReader): ResponderId => {
  const tlv = reader.read();
  const inner = reader.enter(tlv);
  if (tlv.tag === contextConstructed(1)) {
    const name = readName(inner);
    inner.finish();
    return { name };
  }
  if (tlv.tag !== contextConstructed(2)) throw new DerError('not a responder id', tlv.start);
  const keyHash = readOctetString(inner);
  inner.finish();
  return { keyHash };
};

/** Version 1 is the default; that some responders write it out is tolerated, for it changes nothing. */
const readVersion = (reader: DerReader): void => {
  if (reader.peek() !== contextConstructed(0)) return;
  const wrapper = reader.inside(contextConstructed(0));
  const at = wrapper.offset;
  if (readSmallInteger(wrapper) !== 0) throw new DerError('version other than 1', at);
  wrapper.finish();
};

const readResponses = (list: DerReader): SingleResponse[] => {
  const responses: SingleResponse[] = [];
  while (!list.isDone()) {
    if (responses.length >= maxSingleResponses)
      throw new DerError(`more than ${maxSingleResponses} responses`, list.offset);
    responses.push(readSingleResponse(list));
  }
  return responses;
};

const readCertificates = (reader: DerReader): Uint8Array[] => {
  if (reader.peek() !== contextConstructed(0)) return [];
  const wrapper = reader.inside(contextConstructed(0));
  const list = wrapper.inside();
  wrapper.finish();
  const certificates: Uint8Array[] = [];
  while (!list.isDone()) {
    if (certificates.length >= maxCertificates)
      throw new DerError(`more than ${maxCertificates} certificates`, list.offset);
    certificates.push(list.whole(list.read(tags.sequence)));
  }
  return certificates;
};

const readBasicResponse = (bytes: Uint8Array): BasicOcspResponse => {
  const outer = readSingle(bytes);
  const tbsTlv = outer.read(tags.sequence);
  const tbs = outer.enter(tbsTlv);
  readVersion(tbs);
  const responder = readResponder(tbs);
  const producedAt = readGeneralizedTime(tbs);
  const responses = readResponses(tbs.inside());
  const extensions = readTaggedExtensions(tbs, 1) ?? new Map<string, Extension>();
  tbs.finish();
  const algorithm = readAlgorithmIdentifier(outer);
  const signature = readBitStringBytes(outer);
  const certificates = readCertificates(outer);
  outer.finish();
  return {
    tbs: outer.whole(tbsTlv),
    responder,
    producedAt,
    responses,
    extensions,
    algorithm,
    signature,
    certificates,
  };
};

/** @throws DerError for bytes that are not exactly one OCSPResponse, basic where it is successful. */
export const parseOcspResponse = (bytes: Uint8Array): OcspResponse => {
  const outer = readSingle(bytes);
  const at = outer.offset;
  const number = readSmallInteger(outer, tags.enumerated);
  const status = statuses[number];
  if (status === undefined) throw new DerError(`response status ${number}`, at);
  if (status !== 'successful') {
    outer.finish(); // an error carries no response (RFC 6960 4.2.1)
    return { status };
  }
  const wrapper = outer.inside(contextConstructed(0));
  outer.finish();
  const responseBytes = wrapper.inside();
  wrapper.finish();
  const typeAt = responseBytes.offset;
  const type = readOid(responseBytes);
  if (type !== oids.ocspBasic) throw new DerError(`response type ${type}`, typeAt);
  const response = readOctetString(responseBytes);
  responseBytes.finish();
  return { status, basic: readBasicResponse(response) };
};
