/**
 * What a TLS server sent during a handshake, read from the bytes on the wire. node:tls orders and thins
 * out the chain that it gives, and says of a failed handshake only its error; this reads the version and
 * every certificate as sent. Under TLS 1.3 they are encrypted: the key log's secret opens them.
 */

import { createDecipheriv, createHmac } from 'node:crypto';
import type { TlsVersion } from '../types.ts';

export interface ServerFlight {
  /** The first byte is no TLS record's. */
  readonly notTls: boolean;
  /** What the ServerHello chose; absent where none came, or SSL 3.0 or something unknown. */
  readonly version?: TlsVersion;
  /** The group of the ephemeral keys, of TLS 1.3 only: `X25519`, `ECDH prime256v1`, `DH 2048`. */
  readonly group?: string;
  /** The description of an alert in the clear (RFC 8446 6). */
  readonly alert?: number;
  /** DER, in the order sent; absent where the message was not seen. */
  readonly certificates?: readonly Uint8Array[];
}

/** RFC 8446 6.2: the server speaks none of the versions that it was offered. */
export const protocolVersionAlert = 70;

const recordTypes = {
  changeCipherSpec: 20,
  alert: 21,
  handshake: 22,
  applicationData: 23,
} as const;
const extensionTypes = { supportedVersions: 43, keyShare: 51 } as const;
const messageTypes = { serverHello: 2, certificate: 11, finished: 20 } as const;
const versions = new Map<number, TlsVersion>([
  [0x0301, 'TLSv1'],
  [0x0302, 'TLSv1.1'],
  [0x0303, 'TLSv1.2'],
  [0x0304, 'TLSv1.3'],
]);

/** Named groups of the registry of RFC 8447 by their numbers, in the words of node:tls where it has any. */
const groups = new Map<number, string>([
  [0x0017, 'ECDH prime256v1'],
  [0x0018, 'ECDH secp384r1'],
  [0x0019, 'ECDH secp521r1'],
  [0x001d, 'X25519'],
  [0x001e, 'X448'],
  [0x0100, 'DH 2048'],
  [0x0101, 'DH 3072'],
  [0x0102, 'DH 4096'],
  [0x0103, 'DH 6144'],
  [0x0104, 'DH 8192'],
  [0x11eb, 'SecP256r1MLKEM768'],
  [0x11ec, 'X25519MLKEM768'],
  [0x11ed, 'SecP384r1MLKEM1024'],
]);

/** What a HelloRetryRequest has for its random (RFC 8446 4.1.3). */
const retryRandom = 'cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c';

interface Suite {
  readonly cipher: 'aes-128-gcm' | 'aes-256-gcm' | 'chacha20-poly1305';
  readonly hash: 'sha256' | 'sha384';
  readonly keyLength: number;
}
const suites = new Map<number, Suite>([
  [0x1301, { cipher: 'aes-128-gcm', hash: 'sha256', keyLength: 16 }],
  [0x1302, { cipher: 'aes-256-gcm', hash: 'sha384', keyLength: 32 }],
  [0x1303, { cipher: 'chacha20-poly1305', hash: 'sha256', keyLength: 32 }],
]);

/** HKDF-Expand-Label (RFC 8446 7.1) for at most one hash's length, without context. */
const expandLabel = (
  secret: Buffer,
  label: string,
  { hash, length }: { hash: string; length: number },
) => {
  const full = Buffer.from(`tls13 ${label}`, 'latin1');
  const info = Buffer.concat([Buffer.of(0, length, full.length), full, Buffer.of(0, 1)]);
  return createHmac(hash, secret).update(info).digest().subarray(0, length);
};

/** Opens the records of the server's handshake, in order. */
const recordOpener = (suite: Suite, secret: Buffer) => {
  const key = expandLabel(secret, 'key', { hash: suite.hash, length: suite.keyLength });
  const iv = expandLabel(secret, 'iv', { hash: suite.hash, length: 12 });
  let sequence = 0;
  return (header: Buffer, payload: Buffer): Buffer | undefined => {
    if (payload.length < 17) return undefined;
    const nonce = Buffer.from(iv);
    nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ sequence++) >>> 0, 8);
    try {
      // the types want to know which kind of cipher it is; all three work alike
      const decipher = createDecipheriv(suite.cipher as 'aes-128-gcm', key, nonce, {
        authTagLength: 16,
      });
      decipher.setAAD(header);
      decipher.setAuthTag(payload.subarray(-16));
      return Buffer.concat([decipher.update(payload.subarray(0, -16)), decipher.final()]);
    } catch {
      return undefined; // another key's, or altered: node:tls has refused it too
    }
  };
};

interface ServerHello {
  readonly version: TlsVersion | undefined;
  readonly suite: Suite | undefined;
  readonly group: string | undefined;
  readonly isRetry: boolean;
}

/** @throws RangeError for a message that is cut short. */
const readServerHello = (body: Buffer): ServerHello => {
  let version = body.readUInt16BE(0);
  const isRetry = body.toString('hex', 2, 34) === retryRandom;
  let at = 35 + body.readUInt8(34);
  const suite = body.readUInt16BE(at);
  let group: string | undefined;
  at += 5; // suite, compression method, length of the extensions
  while (at + 4 <= body.length) {
    const type = body.readUInt16BE(at);
    const length = body.readUInt16BE(at + 2);
    if (type === extensionTypes.supportedVersions) version = body.readUInt16BE(at + 4);
    if (type === extensionTypes.keyShare) {
      const number = body.readUInt16BE(at + 4);
      group = groups.get(number) ?? `group ${number}`;
    }
    at += 4 + length;
  }
  return { version: versions.get(version), suite: suites.get(suite), group, isRetry };
};

const maxCertificates = 256;

/** @throws RangeError for a message that is cut short. */
const readCertificateMessage = (body: Buffer, version: TlsVersion): Uint8Array[] => {
  const isNew = version === 'TLSv1.3';
  const certificates: Uint8Array[] = [];
  let at = 3 + (isNew ? 1 + body.readUInt8(0) : 0);
  while (at < body.length && certificates.length < maxCertificates) {
    const length = body.readUIntBE(at, 3);
    at += 3;
    if (at + length > body.length) throw new RangeError('certificate cut short');
    certificates.push(Uint8Array.from(body.subarray(at, at + length)));
    at += length;
    if (isNew) at += 2 + body.readUInt16BE(at);
  }
  return certificates;
};

interface Found {
  version?: TlsVersion;
  group?: string;
  alert?: number;
  certificates?: readonly Uint8Array[];
}

/**
 * `bytes`: all that the server sent since STARTTLS, or its beginning. `secret`: the server's handshake
 * traffic secret, of TLS 1.3 only.
 */
export const readServerFlight = (bytes: Buffer, secret?: Buffer): ServerFlight => {
  const found: Found = {};
  const [first] = bytes;
  if (first === undefined) return { notTls: false };
  if (first !== recordTypes.alert && first !== recordTypes.handshake) return { notTls: true };
  if (bytes.length > 1 && bytes[1] !== 3) return { notTls: true };
  try {
    readRecords(bytes, secret, found);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // cut short: what was found stands
  }
  return { notTls: false, ...found };
};

/** Takes handshake messages apart as their bytes come, across records. */
class MessageReader {
  /** Set once the server's encrypted records can be opened. */
  open: ReturnType<typeof recordOpener> | undefined;
  done = false;
  private rest: Buffer = Buffer.alloc(0);
  private readonly found: Found;
  private readonly secret: Buffer | undefined;

  constructor(found: Found, secret: Buffer | undefined) {
    this.found = found;
    this.secret = secret;
  }

  push(bytes: Buffer): void {
    this.rest = Buffer.concat([this.rest, bytes]);
    while (this.rest.length >= 4) {
      const end = 4 + this.rest.readUIntBE(1, 3);
      if (this.rest.length < end) return;
      this.take(this.rest.readUInt8(0), this.rest.subarray(4, end));
      this.rest = this.rest.subarray(end);
    }
  }

  private take(type: number, body: Buffer): void {
    const { found, secret } = this;
    if (type === messageTypes.serverHello) {
      const { version, suite, group, isRetry } = readServerHello(body);
      if (version) found.version = version;
      if (group !== undefined) found.group = group;
      if (version !== 'TLSv1.3' || isRetry) return;
      if (suite && secret) this.open = recordOpener(suite, secret);
      else this.done = true; // the rest is encrypted
    } else if (type === messageTypes.certificate && found.version)
      found.certificates ??= readCertificateMessage(body, found.version);
    else if (type === messageTypes.finished) this.done = true;
  }
}

const readRecords = (bytes: Buffer, secret: Buffer | undefined, found: Found): void => {
  const messages = new MessageReader(found, secret);
  for (let at = 0; at + 5 <= bytes.length && !messages.done;) {
    const header = bytes.subarray(at, at + 5);
    const end = at + 5 + header.readUInt16BE(3);
    if (end > bytes.length) return;
    const payload = bytes.subarray(at + 5, end);
    at = end;
    const type = header.readUInt8(0);
    if (type === recordTypes.handshake) messages.push(payload);
    else if (type === recordTypes.applicationData && messages.open) {
      const plain = messages.open(header, payload);
      if (plain === undefined) return;
      messages.push(innerHandshake(plain));
    } else if (type === recordTypes.alert) {
      if (payload.length === 2) found.alert = payload.readUInt8(1);
      return;
    } else if (type !== recordTypes.changeCipherSpec || found.version !== 'TLSv1.3') return;
  }
};

/** The content of a TLSInnerPlaintext (RFC 8446 5.2), empty where it is no handshake message. */
const innerHandshake = (plain: Buffer): Buffer => {
  let end = plain.length;
  while (end > 0 && plain[end - 1] === 0) end--;
  return plain[end - 1] === recordTypes.handshake ? plain.subarray(0, end - 1) : Buffer.alloc(0);
};
