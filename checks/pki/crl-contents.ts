/** A CRL as values: what a reader makes of the bytes, and what the judge judges. */

import type { KeyObject, Verify } from 'node:crypto';
import { readExtensions } from './certificate.ts';
import type { RawEntry } from './crl-entries.ts';
import type { CrlExtensions } from './crl-extensions.ts';
import type { CrlFields } from './crl-frame.ts';
import { DerReader, readSingle, tags } from './der.ts';
import { readGeneralNames } from './general-names.ts';
import type { Name } from './name.ts';
import { oids } from './oids.ts';
import { type SignatureScheme, finishVerification, fits, verifySignature } from './signature.ts';
import { readIntegerBytes, readSmallInteger, readTime, serialHex } from './values.ts';

/** An entry for a serial number that was asked for. It counts for nothing until the signature is verified. */
export interface CrlHit {
  /** Content bytes of the INTEGER. */
  readonly serial: Uint8Array;
  /** Upper-case hex. */
  readonly serialHex: string;
  readonly revocationDate: Date;
  /** The number of a CRLReason (RFC 5280 5.3.1); absent: unspecified. */
  readonly reason?: number;
  /** Whose certificate it is, in an indirect CRL; absent: the CRL issuer's. */
  readonly certificateIssuer?: readonly Name[];
}

export interface CrlContents extends CrlFields {
  /** Absent: an algorithm that is not verified, and `refused` says why. */
  readonly scheme?: SignatureScheme;
  readonly refused?: string;
  readonly extensions: CrlExtensions;
  readonly entries: number;
  /** Length of the whole CRL. */
  readonly bytes: number;
  readonly hits: readonly CrlHit[];
  /** Critical extensions of entries that certready does not process, by OID; the first few. */
  readonly criticalEntryExtensions: readonly string[];
  /** Some entry names its certificate's issuer. */
  readonly namesIssuers: boolean;
  /** The whole CRL, where it is small enough to be kept. */
  readonly whole?: Uint8Array;
  /**
   * Whether `key` made the signature; undefined where that can no longer be told, because the CRL was
   * too large to be kept and as many keys as were foreseen have been tried. Answers are remembered.
   */
  verify(key: KeyObject): boolean | undefined;
}

type Verification = CrlContents['verify'];

const remembered = (attempt: Verification): Verification => {
  const known: { key: KeyObject; valid: boolean }[] = [];
  return (key) => {
    const before = known.find((one) => one.key.equals(key));
    if (before) return before.valid;
    const valid = attempt(key);
    if (valid !== undefined) known.push({ key, valid });
    return valid;
  };
};

/** Verification over data that was kept. */
export const verificationOf = (
  scheme: SignatureScheme,
  signed: { data: Uint8Array; signature: Uint8Array },
): Verification => remembered((key) => verifySignature(scheme, key, signed));

/** Verification over data that was hashed as it passed, once per hash in progress. */
export const verificationFrom = (
  scheme: SignatureScheme,
  started: readonly Verify[],
  signature: Uint8Array,
): Verification => {
  const left = [...started];
  return remembered((key) => {
    if (!fits(scheme, key)) return false;
    const hashed = left.pop();
    return hashed && finishVerification(hashed, scheme, { key, signature });
  });
};

/** Many entries may share one list of issuers, which is read once. */
const issuersRead = new WeakMap<Uint8Array, readonly Name[]>();

const readIssuers = (value: Uint8Array): readonly Name[] => {
  const known = issuersRead.get(value);
  if (known) return known;
  const { directoryNames } = readGeneralNames(readSingle(value));
  issuersRead.set(value, directoryNames);
  return directoryNames;
};

/** An entry that was kept, as values. Its form has been checked when it was walked. */
export const readHit = ({ raw, certificateIssuer }: RawEntry): CrlHit => {
  const reader = readSingle(raw);
  const serial = readIntegerBytes(reader);
  const revocationDate = readTime(reader);
  const extensions = reader.isDone() ? undefined : readExtensions(reader.inside());
  const reason = extensions?.get(oids.reasonCode);
  return {
    serial,
    serialHex: serialHex(serial),
    revocationDate,
    ...(reason && { reason: readSmallInteger(new DerReader(reason.value), tags.enumerated) }),
    ...(certificateIssuer && { certificateIssuer: readIssuers(certificateIssuer) }),
  };
};
