/** What the extensions of a CRL say (RFC 5280 5.2). Each reader throws DerError for a malformed value. */

import type { Extension } from './certificate.ts';
import { DerError, DerReader, contextConstructed, contextPrimitive, readSingle } from './der.ts';
import {
  type AuthorityKeyIdentifier,
  type DistributionPoint,
  freshestCrl,
  readAuthorityKeyIdentifier,
  readDistributionPointName,
} from './extensions.ts';
import type { GeneralNames } from './general-names.ts';
import type { RelativeName } from './name.ts';
import { oids } from './oids.ts';
import { readDefaultFalse, readIntegerBytes, readNamedBits } from './values.ts';

/** RFC 5280 5.2.5: which certificates a CRL speaks of. */
export interface IssuingDistributionPoint {
  /** Names of the point; absent: all of the issuer's points. */
  readonly fullName?: GeneralNames;
  /** The point is named relative to the issuer. */
  readonly relativeName?: RelativeName;
  /** Only certificates of this kind; absent: all. */
  readonly only?: 'user' | 'ca' | 'attribute';
  /** Bit numbers of ReasonFlags; absent: all reasons. */
  readonly onlySomeReasons?: ReadonlySet<number>;
  readonly indirectCrl: boolean;
}

export interface CrlExtensions {
  readonly all: ReadonlyMap<string, Extension>;
  readonly number?: bigint;
  /** BaseCRLNumber: this is a delta CRL. */
  readonly baseNumber?: bigint;
  readonly authorityKeyIdentifier?: AuthorityKeyIdentifier;
  readonly distributionPoint?: IssuingDistributionPoint;
  /** Where the delta CRL is. */
  readonly freshest: readonly DistributionPoint[];
}

const isNameless = (names: GeneralNames): boolean =>
  Object.values(names).every((list: readonly unknown[]) => list.length === 0);

const readDistributionPoint = (
  reader: DerReader,
): Pick<IssuingDistributionPoint, 'fullName' | 'relativeName'> => {
  if (reader.peek() !== contextConstructed(0)) return {};
  const at = reader.offset;
  const name = readDistributionPointName(reader.inside(contextConstructed(0)));
  if (name.fullName && isNameless(name.fullName))
    throw new DerError('distribution point without a name', at);
  return name;
};

export const readIssuingDistributionPoint = ({ value }: Extension): IssuingDistributionPoint => {
  const reader = readSingle(value);
  // 5.2.5: it is never an empty sequence.
  if (reader.isDone()) throw new DerError('empty issuingDistributionPoint', 0);
  const name = readDistributionPoint(reader);
  const user = readDefaultFalse(reader, contextPrimitive(1));
  const ca = readDefaultFalse(reader, contextPrimitive(2));
  const onlySomeReasons =
    reader.peek() === contextPrimitive(3) ? readNamedBits(reader, contextPrimitive(3)) : undefined;
  const indirectCrl = readDefaultFalse(reader, contextPrimitive(4));
  const attribute = readDefaultFalse(reader, contextPrimitive(5));
  reader.finish();
  const only = ([user && 'user', ca && 'ca', attribute && 'attribute'] as const).filter(
    (kind) => kind !== false,
  );
  if (only.length > 1) throw new DerError('several kinds of certificate only', 0);
  return {
    ...name,
    ...(only[0] !== undefined && { only: only[0] }),
    ...(onlySomeReasons && { onlySomeReasons }),
    indirectCrl,
  };
};

/** CRLNumber is at most 20 bytes long (5.2.3), after a zero byte where its first bit is set. */
const maxNumberBytes = 20;

const readNumber = ({ value }: Extension): bigint => {
  const reader = new DerReader(value);
  const content = readIntegerBytes(reader);
  reader.finish();
  const [first = 0] = content;
  if (first >= 0x80 || content.length - (first === 0 ? 1 : 0) > maxNumberBytes)
    throw new DerError('CRL number out of range', 0);
  return content.reduce((number, byte) => number * 256n + BigInt(byte), 0n);
};

/** Reads those that bear on the verdict; the others stay as they are. */
export const readCrlExtensions = (all: ReadonlyMap<string, Extension>): CrlExtensions => {
  const read = <T>(oid: string, reading: (extension: Extension) => T): T | undefined => {
    const extension = all.get(oid);
    return extension && reading(extension);
  };
  const number = read(oids.crlNumber, readNumber);
  const baseNumber = read(oids.deltaCrlIndicator, readNumber);
  const authorityKeyIdentifier = read(oids.authorityKeyIdentifier, readAuthorityKeyIdentifier);
  const distributionPoint = read(oids.issuingDistributionPoint, readIssuingDistributionPoint);
  return {
    all,
    ...(number !== undefined && { number }),
    ...(baseNumber !== undefined && { baseNumber }),
    ...(authorityKeyIdentifier && { authorityKeyIdentifier }),
    ...(distributionPoint && { distributionPoint }),
    freshest: freshestCrl({ extensions: all }) ?? [],
  };
};
