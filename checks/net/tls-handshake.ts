/** A TLS handshake over a connection that has spoken SMTP, whatever certificate comes: it is judged later. */

import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import {
  type ConnectionOptions,
  type EphemeralKeyInfo,
  type TLSSocket,
  connect as connectTls,
} from 'node:tls';
import type { TlsSession, TlsVersion } from '../types.ts';
import { errorCode } from './faults.ts';
import { type ServerFlight, readServerFlight } from './tls-flight.ts';

export interface HandshakeOptions {
  /** Sent as SNI; absent for an address. */
  readonly serverName?: string;
  readonly minVersion: TlsVersion;
  readonly signal: AbortSignal;
}

/** How a handshake failed, and what the server had sent until then. */
export interface HandshakeFailure {
  readonly cause: 'reset' | 'closed' | 'silent' | 'error';
  /** The code of the TLS library's error. */
  readonly error?: string;
  readonly flight: ServerFlight;
  readonly received: Buffer;
}

export type Handshake =
  | { readonly session: TlsSession; readonly socket: TLSSocket; readonly failure?: undefined }
  | { readonly session?: undefined; readonly failure: HandshakeFailure };

/** More than a server sends before its Finished, by far. */
const maxRecorded = 512 * 1024;

/** Passes bytes between a socket and node:tls, and remembers what the server sent. */
const tap = (socket: Socket): { stream: Duplex; received: () => Buffer } => {
  const chunks: Buffer[] = [];
  let recorded = 0;
  const stream = new Duplex({
    read: () => void socket.resume(),
    write: (chunk: Buffer, _encoding, done) => void socket.write(chunk, done),
    final: (done) => void socket.end(done),
    destroy(error, done) {
      socket.destroy();
      done(error);
    },
  });
  socket.on('data', (chunk: Buffer) => {
    if (recorded < maxRecorded) chunks.push(chunk);
    recorded += chunk.length;
    if (!stream.push(chunk)) socket.pause();
  });
  socket.on('end', () => void stream.push(null));
  return { stream, received: () => Buffer.concat(chunks) };
};

/** `X25519`, `ECDH prime256v1`, `DH 2048`; undefined without forward secrecy. node:tls does not know every group. */
const ephemeralKeyOf = (socket: TLSSocket, group: string | undefined): string | undefined => {
  const info = (socket.getEphemeralKeyInfo() ?? {}) as Partial<EphemeralKeyInfo>;
  const { type, name, size } = info;
  if (typeof type !== 'string') return group;
  if (type === 'DH') return `DH ${size ?? 0}`;
  return name?.startsWith('X') === true ? name : `${type} ${name ?? ''}`.trim();
};

/** The chain as node:tls orders it, for want of the bytes. */
const orderedChain = (socket: TLSSocket): Uint8Array[] => {
  const chain: Uint8Array[] = [];
  let certificate = socket.getPeerX509Certificate();
  while (certificate && chain.length < 32) {
    chain.push(Uint8Array.from(certificate.raw));
    certificate = certificate.issuerCertificate;
  }
  return chain;
};

/** Handshake secrets of TLS 1.3 come as `SERVER_HANDSHAKE_TRAFFIC_SECRET random secret`. */
const secretOf = (line: Buffer): Buffer | undefined => {
  const [label, , secret] = line.toString('latin1').trim().split(' ');
  return label === 'SERVER_HANDSHAKE_TRAFFIC_SECRET' && secret !== undefined
    ? Buffer.from(secret, 'hex')
    : undefined;
};

/** `requestOCSP` is missing from the types of connect(), not from connect(). */
const offer: ConnectionOptions & { requestOCSP: true } = {
  rejectUnauthorized: false, // every chain is recorded, and judged by checks/smtp.ts
  ca: [], // or node:tls would add certificates of this machine to what was sent
  maxVersion: 'TLSv1.3',
  ciphers: 'DEFAULT@SECLEVEL=0',
  minDHSize: 1,
  requestOCSP: true,
};

/** A reset may first be met while writing. */
const isReset = (error: unknown): boolean =>
  ['ECONNRESET', 'EPIPE', 'ECONNABORTED'].includes(errorCode(error) ?? '');

/**
 * Offers TLS 1.0 to 1.3, so that what is agreed on is the highest version that the server has; security
 * level 0 lets it be seen, not trusted. Takes the socket over: a failure leaves it destroyed.
 */
export const handshake = (
  socket: Socket,
  { serverName, minVersion, signal }: HandshakeOptions,
): Promise<Handshake> =>
  new Promise((resolve) => {
    const { stream, received } = tap(socket);
    let secret: Buffer | undefined;
    let staple: Uint8Array | undefined;
    let ending: 'reset' | 'closed' | undefined;
    const secure = connectTls({
      ...offer,
      ...(serverName !== undefined && { servername: serverName }),
      socket: stream,
      minVersion,
    });

    const settle = (result: Handshake): void => {
      signal.removeEventListener('abort', onAbort);
      secure.off('secureConnect', onSecure).off('close', onClose);
      resolve(result);
    };
    const fail = (cause: HandshakeFailure['cause'], error?: string): void => {
      const bytes = received();
      const flight = readServerFlight(bytes, secret);
      secure.destroy();
      socket.destroy();
      const failure = { cause, flight, received: bytes, ...(error !== undefined && { error }) };
      settle({ failure });
    };
    const onAbort = (): void => fail('silent');
    const onClose = (): void => fail(ending ?? 'closed');
    const onSecure = (): void => {
      const { certificates, group } = readServerFlight(received(), secret);
      const ephemeralKey = ephemeralKeyOf(secure, group);
      const session: TlsSession = {
        protocol: secure.getProtocol() ?? 'unknown',
        cipher: secure.getCipher().name,
        ...(ephemeralKey !== undefined && { ephemeralKey }),
        certificates: certificates ?? orderedChain(secure),
        ...(staple && { stapledOcsp: staple }),
      };
      settle({ session, socket: secure });
    };

    socket.on('error', (error) => {
      ending ??= isReset(error) ? 'reset' : 'closed';
      stream.destroy(error);
    });
    socket.on('end', () => {
      ending ??= 'closed';
    });
    secure.on('keylog', (line: Buffer) => {
      secret ??= secretOf(line);
    });
    secure.on('OCSPResponse', (response: Buffer | null) => {
      if (response && response.length > 0) staple = Uint8Array.from(response);
    });
    secure.on('error', (error) =>
      fail(ending ?? (isReset(error) ? 'reset' : 'error'), errorCode(error)),
    );
    secure.once('secureConnect', onSecure);
    secure.once('close', onClose);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
