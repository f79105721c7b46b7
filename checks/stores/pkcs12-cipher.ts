/** How PKCS#12 protects its contents: password-based keys, ciphers and MACs (RFC 7292 appendices A–C, RFC 8018 6.2, RFC 9579). */

import { createDecipheriv, createHash, createHmac, hash as hashOnce, pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import { DerError, DerReader, tags } from '../pki/der.ts';
import { readOctetString, readOid, readSmallInteger } from '../pki/values.ts';
import { decryptRc2Cbc } from './rc2.ts';

/** The file is protected in a way, or so often, that it is not opened. */
export class UnsupportedProtection extends Error {
  override readonly name = 'UnsupportedProtection';
}

interface Algorithm {
  readonly oid: string;
  /** A reader of what follows the identifier. */
  readonly parameters: DerReader;
}

export const readAlgorithm = (reader: DerReader): Algorithm => {
  const parameters = reader.inside();
  return { oid: readOid(parameters), parameters };
};

const derive = promisify(pbkdf2);

/** Derivations of libuv's threads, and those of the main thread: RFC 7292's is a loop of our own. */
const maxIterations = { pbkdf2: 2_000_000, pkcs12: 200_000 } as const;

const readIterations = (reader: DerReader, kind: keyof typeof maxIterations): number => {
  const iterations = readSmallInteger(reader);
  if (iterations < 1 || iterations > maxIterations[kind])
    throw new UnsupportedProtection(`${iterations} iterations`);
  return iterations;
};

const hashNames: Readonly<Record<string, string>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.4': 'sha224',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

const hmacNames: Readonly<Record<string, string>> = {
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.8': 'sha224',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
};

const named = (names: Readonly<Record<string, string>>, oid: string): string => {
  const name = names[oid];
  if (name === undefined) throw new UnsupportedProtection(`algorithm ${oid}`);
  return name;
};

/** RFC 7292 B.1: big-endian UTF-16 with a closing zero; an absent password has not even that. */
const bmpPassword = (password: string | undefined): Buffer =>
  password === undefined ? Buffer.alloc(0) : Buffer.from(`${password}\0`, 'utf16le').swap16();

const repeated = (bytes: Uint8Array, block: number): Buffer => {
  const length = block * Math.ceil(bytes.length / block);
  return length === 0 ? Buffer.alloc(0) : Buffer.alloc(length, bytes);
};

interface Derivation {
  readonly hash: string;
  readonly salt: Uint8Array;
  readonly iterations: number;
}

/** RFC 7292 B.2. `id`: 1 a key, 2 an initialisation vector, 3 a MAC key. */
const pkcs12Key = (
  password: string | undefined,
  { hash, salt, iterations }: Derivation,
  { id, length }: { readonly id: 1 | 2 | 3; readonly length: number },
): Buffer => {
  const block = hash === 'sha384' || hash === 'sha512' ? 128 : 64;
  const diversifier = Buffer.alloc(block, id);
  const input = Buffer.concat([repeated(salt, block), repeated(bmpPassword(password), block)]);
  const parts: Buffer[] = [];
  for (let have = 0; have < length;) {
    let digest = createHash(hash).update(diversifier).update(input).digest();
    for (let n = 1; n < iterations; n++) digest = hashOnce(hash, digest, 'buffer');
    parts.push(digest);
    have += digest.length;
    const addend = Buffer.alloc(block, digest);
    for (let at = 0; at < input.length; at += block) {
      let carry = 1;
      for (let index = block - 1; index >= 0; index--) {
        carry += (input[at + index] ?? 0) + (addend[index] ?? 0);
        input[at + index] = carry & 0xff;
        carry >>= 8;
      }
    }
  }
  return Buffer.concat(parts).subarray(0, length);
};

const unpadded = (plain: Buffer, block: number): Buffer => {
  const count = plain.at(-1) ?? 0;
  const padding = plain.subarray(plain.length - count);
  if (count < 1 || count > block || count > plain.length || padding.some((byte) => byte !== count))
    throw new DerError('padding is wrong', plain.length);
  return plain.subarray(0, plain.length - count);
};

const decipher = (cipher: string, key: Uint8Array, iv: Uint8Array, data: Uint8Array): Buffer => {
  try {
    const decryption = createDecipheriv(cipher, key, iv).setAutoPadding(false);
    return Buffer.concat([decryption.update(data), decryption.final()]);
  } catch (error) {
    throw new DerError(error instanceof Error ? error.message : 'not decrypted', 0);
  }
};

const ciphers: Readonly<Record<string, readonly [name: string, keyBytes: number]>> = {
  '2.16.840.1.101.3.4.1.2': ['aes-128-cbc', 16],
  '2.16.840.1.101.3.4.1.22': ['aes-192-cbc', 24],
  '2.16.840.1.101.3.4.1.42': ['aes-256-cbc', 32],
  '1.2.840.113549.3.7': ['des-ede3-cbc', 24],
};

const pbkdf2Oid = '1.2.840.113549.1.5.12';

/** The key that PBKDF2 makes of its AlgorithmIdentifier (RFC 8018 A.2). */
const pbkdf2Key = async (reader: DerReader, password: string, length: number): Promise<Buffer> => {
  const { oid, parameters } = readAlgorithm(reader);
  if (oid !== pbkdf2Oid) throw new UnsupportedProtection(`key derivation ${oid}`);
  const values = parameters.inside();
  const salt = readOctetString(values);
  const iterations = readIterations(values, 'pbkdf2');
  if (values.peek() === tags.integer) readSmallInteger(values);
  const hash = values.isDone() ? 'sha1' : named(hmacNames, readAlgorithm(values).oid);
  return derive(password, salt, iterations, length, hash);
};

const decryptPbes2 = async (
  parameters: DerReader,
  data: Uint8Array,
  password: string | undefined,
): Promise<Buffer> => {
  const scheme = parameters.inside();
  const keyTlv = scheme.read(tags.sequence);
  const encryption = readAlgorithm(scheme);
  const [cipher, length] = ciphers[encryption.oid] ?? [];
  if (cipher === undefined || length === undefined)
    throw new UnsupportedProtection(`cipher ${encryption.oid}`);
  const derivation = new DerReader(scheme.bytes, { start: keyTlv.start, end: keyTlv.end });
  const key = await pbkdf2Key(derivation, password ?? '', length);
  const iv = readOctetString(encryption.parameters);
  return unpadded(decipher(cipher, key, iv, data), cipher === 'des-ede3-cbc' ? 8 : 16);
};

/** RFC 7292 appendix C: all with SHA-1 and blocks of 8 bytes. */
const pkcs12Schemes: Readonly<Record<string, readonly [cipher: '3des' | 'rc2', keyBytes: number]>> =
  {
    '1.2.840.113549.1.12.1.3': ['3des', 24],
    '1.2.840.113549.1.12.1.4': ['3des', 16],
    '1.2.840.113549.1.12.1.5': ['rc2', 16],
    '1.2.840.113549.1.12.1.6': ['rc2', 5],
  };

const decryptPkcs12 = (
  { oid, parameters }: Algorithm,
  data: Uint8Array,
  password: string | undefined,
): Buffer => {
  const [cipher, length] = pkcs12Schemes[oid] ?? [];
  if (cipher === undefined || length === undefined)
    throw new UnsupportedProtection(`encryption ${oid}`);
  const values = parameters.inside();
  const salt = readOctetString(values);
  const derivation = { hash: 'sha1', salt, iterations: readIterations(values, 'pkcs12') };
  const key = pkcs12Key(password, derivation, { id: 1, length });
  const iv = pkcs12Key(password, derivation, { id: 2, length: 8 });
  if (cipher === 'rc2') return unpadded(decryptRc2Cbc(key, iv, data), 8);
  const threeKeys = length === 24 ? key : Buffer.concat([key, key.subarray(0, 8)]);
  return unpadded(decipher('des-ede3-cbc', threeKeys, iv, data), 8);
};

/** Decrypts EncryptedData. @throws DerError for a wrong password, UnsupportedProtection */
export const decryptContent = (
  algorithm: Algorithm,
  data: Uint8Array,
  password: string | undefined,
): Promise<Buffer> | Buffer =>
  algorithm.oid === '1.2.840.113549.1.5.13'
    ? decryptPbes2(algorithm.parameters, data, password)
    : decryptPkcs12(algorithm, data, password);

const pbmac1Oid = '1.2.840.113549.1.5.14';

/** The HMAC that RFC 9579 describes: its parameters say hash, salt and iterations, not MacData. */
const pbmac1 = async (
  parameters: DerReader,
  content: Uint8Array,
  password: string | undefined,
  length: number,
): Promise<Buffer> => {
  const scheme = parameters.inside();
  const keyTlv = scheme.read(tags.sequence);
  const hash = named(hmacNames, readAlgorithm(scheme).oid);
  const derivation = new DerReader(scheme.bytes, { start: keyTlv.start, end: keyTlv.end });
  const key = await pbkdf2Key(derivation, password ?? '', length);
  return createHmac(hash, key).update(content).digest();
};

/** Whether a MacData fits the content and the password (RFC 7292 4 and 5.1). @throws UnsupportedProtection */
export const isAuthentic = async (
  macData: DerReader,
  content: Uint8Array,
  password: string | undefined,
): Promise<boolean> => {
  const digestInfo = macData.inside();
  const { oid, parameters } = readAlgorithm(digestInfo);
  const expected = readOctetString(digestInfo);
  const salt = readOctetString(macData);
  if (oid === pbmac1Oid)
    return (await pbmac1(parameters, content, password, expected.length)).equals(expected);
  const hash = named(hashNames, oid);
  const iterations = macData.isDone() ? 1 : readIterations(macData, 'pkcs12');
  const key = pkcs12Key(password, { hash, salt, iterations }, { id: 3, length: expected.length });
  return createHmac(hash, key).update(content).digest().equals(expected);
};
