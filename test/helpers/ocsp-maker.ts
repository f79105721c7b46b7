/**
 * Makes OCSP responses by a test's own CA. All that it makes is right unless an option makes it wrong;
 * `rewrite` gives any part other bytes before they are signed.
 */

import { createHash } from 'node:crypto';
import { parseCertificate } from '../../checks/pki/certificate.ts';
import { oids } from '../../checks/pki/oids.ts';
import {
  type Der,
  bitString,
  context,
  contextPrimitive,
  enumerated,
  generalizedTime,
  integer,
  nullValue,
  octetString,
  oid,
  sequence,
} from './der-writer.ts';
import type { Identity } from './private-ca.ts';
import { type SigningOptions, signBytes, signatureAlgorithm } from './signing.ts';
import { extKeyUsage, ocspNoCheck } from './x509-writer.ts';

/** Response statuses by name, 4 for the one that is not used. */
export const responseStatuses = {
  successful: 0,
  malformedRequest: 1,
  internalError: 2,
  tryLater: 3,
  sigRequired: 5,
  unauthorized: 6,
} as const;

/** Hash algorithms that a CertID can name. */
const hashOids = {
  md5: oids.md5,
  sha1: oids.sha1,
  sha256: oids.sha256,
  sha384: oids.sha384,
  sha512: oids.sha512,
} as const;

export interface AnswerOptions {
  /** Default: the serial that the response is about. */
  readonly serial?: bigint | number | Uint8Array;
  /** Default: the CA that the response is by. */
  readonly issuer?: Identity;
  readonly hash?: keyof typeof hashOids;
  /** `good`, `revoked`, `unknown`, or DER of a CertStatus. */
  readonly status?: 'good' | 'revoked' | 'unknown' | Uint8Array;
  readonly reason?: number;
  /** Default 2025-06-03T11:00Z … 2025-06-07T11:00Z: around `testTime`. */
  readonly thisUpdate?: Date;
  /** null: absent. */
  readonly nextUpdate?: Date | null;
  readonly extensions?: readonly Uint8Array[];
  readonly rewrite?: (parts: AnswerParts) => Partial<AnswerParts>;
}

export interface AnswerParts {
  certId: Uint8Array;
  status: Uint8Array;
  thisUpdate: Uint8Array;
  nextUpdate: Uint8Array;
  extensions: Uint8Array;
}

export interface ResponseParts {
  version: Uint8Array;
  responder: Uint8Array;
  producedAt: Uint8Array;
  responses: Uint8Array;
  extensions: Uint8Array;
}

export interface OcspOptions extends SigningOptions {
  /** The CA of the certificate. */
  readonly issuer: Identity;
  readonly serial: bigint | number | Uint8Array;
  /** Default: the CA itself. */
  readonly signer?: Identity;
  /** How the signer names itself, or DER of a ResponderID; default `key`. */
  readonly responder?: 'key' | 'name' | Uint8Array;
  /** Default 2025-06-03T11:00Z. */
  readonly producedAt?: Date;
  /** Default: one that is good. */
  readonly answers?: readonly AnswerOptions[];
  /** Sent along; default: the signer's, where it is not the CA. */
  readonly certificates?: readonly Uint8Array[];
  readonly extensions?: readonly Uint8Array[];
  readonly nonce?: Uint8Array;
  readonly rewrite?: (parts: ResponseParts) => Partial<ResponseParts>;
  readonly outerAlgorithm?: Uint8Array;
  readonly signature?: (value: Buffer) => Buffer;
}

const none = Buffer.alloc(0);
const hour = 3600_000;
const producedAtDefault = new Date('2025-06-03T11:00:00Z');

/** The `[n]` wrapper of extensions, or nothing. */
const wrapped = (n: number, extensions: readonly Uint8Array[]): Der =>
  extensions.length === 0 ? none : context(n, sequence(...extensions));

const digest = (hash: string, bytes: Uint8Array): Der => createHash(hash).update(bytes).digest();

export const certId = (
  issuer: Identity,
  serial: bigint | number | Uint8Array,
  options: { hash?: keyof typeof hashOids; parameters?: Uint8Array } = {},
): Der => {
  const { hash = 'sha1', parameters = nullValue() } = options;
  return sequence(
    sequence(oid(hashOids[hash]), parameters),
    octetString(digest(hash, issuer.name)),
    octetString(digest(hash, parseCertificate(issuer.der).publicKeyBits)),
    integer(serial),
  );
};

const statusOf = ({ status = 'good', reason }: AnswerOptions): Uint8Array => {
  if (typeof status !== 'string') return status;
  if (status === 'good') return contextPrimitive(0, none);
  if (status === 'unknown') return contextPrimitive(2, none);
  return context(
    1,
    generalizedTime(new Date('2025-05-01T00:00:00Z')),
    ...(reason === undefined ? [] : [context(0, enumerated(reason))]),
  );
};

const answerOf = (answer: AnswerOptions, response: OcspOptions): Der => {
  const thisUpdate = answer.thisUpdate ?? producedAtDefault;
  const nextUpdate =
    answer.nextUpdate === undefined
      ? new Date(thisUpdate.getTime() + 96 * hour)
      : answer.nextUpdate;
  const parts: AnswerParts = {
    certId: certId(answer.issuer ?? response.issuer, answer.serial ?? response.serial, {
      hash: answer.hash ?? 'sha1',
    }),
    status: statusOf(answer),
    thisUpdate: generalizedTime(thisUpdate),
    nextUpdate: nextUpdate === null ? none : context(0, generalizedTime(nextUpdate)),
    extensions: wrapped(1, answer.extensions ?? []),
  };
  const rewritten = { ...parts, ...answer.rewrite?.(parts) };
  return sequence(
    rewritten.certId,
    rewritten.status,
    rewritten.thisUpdate,
    rewritten.nextUpdate,
    rewritten.extensions,
  );
};

export const byKey = (signer: Identity): Der => context(2, octetString(signer.keyIdentifier));
export const byName = (signer: Identity): Der => context(1, signer.name);

export const nonceExtension = (nonce: Uint8Array): Der =>
  sequence(oid(oids.ocspNonce), octetString(octetString(nonce)));

/** An OCSPResponse of this status; `basic` is what a successful one carries. */
export const ocspResponse = (
  status: number,
  basic?: Uint8Array,
  type: string = oids.ocspBasic,
): Der =>
  sequence(
    enumerated(status),
    ...(basic ? [context(0, sequence(oid(type), octetString(basic)))] : []),
  );

/** DER of a BasicOCSPResponse. */
export const basicResponse = (options: OcspOptions): Der => {
  const signer = options.signer ?? options.issuer;
  const { responder = 'key' } = options;
  const extensions = [
    ...(options.nonce ? [nonceExtension(options.nonce)] : []),
    ...(options.extensions ?? []),
  ];
  const named = { key: byKey, name: byName };
  const parts: ResponseParts = {
    version: none,
    responder: typeof responder === 'string' ? named[responder](signer) : responder,
    producedAt: generalizedTime(options.producedAt ?? producedAtDefault),
    responses: sequence(...(options.answers ?? [{}]).map((answer) => answerOf(answer, options))),
    extensions: wrapped(1, extensions),
  };
  const rewritten = { ...parts, ...options.rewrite?.(parts) };
  const tbs = sequence(
    rewritten.version,
    rewritten.responder,
    rewritten.producedAt,
    rewritten.responses,
    rewritten.extensions,
  );
  const value = signBytes(signer.privateKey, tbs, options);
  const certificates = options.certificates ?? (signer === options.issuer ? [] : [signer.der]);
  return sequence(
    tbs,
    options.outerAlgorithm ?? signatureAlgorithm(signer.privateKey, options),
    bitString(options.signature?.(value) ?? value),
    ...(certificates.length === 0 ? [] : [context(0, sequence(...certificates))]),
  );
};

/** DER of a successful OCSPResponse. */
export const makeOcsp = (options: OcspOptions): Der =>
  ocspResponse(responseStatuses.successful, basicResponse(options));

/** A delegate of `ca` with all that a responder's certificate should have. */
export const makeDelegate = (
  ca: Identity,
  options: Partial<Parameters<Identity['issue']>[0]> = {},
): Identity =>
  ca.issue({
    name: 'OCSP responder',
    extensions: [extKeyUsage([oids.ocspSigning]), ocspNoCheck()],
    ...options,
  });
