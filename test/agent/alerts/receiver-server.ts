/** A receiver on loopback that answers as it is told to, well or badly, and remembers what it was sent. */

import { type IncomingHttpHeaders, type Server, createServer } from 'node:http';
import { type ServerOptions, createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export type Behaviour =
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** Takes the request and says nothing. */
  | 'hang'
  /** Ends the connection by a reset, or in an orderly way, without an answer. */
  | 'reset'
  | 'close'
  /** A header, and a body that never ends. */
  | 'endless'
  /** A header that promises more than comes. */
  | 'truncated'
  /** Bytes that are no HTTP. */
  | { readonly raw: string };

export interface ReceiverServer {
  readonly port: number;
  readonly received: readonly Received[];
  /** What the next requests are answered. */
  behave: (request: Received, index: number) => Behaviour;
  close(): Promise<void>;
}

export const ok: Behaviour = { status: 200, body: 'ok' };

export const startReceiver = async (tls?: ServerOptions): Promise<ReceiverServer> => {
  const received: Received[] = [];
  const sockets = new Set<Socket>();
  const server: Server = tls ? createTlsServer(tls) : createServer();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  server.on('request', (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const one = { method, url, headers, body: Buffer.concat(chunks).toString() };
      const behaviour = self.behave(one, received.length);
      received.push(one);
      if (behaviour === 'hang') return;
      if (behaviour === 'reset') request.socket.resetAndDestroy();
      else if (behaviour === 'close') request.socket.end();
      else if (behaviour === 'endless') {
        response.writeHead(200);
        // Since Node 26 what is written to a socket that is gone is told too
        const more = (): unknown =>
          response.destroyed || response.write('x'.repeat(16_384), () => setImmediate(more));
        more();
      } else if (behaviour === 'truncated') {
        response.writeHead(200, { 'content-length': '100' });
        response.write('ok');
        setTimeout(() => request.socket.destroy(), 10);
      } else if ('raw' in behaviour) request.socket.end(behaviour.raw);
      else {
        response.writeHead(behaviour.status, behaviour.headers);
        response.end(behaviour.body);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const self: ReceiverServer = {
    port: (server.address() as AddressInfo).port,
    received,
    behave: () => ok,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
  return self;
};
