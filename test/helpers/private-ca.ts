/**
 * A private certificate authority, made by the test itself. Everything that it issues is right
 * unless an option makes it wrong; `rewrite` gives any part other bytes before they are signed.
 */

import { type KeyObject, createHash } from 'node:crypto';
import { type Der, context, integer, pem, sequence, timeValue } from './der-writer.ts';
import {
  type KeyKind,
  type KeyPair,
  type SigningOptions,
  generateKey,
  signatureAlgorithm,
  signed,
} from './signing.ts';
import {
  authorityKeyIdentifier,
  basicConstraints,
  crlNumber,
  keyUsage,
  nameOf,
  reasonCode,
  subjectKeyIdentifier,
} from './x509-writer.ts';

export interface CertificateParts {
  version: Uint8Array;
  serial: Uint8Array;
  algorithm: Uint8Array;
  issuer: Uint8Array;
  validity: Uint8Array;
  subject: Uint8Array;
  publicKey: Uint8Array;
  /** The `[3]` wrapper with all extensions. */
  extensions: Uint8Array;
}

export interface IssueOptions extends SigningOptions {
  /** `C=BE, CN=x`, or a common name, or DER of a Name. */
  readonly name: string | Uint8Array;
  /** A kind of key to make, or one that exists; default `p256`. */
  readonly key?: KeyKind | KeyPair;
  readonly serial?: number | bigint;
  /** Default 2020-01-01 … 2040-01-01. */
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  /** A CA (basicConstraints, keyCertSign and cRLSign); default false. */
  readonly ca?: boolean;
  readonly pathLength?: number;
  /** Added to the usual extensions. */
  readonly extensions?: readonly Uint8Array[];
  /** Instead of the usual extensions. */
  readonly onlyExtensions?: readonly Uint8Array[];
  /** Changes parts before they are signed; an empty part is left out. */
  readonly rewrite?: (parts: CertificateParts) => Partial<CertificateParts>;
  readonly outerAlgorithm?: Uint8Array;
  readonly signature?: (value: Buffer) => Buffer;
}

export interface CrlEntryOptions {
  readonly serial: number | bigint | Uint8Array;
  /** Default 2024-01-01. */
  readonly date?: Date;
  readonly reason?: number;
  readonly extensions?: readonly Uint8Array[];
}

export interface CrlParts {
  version: Uint8Array;
  algorithm: Uint8Array;
  issuer: Uint8Array;
  thisUpdate: Uint8Array;
  nextUpdate: Uint8Array;
  /** The SEQUENCE OF entries; absent where there are none. */
  revoked: Uint8Array;
  /** The `[0]` wrapper with all extensions. */
  extensions: Uint8Array;
}

export interface CrlOptions extends SigningOptions {
  /** Default 2025-06-01 … 2025-06-08. */
  readonly thisUpdate?: Date;
  /** null: absent. */
  readonly nextUpdate?: Date | null;
  /** Default 7; null: absent. */
  readonly number?: number | bigint | null;
  readonly entries?: readonly CrlEntryOptions[];
  /** Added to authorityKeyIdentifier and cRLNumber. */
  readonly extensions?: readonly Uint8Array[];
  readonly onlyExtensions?: readonly Uint8Array[];
  readonly rewrite?: (parts: CrlParts) => Partial<CrlParts>;
  readonly outerAlgorithm?: Uint8Array;
  readonly signature?: (value: Buffer) => Buffer;
}

/** A certificate with its private key: a CA or a leaf. Any of them can sign; whether it may is the test's subject. */
export interface Identity extends KeyPair {
  /** The certificate. */
  readonly der: Buffer;
  readonly pem: string;
  /** PKCS#8 PEM. */
  readonly keyPem: string;
  /** DER of the subject. */
  readonly name: Buffer;
  readonly serial: bigint;
  /** SHA-1 of the key bits, as its subjectKeyIdentifier says. */
  readonly keyIdentifier: Buffer;
  issue(options: IssueOptions): Identity;
  crl(options?: CrlOptions): Buffer;
}

/** A time at which every default of this file is valid. */
export const testTime = new Date('2025-06-03T12:00:00Z');

const spki = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'spki' });

/** SHA-1 of the subjectPublicKey bits (RFC 5280 4.2.1.2). */
export const keyIdentifierOf = (key: KeyObject): Buffer => {
  const der = spki(key);
  const skip = (at: number): { content: number; end: number } => {
    const first = der.readUInt8(at + 1);
    const count = first < 0x80 ? 0 : first & 0x7f;
    const length = count === 0 ? first : der.readUIntBE(at + 2, count);
    return { content: at + 2 + count, end: at + 2 + count + length };
  };
  const bits = skip(skip(skip(0).content).end);
  return createHash('sha1')
    .update(der.subarray(bits.content + 1, bits.end))
    .digest();
};

let nextSerial = 0x1000n;

const usualExtensions = (options: IssueOptions, keyId: Buffer, issuerKeyId: Buffer): Der[] => [
  basicConstraints(options.ca ?? false, options.pathLength),
  options.ca ? keyUsage('keyCertSign', 'cRLSign') : keyUsage('digitalSignature'),
  subjectKeyIdentifier(keyId),
  authorityKeyIdentifier(issuerKeyId),
  ...(options.extensions?.map((one) => Buffer.from(one)) ?? []),
];

type Issuer = Pick<Identity, 'name' | 'privateKey' | 'keyIdentifier'>;

const issueFrom = (options: IssueOptions, issuer?: Issuer): Identity => {
  const { key = 'p256' } = options;
  const pair = typeof key === 'string' ? generateKey(key) : key;
  const name = typeof options.name === 'string' ? nameOf(options.name) : Buffer.from(options.name);
  const keyIdentifier = keyIdentifierOf(pair.publicKey);
  const by = issuer ?? { name, privateKey: pair.privateKey, keyIdentifier };
  const serial = BigInt(options.serial ?? nextSerial++);
  const extensions =
    options.onlyExtensions ?? usualExtensions(options, keyIdentifier, by.keyIdentifier);
  const parts: CertificateParts = {
    version: context(0, integer(2)),
    serial: integer(serial),
    algorithm: signatureAlgorithm(by.privateKey, options),
    issuer: by.name,
    validity: sequence(
      timeValue(options.notBefore ?? new Date('2020-01-01T00:00:00Z')),
      timeValue(options.notAfter ?? new Date('2040-01-01T00:00:00Z')),
    ),
    subject: name,
    publicKey: spki(pair.publicKey),
    extensions: extensions.length === 0 ? Buffer.alloc(0) : context(3, sequence(...extensions)),
  };
  const rewritten = { ...parts, ...options.rewrite?.(parts) };
  const tbs = sequence(
    rewritten.version,
    rewritten.serial,
    rewritten.algorithm,
    rewritten.issuer,
    rewritten.validity,
    rewritten.subject,
    rewritten.publicKey,
    rewritten.extensions,
  );
  const der = signed(tbs, by.privateKey, options);
  return identityOf({ ...pair, der, name, serial, keyIdentifier });
};

const entryOf = ({ serial, date, reason, extensions = [] }: CrlEntryOptions): Der => {
  const all = [...(reason === undefined ? [] : [reasonCode(reason)]), ...extensions];
  return sequence(
    integer(serial),
    timeValue(date ?? new Date('2024-01-01T00:00:00Z')),
    ...(all.length === 0 ? [] : [sequence(...all)]),
  );
};

/** A CRL signed by `issuer`. */
const crlFrom = (issuer: Issuer, options: CrlOptions): Buffer => {
  const { entries = [], number = 7 } = options;
  const nextUpdate =
    options.nextUpdate === undefined ? new Date('2025-06-08T00:00:00Z') : options.nextUpdate;
  const extensions = options.onlyExtensions ?? [
    authorityKeyIdentifier(issuer.keyIdentifier),
    ...(number === null ? [] : [crlNumber(number)]),
    ...(options.extensions ?? []),
  ];
  const none = Buffer.alloc(0);
  const parts: CrlParts = {
    version: integer(1),
    algorithm: signatureAlgorithm(issuer.privateKey, options),
    issuer: issuer.name,
    thisUpdate: timeValue(options.thisUpdate ?? new Date('2025-06-01T00:00:00Z')),
    nextUpdate: nextUpdate === null ? none : timeValue(nextUpdate),
    revoked: entries.length === 0 ? none : sequence(...entries.map(entryOf)),
    extensions: extensions.length === 0 ? none : context(0, sequence(...extensions)),
  };
  const rewritten = { ...parts, ...options.rewrite?.(parts) };
  const tbs = sequence(
    rewritten.version,
    rewritten.algorithm,
    rewritten.issuer,
    rewritten.thisUpdate,
    rewritten.nextUpdate,
    rewritten.revoked,
    rewritten.extensions,
  );
  return signed(tbs, issuer.privateKey, options);
};

const identityOf = (
  of: KeyPair & Pick<Identity, 'der' | 'name' | 'serial' | 'keyIdentifier'>,
): Identity => ({
  ...of,
  pem: pem('CERTIFICATE', of.der),
  keyPem: of.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  issue: (options) => issueFrom(options, of),
  crl: (options = {}) => crlFrom(of, options),
});

/** A self-signed CA. */
export const makeCa = (options: IssueOptions): Identity => issueFrom({ ca: true, ...options });

/** A CRL's signature bits, as `signature` options take them: flipped in the last byte. */
export const flippedLastByte = (value: Buffer): Buffer => {
  const copy = Buffer.from(value);
  copy.writeUInt8(copy.readUInt8(copy.length - 1) ^ 1, copy.length - 1);
  return copy;
};
