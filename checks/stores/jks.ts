/** Java's own keystore format, JKS, and its sibling JCEKS (sun.security.provider.JavaKeyStore): certificates stand in it in clear. */

import { createHash } from 'node:crypto';
import type { StoreEntry, StoreProblem } from '../types.ts';
import { soundEntries } from './certificate-form.ts';
import { storeLimits } from './files.ts';
import { type Collected, StoreError } from './store-error.ts';

const magics = { jks: 0xfeedfeed, jceks: 0xcececece } as const;

const digestBytes = 20;

/** The password of the stores that Java itself ships; others are for certificates nobody needs to read. */
const usualPassword = 'changeit';

export const looksLikeJks = (bytes: Buffer): boolean =>
  bytes.length >= 12 &&
  (bytes.readUInt32BE(0) === magics.jks || bytes.readUInt32BE(0) === magics.jceks);

/** A cursor that says where the file is cut short. */
class JksReader {
  private readonly bytes: Buffer;
  private readonly path: string;
  private at = 0;

  constructor(bytes: Buffer, path: string) {
    this.bytes = bytes;
    this.path = path;
  }

  take(length: number): Buffer {
    if (length > this.bytes.length - this.at) throw this.fault('cut short');
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  integer(): number {
    return this.take(4).readUInt32BE(0);
  }

  /** Java's modified UTF-8; what it spells otherwise than UTF-8 does not matter to an alias. */
  text(): string {
    return this.take(this.take(2).readUInt16BE(0)).toString('utf8');
  }

  fault(what: string): StoreError {
    return new StoreError('unreadable', `${this.path}: JKS ${what} at byte ${this.at}`);
  }

  finish(): void {
    if (this.at !== this.bytes.length) throw this.fault('has bytes left over');
  }
}

/** The certificates of its chain: Java reads them too. */
const readPrivateKey = (reader: JksReader, version: number): Buffer[] => {
  reader.take(reader.integer());
  const chain = reader.integer();
  if (chain > 100) throw reader.fault(`has a chain of ${chain} certificates`);
  return Array.from({ length: chain }, () => readCertificate(reader, version).bytes);
};

const readCertificate = (reader: JksReader, version: number): { type: string; bytes: Buffer } => {
  const type = version === 2 ? reader.text() : 'X.509';
  return { type, bytes: reader.take(reader.integer()) };
};

/** SHA-1 over password, salt and content: it shows damage, where the password is known. */
const hasUsualDigest = (bytes: Buffer): boolean => {
  const content = bytes.subarray(0, -digestBytes);
  const password = Buffer.from(usualPassword, 'utf16le').swap16();
  const digest = createHash('sha1').update(password).update('Mighty Aphrodite').update(content);
  return digest.digest().equals(bytes.subarray(-digestBytes));
};

/**
 * The trusted certificates; those of private keys' chains are nobody's anchors.
 * @throws StoreError for a file that does not end where it should
 */
export const readJks = (bytes: Buffer, path: string): Collected => {
  if (bytes.length < 12 + digestBytes)
    throw new StoreError('unreadable', `${path}: JKS of ${bytes.length} bytes`);
  const reader = new JksReader(bytes.subarray(0, -digestBytes), path);
  reader.integer();
  const version = reader.integer();
  if (version !== 1 && version !== 2) throw reader.fault(`version ${version}`);
  const count = reader.integer();
  if (count > storeLimits.certificates) throw reader.fault(`has ${count} entries`);
  const entries: StoreEntry[] = [];
  const chains: StoreEntry[] = [];
  const problems: StoreProblem[] = [];
  for (let n = 0; n < count; n++) {
    const tag = reader.integer();
    const origin = `${path}#${reader.text()}`;
    reader.take(8); // when it was added
    if (tag === 1)
      chains.push(
        ...readPrivateKey(reader, version).map((der): StoreEntry => ({
          der,
          trust: 'trusted',
          origin,
        })),
      );
    else if (tag === 2) {
      const { type, bytes: der } = readCertificate(reader, version);
      if (type === 'X.509') entries.push({ der, trust: 'trusted', origin });
      else problems.push({ origin, problem: `a certificate of type ${type}` });
    } else throw reader.fault(`has an entry of unknown kind ${tag}`);
  }
  reader.finish();
  if (!hasUsualDigest(bytes))
    problems.push({
      origin: path,
      problem: 'its password is not the usual one, so that damage would not be noticed',
    });
  problems.push(...soundEntries({ entries: chains, problems: [] }, path).problems);
  return soundEntries({ entries, problems }, path);
};
