/** TCP servers on loopback that behave as told, and a network client that asks them. */

import { type AddressInfo, type Socket, createServer } from 'node:net';
import { noProxy } from '../../checks/net/proxy.ts';
import { type NetworkOptions, createNetwork } from '../../checks/net/network.ts';
import type { BodySink, FetchRequest, FetchResult, Network } from '../../checks/types.ts';

export interface LoopbackServer {
  readonly port: number;
  /** Connections so far. */
  connections(): number;
  close(): Promise<void>;
}

/** A server that hands each connection to `behave`, with its number from 1. */
export const serve = (
  behave: (socket: Socket, connection: number) => void,
  address = '127.0.0.1',
  port = 0,
): Promise<LoopbackServer> =>
  new Promise((resolve, reject) => {
    const sockets = new Set<Socket>();
    let connections = 0;
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => sockets.delete(socket));
      behave(socket, ++connections);
    });
    server.once('error', reject);
    server.listen(port, address, () =>
      resolve({
        port: (server.address() as AddressInfo).port,
        connections: () => connections,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            for (const socket of sockets) socket.destroy();
          }),
      }),
    );
  });

/** Calls `answer` with the request once its header, and the body that it announces, have come. */
export const onRequest =
  (answer: (socket: Socket, request: string, connection: number) => void) =>
  (socket: Socket, connection: number): void => {
    let received = '';
    let answered = false;
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      const end = received.indexOf('\r\n\r\n');
      if (end < 0 || answered) return;
      const length = Number(/^content-length: *(\d+)/im.exec(received)?.[1] ?? 0);
      if (received.length < end + 4 + length) return;
      answered = true;
      answer(socket, received, connection);
    });
  };

/** The header block of a response. */
export const header = (
  status: string,
  fields: Readonly<Record<string, string | number>> = {},
): string =>
  `HTTP/1.1 ${status}\r\n${Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`;

/** A whole response with its length. */
export const response = (
  status: string,
  body: string | Buffer,
  fields: Readonly<Record<string, string | number>> = {},
): Buffer => {
  const bytes = Buffer.from(body);
  return Buffer.concat([
    Buffer.from(header(status, { 'Content-Length': bytes.length, ...fields })),
    bytes,
  ]);
};

/** Bytes that begin as DER does. */
export const der = Buffer.concat([Buffer.from([0x30, 0x82, 0x01, 0x00]), Buffer.alloc(256, 7)]);

/** For what never comes; not for the first request of a process, which loads the client. */
export const brief = { connectTimeoutMs: 2500, requestTimeoutMs: 2500 } as const;

/** What comes is waited for, however busy this machine is. */
export const networkOptions = (options: Partial<NetworkOptions> = {}): NetworkOptions => ({
  platform: 'linux',
  hostName: 'mx.example.org',
  elapsed: () => performance.now(),
  now: () => new Date(),
  connectTimeoutMs: 20_000,
  requestTimeoutMs: 40_000,
  resolve: [],
  connectTo: [],
  proxy: noProxy,
  ...options,
});

export const network = (options: Partial<NetworkOptions> = {}): Network =>
  createNetwork(networkOptions(options));

export interface Collected extends BodySink {
  body(): Buffer;
}

/** A sink that keeps what it got. */
export const collector = (): Collected => {
  const chunks: Buffer[] = [];
  return {
    write: (chunk) => chunks.push(Buffer.from(chunk)),
    body: () => Buffer.concat(chunks),
  };
};

/** Never aborts. */
export const steady = (): AbortSignal => new AbortController().signal;

export const fetchFrom = (
  url: string,
  options: Partial<NetworkOptions> = {},
  request: Partial<FetchRequest<Collected>> = {},
): Promise<FetchResult<Collected>> =>
  network(options).fetch({ url, limit: 1_000_000, open: collector, ...request }, steady());
