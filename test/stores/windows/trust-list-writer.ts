/** Lists of trusted roots as Microsoft publishes them: a certificate trust list, signed. */

import { createHash, sign } from 'node:crypto';
import { parseCertificate } from '../../../checks/pki/certificate.ts';
import { oids } from '../../../checks/pki/oids.ts';
import {
  type Der,
  context,
  integer,
  nullValue,
  octetString,
  oid,
  sequence,
  setOf,
  timeValue,
} from '../../helpers/der-writer.ts';
import { type Identity, makeCa } from '../../helpers/private-ca.ts';
import { extKeyUsage } from '../../helpers/x509-writer.ts';
import { propertyIds } from './blob-writer.ts';

export const rootListSigner = '1.3.6.1.4.1.311.10.3.9';
const trustListOid = '1.3.6.1.4.1.311.10.1';

export interface Subject {
  readonly der: Uint8Array;
  readonly properties?: Partial<Record<keyof typeof propertyIds, Uint8Array>>;
  /** Default: that of `der`. */
  readonly sha256?: Uint8Array;
  /** Default: the SHA-1 of `der`. */
  readonly identifier?: Uint8Array;
}

/** Ways to identify a subject that is disallowed (szOID_DISALLOWED_LIST, szOID_DISALLOWED_HASH). */
export const disallowedList = '1.3.6.1.4.1.311.10.3.30';
export const disallowedHash = '1.3.6.1.4.1.311.10.11.15';

export interface ListOptions {
  /** What the list is for; default: trusted roots. */
  readonly usage?: string;
  /** What identifies its subjects; default: SHA-1. */
  readonly identifiedBy?: string;
  readonly subjects: readonly Subject[];
  readonly signer: Identity;
  /** Beside the signer's own. */
  readonly certificates?: readonly Uint8Array[];
  /** What the signature says it is of; default: a trust list. */
  readonly signedAs?: string;
  /** Changes the content after it was signed. */
  readonly tamper?: (content: Buffer) => Buffer;
}

/** The authority that signs lists, and what it signs them with. */
export const makeListSigner = (
  purposes: readonly string[] = [rootListSigner],
): { readonly anchor: Identity; readonly signer: Identity } => {
  const anchor = makeCa({ name: 'O=Vendor, CN=Vendor Root', key: 'rsa' });
  const signer = anchor.issue({
    name: 'O=Vendor, CN=List Publisher',
    key: 'rsa',
    extensions: [extKeyUsage(purposes)],
  });
  return { anchor, signer };
};

const digestOf = (hash: string, bytes: Uint8Array): Buffer =>
  createHash(hash).update(bytes).digest();

const subject = ({
  der,
  properties = {},
  sha256 = digestOf('sha256', der),
  identifier = digestOf('sha1', der),
}: Subject): Der => {
  const attribute = (id: number, value: Uint8Array): Der =>
    sequence(oid(`1.3.6.1.4.1.311.10.11.${id}`), setOf(octetString(value)));
  const attributes = Object.entries(properties).map(([name, value]) =>
    attribute(propertyIds[name as keyof typeof propertyIds], value),
  );
  return sequence(octetString(identifier), setOf(attribute(98, sha256), ...attributes));
};

/** Content without tag and length: what the digest of PKCS#7 covers. */
const contentOf = (der: Buffer): Buffer => {
  const first = der.readUInt8(1);
  return der.subarray(first < 0x80 ? 2 : 2 + (first & 0x7f));
};

export const makeTrustList = (options: ListOptions): Buffer => {
  const { subjects, signer, certificates = [], tamper } = options;
  const { usage = rootListSigner, identifiedBy = oids.sha1, signedAs = trustListOid } = options;
  const list = sequence(
    sequence(oid(usage)),
    integer(1),
    timeValue(new Date('2025-06-01T00:00:00Z')),
    sequence(oid(identifiedBy), nullValue()),
    ...(subjects.length === 0 ? [] : [sequence(...subjects.map(subject))]),
  );
  const digestAlgorithm = sequence(oid(oids.sha256), nullValue());
  const attributes = [
    sequence(oid('1.2.840.113549.1.9.3'), setOf(oid(signedAs))),
    sequence(oid('1.2.840.113549.1.9.4'), setOf(octetString(digestOf('sha256', contentOf(list))))),
  ];
  const signature = sign('sha256', setOf(...attributes), signer.privateKey);
  const issuer = signerIssuer(signer);
  const signerInfo = sequence(
    integer(1),
    sequence(issuer, integer(signer.serial)),
    digestAlgorithm,
    context(0, ...attributes),
    sequence(oid('1.2.840.113549.1.1.1'), nullValue()),
    octetString(signature),
  );
  return sequence(
    oid('1.2.840.113549.1.7.2'),
    context(
      0,
      sequence(
        integer(1),
        setOf(digestAlgorithm),
        sequence(oid(trustListOid), context(0, tamper ? tamper(list) : list)),
        context(0, signer.der, ...certificates),
        setOf(signerInfo),
      ),
    ),
  );
};

const signerIssuer = (signer: Identity): Buffer =>
  Buffer.from(parseCertificate(signer.der).issuer.raw);
