/** What the extensions of certificates say (RFC 5280 4.2). Each reader throws DerError for a malformed value. */

import type { Certificate, Extension } from './certificate.ts';
import { DerError, DerReader, contextConstructed, contextPrimitive, readSingle } from './der.ts';
import { type GeneralNames, ascii, readGeneralNames, readSubtrees } from './general-names.ts';
import { type Name, type RelativeName, readRelativeName } from './name.ts';
import { keyUsageBits, oids } from './oids.ts';
import {
  hex,
  readBerDefaultFalse,
  readIntegerBytes,
  readNamedBits,
  readOctetString,
  readOid,
  readSmallInteger,
  serialHex,
} from './values.ts';

type Extended = Pick<Certificate, 'extensions'>;

const valueOf = <T>(
  from: Extended,
  oid: string,
  read: (extension: Extension) => T,
): T | undefined => {
  const extension = from.extensions.get(oid);
  return extension === undefined ? undefined : read(extension);
};

/** The value must be one SEQUENCE, read to its end. */
const readWhole = <T>(extension: Extension, read: (reader: DerReader) => T): T => {
  const reader = readSingle(extension.value);
  const value = read(reader);
  reader.finish();
  return value;
};

export interface BasicConstraints {
  readonly ca: boolean;
  readonly pathLength?: number;
}

/** cA by BER, as verifiers read it: old certificates write FALSE out, and others 01 for TRUE. */
export const basicConstraints = (from: Extended): BasicConstraints | undefined =>
  valueOf(from, oids.basicConstraints, (extension) =>
    readWhole(extension, (reader) => {
      const ca = readBerDefaultFalse(reader);
      if (reader.isDone()) return { ca };
      return { ca, pathLength: readSmallInteger(reader) };
    }),
  );

export type KeyUsage = keyof typeof keyUsageBits;

/** The bit numbers that are set; undefined where the extension is absent: every use is allowed. */
export const keyUsage = (from: Extended): ReadonlySet<number> | undefined =>
  valueOf(from, oids.keyUsage, ({ value }) => {
    const reader = new DerReader(value);
    const bits = readNamedBits(reader);
    reader.finish();
    return bits;
  });

export const allowsKeyUsage = (from: Extended, usage: KeyUsage): boolean =>
  keyUsage(from)?.has(keyUsageBits[usage]) ?? true;

const maxPurposes = 100;

/** Purpose OIDs; undefined where the extension is absent: every purpose is allowed. */
export const extendedKeyUsage = (from: Extended): ReadonlySet<string> | undefined =>
  valueOf(from, oids.extKeyUsage, (extension) =>
    readWhole(extension, (reader) => {
      const purposes = new Set<string>();
      if (reader.isDone()) throw new DerError('empty extendedKeyUsage', 0);
      while (purposes.size < maxPurposes && reader.peek() !== undefined)
        purposes.add(readOid(reader));
      return purposes;
    }),
  );

/** Upper-case hex. */
export const subjectKeyIdentifier = (from: Extended): string | undefined =>
  valueOf(from, oids.subjectKeyIdentifier, ({ value }) => {
    const reader = new DerReader(value);
    const identifier = hex(readOctetString(reader));
    reader.finish();
    return identifier;
  });

export interface AuthorityKeyIdentifier {
  /** Upper-case hex. */
  readonly keyIdentifier?: string;
  /** The issuer's own issuer and serial number. */
  readonly issuer?: readonly Name[];
  readonly serial?: string;
}

/** The value of an authorityKeyIdentifier extension, of a certificate or a CRL. */
export const readAuthorityKeyIdentifier = (extension: Extension): AuthorityKeyIdentifier =>
  readWhole(extension, (reader) => {
    const identifier = reader.optional(contextPrimitive(0));
    const issuer =
      reader.peek() === contextConstructed(1)
        ? readGeneralNames(reader.inside(contextConstructed(1)))
        : undefined;
    const serial =
      reader.peek() === contextPrimitive(2)
        ? readIntegerBytes(reader, contextPrimitive(2))
        : undefined;
    return {
      ...(identifier && { keyIdentifier: hex(reader.content(identifier)) }),
      ...(issuer && { issuer: issuer.directoryNames }),
      ...(serial && { serial: serialHex(serial) }),
    };
  });

export const authorityKeyIdentifier = (from: Extended): AuthorityKeyIdentifier | undefined =>
  valueOf(from, oids.authorityKeyIdentifier, readAuthorityKeyIdentifier);

export const subjectAltName = (from: Extended): GeneralNames | undefined =>
  valueOf(from, oids.subjectAltName, (extension) => readWhole(extension, readGeneralNames));

export interface NameConstraints {
  readonly permitted?: GeneralNames;
  readonly excluded?: GeneralNames;
}

export const nameConstraints = (from: Extended): NameConstraints | undefined =>
  valueOf(from, oids.nameConstraints, (extension) =>
    readWhole(extension, (reader) => {
      if (reader.isDone()) throw new DerError('empty nameConstraints', 0);
      const part = (n: number) =>
        reader.peek() === contextConstructed(n)
          ? readSubtrees(reader.inside(contextConstructed(n)))
          : undefined;
      const permitted = part(0);
      const excluded = part(1);
      return { ...(permitted && { permitted }), ...(excluded && { excluded }) };
    }),
  );

export interface DistributionPoint {
  /** URIs and directory names of a fullName. */
  readonly fullName?: GeneralNames;
  /** It names the point relative to the issuer. */
  readonly relativeName?: RelativeName;
  readonly reasons?: ReadonlySet<number>;
  readonly crlIssuer?: readonly Name[];
}

/** DistributionPointName (RFC 5280 4.2.1.13), inside its `[0]`. */
export const readDistributionPointName = (
  reader: DerReader,
): Pick<DistributionPoint, 'fullName' | 'relativeName'> => {
  const tlv = reader.read();
  if (tlv.tag === contextConstructed(0)) {
    const fullName = readGeneralNames(reader.enter(tlv));
    reader.finish();
    return { fullName };
  }
  if (tlv.tag !== contextConstructed(1))
    throw new DerError('not a distribution point name', tlv.start);
  const relativeName = readRelativeName(reader.enter(tlv));
  reader.finish();
  return { relativeName };
};

const maxDistributionPoints = 100;

const readDistributionPoints = (reader: DerReader): DistributionPoint[] => {
  const points: DistributionPoint[] = [];
  while (!reader.isDone()) {
    if (points.length >= maxDistributionPoints)
      throw new DerError(`more than ${maxDistributionPoints} distribution points`, reader.offset);
    const point = reader.inside();
    const name =
      point.peek() === contextConstructed(0)
        ? readDistributionPointName(point.inside(contextConstructed(0)))
        : {};
    const reasons =
      point.peek() === contextPrimitive(1) ? readNamedBits(point, contextPrimitive(1)) : undefined;
    const crlIssuer =
      point.peek() === contextConstructed(2)
        ? readGeneralNames(point.inside(contextConstructed(2))).directoryNames
        : undefined;
    point.finish();
    points.push({ ...name, ...(reasons && { reasons }), ...(crlIssuer && { crlIssuer }) });
  }
  return points;
};

export const crlDistributionPoints = (from: Extended): readonly DistributionPoint[] | undefined =>
  valueOf(from, oids.crlDistributionPoints, (extension) =>
    readWhole(extension, readDistributionPoints),
  );

/** freshestCRL, of a certificate or a CRL: where the delta CRL is. */
export const freshestCrl = (from: Extended): readonly DistributionPoint[] | undefined =>
  valueOf(from, oids.freshestCrl, (extension) => readWhole(extension, readDistributionPoints));

export interface AuthorityInfoAccess {
  readonly ocsp: readonly string[];
  readonly caIssuers: readonly string[];
}

export const authorityInfoAccess = (from: Extended): AuthorityInfoAccess | undefined =>
  valueOf(from, oids.authorityInfoAccess, (extension) =>
    readWhole(extension, (reader) => {
      const found = { ocsp: [] as string[], caIssuers: [] as string[] };
      for (let count = 0; !reader.isDone(); count++) {
        if (count >= maxDistributionPoints)
          throw new DerError('too many access descriptions', reader.offset);
        const description = reader.inside();
        const method = readOid(description);
        const location = description.read();
        description.finish();
        if (location.tag !== contextPrimitive(6)) continue;
        const uri = ascii(description.content(location));
        if (method === oids.ocsp) found.ocsp.push(uri);
        if (method === oids.caIssuers) found.caIssuers.push(uri);
      }
      return found;
    }),
  );

const maxFeatures = 100;

/** Numbers of the TLS extensions that a server with this certificate promises to answer (RFC 7633). */
export const tlsFeatures = (from: Extended): ReadonlySet<number> | undefined =>
  valueOf(from, oids.tlsFeature, (extension) =>
    readWhole(extension, (reader) => {
      const features = new Set<number>();
      while (features.size < maxFeatures && !reader.isDone())
        features.add(readSmallInteger(reader));
      return features;
    }),
  );

/** A certificate transparency precertificate (RFC 6962 3.1): never to be accepted as a certificate. */
export const isPrecertificate = (from: Extended): boolean =>
  from.extensions.has(oids.precertificatePoison);
