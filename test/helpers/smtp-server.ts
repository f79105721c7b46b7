/** A mail host on loopback that greets, offers STARTTLS and fails as it is told. */

import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import { TLSSocket, type TlsOptions, createSecureContext } from 'node:tls';
import type { HostPort } from '../../checks/types.ts';

export interface SmtpServerOptions {
  /** Lines without line ends; null: nothing is said. */
  readonly banner?: readonly string[] | null;
  /** The answer to EHLO, whole lines; default offers STARTTLS. */
  readonly ehlo?: readonly string[];
  /** The answer to STARTTLS; default `220 go ahead`. */
  readonly starttls?: string;
  /** Certificate, key and versions of the handshake. */
  readonly tls?: TlsOptions;
  /** Asked at each connection: whether it is reset at once. */
  readonly shouldReset?: () => boolean;
  /** Default: a free port on loopback. */
  readonly listen?: HostPort;
  /** Takes over at a point instead of the usual course. */
  readonly onConnect?: (socket: Socket) => void;
  readonly onStarttls?: (socket: Socket) => void;
}

export interface SmtpServer extends HostPort {
  /** Every line that clients have said, in the clear or under TLS. */
  readonly lines: readonly string[];
  readonly connections: () => number;
  close(): Promise<void>;
}

const plainCourse = (socket: Socket, options: SmtpServerOptions, lines: string[]): void => {
  const say = (...texts: readonly string[]): void => {
    socket.write(texts.map((text) => `${text}\r\n`).join(''));
  };
  const onData = (chunk: Buffer): void => {
    for (const line of chunk.toString('latin1').split('\r\n').slice(0, -1)) {
      lines.push(line);
      if (line.startsWith('EHLO'))
        say(
          ...(options.ehlo ?? [
            '250-mx.example.com',
            '250-SIZE 1000',
            '250-starttls',
            '250 8BITMIME',
          ]),
        );
      else if (line === 'STARTTLS') {
        say(options.starttls ?? '220 go ahead');
        socket.off('data', onData);
        if (options.onStarttls) options.onStarttls(socket);
        else if (options.tls) secureCourse(socket, options, lines);
        else socket.on('data', onData);
      } else say('221 bye');
    }
  };
  socket.on('data', onData);
  if (options.banner !== null) say(...(options.banner ?? ['220 mx.example.com ESMTP']));
};

const secureCourse = (socket: Socket, options: SmtpServerOptions, lines: string[]): void => {
  const secure = new TLSSocket(socket, {
    isServer: true,
    secureContext: createSecureContext(options.tls),
    ...(options.tls?.SNICallback && { SNICallback: options.tls.SNICallback }),
  });
  secure.on('error', () => undefined);
  secure.on('data', (chunk: Buffer) => {
    lines.push(...chunk.toString('latin1').split('\r\n').slice(0, -1));
    secure.end('221 bye\r\n');
  });
};

export const startSmtpServer = async (options: SmtpServerOptions): Promise<SmtpServer> => {
  const lines: string[] = [];
  const open = new Set<Socket>();
  const host = options.listen?.host ?? '127.0.0.1';
  let connections = 0;
  const server: Server = createServer((socket) => {
    connections++;
    open.add(socket);
    socket.on('close', () => open.delete(socket)).on('error', () => undefined);
    if (options.shouldReset?.() === true) setTimeout(() => socket.resetAndDestroy(), 20);
    else if (options.onConnect) options.onConnect(socket);
    else plainCourse(socket, options, lines);
  });
  await new Promise<void>((resolve) => {
    server.listen(options.listen?.port ?? 0, host, resolve);
  });
  return {
    host,
    port: (server.address() as AddressInfo).port,
    lines,
    connections: () => connections,
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
