/** Which of a response's answers are about the certificate that was asked about (RFC 6960 3.2 and 4.1.1). */

import { createHash } from 'node:crypto';
import type { Evidence } from '../types.ts';
import { type OcspQuestion, issuerNameBytes } from './ocsp-request.ts';
import type { CertId, SingleResponse } from './ocsp-response.ts';
import { hashName } from './signature.ts';
import { equalBytes, serialHex } from './values.ts';

type Mismatch = 'serial number' | 'hash algorithm' | 'issuer name' | 'issuer key';

interface Hashes {
  readonly name: Uint8Array;
  readonly key: Uint8Array;
}

/** The issuer's hashes by whatever algorithm a CertID names; it need not be the one that was asked with. */
const hashesBy = (question: OcspQuestion): ((hash: string) => Hashes) => {
  const made = new Map<string, Hashes>();
  return (hash) => {
    const known = made.get(hash);
    if (known) return known;
    const digest = (bytes: Uint8Array) => createHash(hash).update(bytes).digest();
    const hashes = {
      name: digest(issuerNameBytes(question)),
      key: digest(question.issuer.publicKeyBits),
    };
    made.set(hash, hashes);
    return hashes;
  };
};

const mismatchOf = (
  certId: CertId,
  serial: Uint8Array,
  hashes: (hash: string) => Hashes,
): Mismatch | undefined => {
  if (!equalBytes(certId.serial, serial)) return 'serial number';
  const hash = hashName(certId.hashAlgorithm.oid);
  if (hash === undefined) return 'hash algorithm';
  const { name, key } = hashes(hash);
  if (!equalBytes(certId.issuerNameHash, name)) return 'issuer name';
  return equalBytes(certId.issuerKeyHash, key) ? undefined : 'issuer key';
};

/** So many of the serials that were answered instead are named. */
const maxNamed = 5;

/** The answers about the certificate; where there is none, what was answered instead. */
export const matchingResponses = (
  responses: readonly SingleResponse[],
  question: OcspQuestion,
): { readonly matching: readonly SingleResponse[]; readonly mismatch: Evidence } => {
  const hashes = hashesBy(question);
  const matching: SingleResponse[] = [];
  const mismatches = new Set<Mismatch>();
  for (const response of responses) {
    const mismatch = mismatchOf(response.certId, question.serial, hashes);
    if (mismatch === undefined) matching.push(response);
    else mismatches.add(mismatch);
  }
  const answered = responses.slice(0, maxNamed).map(({ certId }) => serialHex(certId.serial));
  return {
    matching,
    mismatch: {
      reason: responses.length === 0 ? 'no answer' : `another ${[...mismatches].join(', ')}`,
      expected: serialHex(question.serial),
      found: answered.join(', '),
      answers: responses.length,
    },
  };
};
