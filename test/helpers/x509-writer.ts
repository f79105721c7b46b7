/** Writes the parts of certificates and CRLs: names and extensions. */

import { keyUsageBits, oids } from '../../checks/pki/oids.ts';
import {
  type Der,
  bitString,
  boolean,
  context,
  contextPrimitive,
  enumerated,
  generalizedTime,
  integer,
  integerContent,
  namedBits,
  nullValue,
  octetString,
  oid,
  printableString,
  sequence,
  setOf,
  utf8String,
} from './der-writer.ts';

// ---------------------------------------------------------------- names

const attributeTypes: Readonly<Record<string, string>> = {
  CN: '2.5.4.3',
  C: '2.5.4.6',
  O: '2.5.4.10',
  OU: '2.5.4.11',
};

/** A Name from `C=BE, O=Example, CN=Root`; a text without `=` is a common name. */
export const nameOf = (text: string): Der =>
  sequence(
    ...(text.includes('=') ? text.split(', ') : [`CN=${text}`]).map((part) => {
      const at = part.indexOf('=');
      const type = part.slice(0, at);
      const value = part.slice(at + 1);
      const string = type === 'C' ? printableString(value) : utf8String(value);
      return setOf(sequence(oid(attributeTypes[type] ?? type), string));
    }),
  );

export const uriName = (uri: string): Der => contextPrimitive(6, Buffer.from(uri, 'latin1'));
export const dnsName = (dns: string): Der => contextPrimitive(2, Buffer.from(dns, 'latin1'));
export const emailName = (address: string): Der =>
  contextPrimitive(1, Buffer.from(address, 'latin1'));
export const ipName = (bytes: Uint8Array): Der => contextPrimitive(7, bytes);
export const directoryName = (name: Uint8Array): Der => context(4, name);

// ---------------------------------------------------------------- extensions

export const extension = (id: string, value: Uint8Array, critical = false): Der =>
  sequence(oid(id), ...(critical ? [boolean(true)] : []), octetString(value));

/** An extension that nobody knows. */
export const unknownExtension = (critical: boolean): Der =>
  extension('1.3.6.1.4.1.99999.1', nullValue(), critical);

export const basicConstraints = (ca: boolean, pathLength?: number): Der =>
  extension(
    oids.basicConstraints,
    sequence(
      ...(ca ? [boolean(true)] : []),
      ...(pathLength === undefined ? [] : [integer(pathLength)]),
    ),
    true,
  );

export const keyUsage = (...usages: readonly (keyof typeof keyUsageBits)[]): Der => {
  const { bytes, unusedBits } = namedBits(usages.map((usage) => keyUsageBits[usage]));
  return extension(oids.keyUsage, bitString(bytes, unusedBits), true);
};

/** Purposes as dotted OIDs. */
export const extKeyUsage = (purposes: readonly string[], critical = false): Der =>
  extension(oids.extKeyUsage, sequence(...purposes.map(oid)), critical);

export const subjectKeyIdentifier = (identifier: Uint8Array): Der =>
  extension(oids.subjectKeyIdentifier, octetString(identifier));
/** `certificate`: the name of who issued the issuer's certificate, and that certificate's serial number. */
export const authorityKeyIdentifier = (
  identifier: Uint8Array,
  certificate?: { issuer: Uint8Array; serial: bigint },
): Der =>
  extension(
    oids.authorityKeyIdentifier,
    sequence(
      contextPrimitive(0, identifier),
      ...(certificate
        ? [
            context(1, directoryName(certificate.issuer)),
            contextPrimitive(2, integerContent(certificate.serial)),
          ]
        : []),
    ),
  );
export const subjectAltName = (...names: readonly Uint8Array[]): Der =>
  extension(oids.subjectAltName, sequence(...names));
export const ocspNoCheck = (): Der => extension(oids.ocspNoCheck, nullValue());

/** Subtrees as general names. */
export const nameConstraints = (constraints: {
  permitted?: readonly Uint8Array[];
  excluded?: readonly Uint8Array[];
}): Der =>
  extension(
    oids.nameConstraints,
    sequence(
      ...[constraints.permitted, constraints.excluded].flatMap((names, n) =>
        names ? [context(n, ...names.map((name) => sequence(name)))] : [],
      ),
    ),
    true,
  );

export const authorityInfoAccess = (access: {
  ocsp?: readonly string[];
  caIssuers?: readonly string[];
}): Der =>
  extension(
    oids.authorityInfoAccess,
    sequence(
      ...(access.ocsp ?? []).map((uri) => sequence(oid(oids.ocsp), uriName(uri))),
      ...(access.caIssuers ?? []).map((uri) => sequence(oid(oids.caIssuers), uriName(uri))),
    ),
  );

export interface DistributionPointParts {
  readonly uris?: readonly string[];
  readonly directoryNames?: readonly Uint8Array[];
  readonly relativeName?: Uint8Array;
  readonly reasons?: readonly number[];
  readonly crlIssuer?: Uint8Array;
}

/** A DistributionPointName inside its `[0]`, or nothing. */
const distributionPointName = (point: DistributionPointParts): Der[] => {
  if (point.relativeName) return [context(0, context(1, point.relativeName))];
  const names = [
    ...(point.uris ?? []).map(uriName),
    ...(point.directoryNames ?? []).map(directoryName),
  ];
  return names.length === 0 ? [] : [context(0, context(0, ...names))];
};

const reasonFlags = (n: number, reasons: readonly number[]): Der => {
  const { bytes, unusedBits } = namedBits(reasons);
  return contextPrimitive(n, Buffer.concat([Buffer.of(unusedBits), bytes]));
};

const distributionPoints = (points: readonly DistributionPointParts[]): Der =>
  sequence(
    ...points.map((point) =>
      sequence(
        ...distributionPointName(point),
        ...(point.reasons ? [reasonFlags(1, point.reasons)] : []),
        ...(point.crlIssuer ? [context(2, directoryName(point.crlIssuer))] : []),
      ),
    ),
  );

export const crlDistributionPoints = (...points: readonly DistributionPointParts[]): Der =>
  extension(oids.crlDistributionPoints, distributionPoints(points));
export const freshestCrl = (...points: readonly DistributionPointParts[]): Der =>
  extension(oids.freshestCrl, distributionPoints(points));

export interface IssuingDistributionPointParts extends DistributionPointParts {
  readonly onlyContainsUserCerts?: boolean;
  readonly onlyContainsCACerts?: boolean;
  readonly indirectCRL?: boolean;
  readonly onlyContainsAttributeCerts?: boolean;
}

export const issuingDistributionPoint = (parts: IssuingDistributionPointParts): Der => {
  const flag = (n: number, set: boolean | undefined): Der[] =>
    set ? [contextPrimitive(n, Buffer.of(0xff))] : [];
  return extension(
    oids.issuingDistributionPoint,
    sequence(
      ...distributionPointName(parts),
      ...flag(1, parts.onlyContainsUserCerts),
      ...flag(2, parts.onlyContainsCACerts),
      ...(parts.reasons ? [reasonFlags(3, parts.reasons)] : []),
      ...flag(4, parts.indirectCRL),
      ...flag(5, parts.onlyContainsAttributeCerts),
    ),
    true,
  );
};

export const crlNumber = (value: number | bigint): Der => extension(oids.crlNumber, integer(value));
export const deltaCrlIndicator = (base: number | bigint, critical = true): Der =>
  extension(oids.deltaCrlIndicator, integer(base), critical);
export const reasonCode = (reason: number): Der => extension(oids.reasonCode, enumerated(reason));
export const invalidityDate = (time: Date): Der =>
  extension(oids.invalidityDate, generalizedTime(time));
export const certificateIssuer = (name: Uint8Array, critical = true): Der =>
  extension(oids.certificateIssuer, sequence(directoryName(name)), critical);
