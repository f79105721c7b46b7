/**
 * HTTP servers that misbehave, one port a behaviour. A fake, since no real server can be told to do
 * these; it stands behind the firewall's address translation in the CRL host's place.
 *
 *     node --import tsx test/lab/fault-server.ts CRL-FILE ADDRESS...
 */

import { readFileSync } from 'node:fs';
import { type Socket, createServer } from 'node:net';
import { gzipSync } from 'node:zlib';

type Behaviour = (socket: Socket, body: Buffer) => void;

/** The header block of a good answer. */
const head = (length: number, more: readonly string[] = []): string =>
  [
    'HTTP/1.1 200 OK',
    'Content-Type: application/pkix-crl',
    `Content-Length: ${length}`,
    `Date: ${new Date().toUTCString()}`,
    ...more,
    '',
    '',
  ].join('\r\n');

/** Runs `answer` once the request's header has come. */
const onRequest =
  (answer: Behaviour): Behaviour =>
  (socket, body) => {
    let request = '';
    socket.on('data', (chunk) => {
      request += chunk.toString('latin1');
      if (!request.includes('\r\n\r\n')) return;
      request = '';
      answer(socket, body);
    });
  };

const inSteps = (socket: Socket, parts: readonly (string | Buffer)[], everyMs: number): void => {
  const [first, ...rest] = parts;
  if (first === undefined || socket.destroyed) {
    socket.end();
    return;
  }
  socket.write(first);
  setTimeout(() => inSteps(socket, rest, everyMs), everyMs);
};

const chunk = (data: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${data.length.toString(16)}\r\n`), data, Buffer.from('\r\n')]);

export const behaviours = {
  'reset-after-connect': (socket) => socket.resetAndDestroy(),
  'reset-after-request': onRequest((socket) => socket.resetAndDestroy()),
  'never-answers': onRequest(() => undefined),
  'header-only': onRequest((socket, body) => socket.write(head(body.length))),
  'half-header': onRequest((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Type: appl')),
  'stalls-in-body': onRequest((socket, body) => {
    socket.write(head(body.length));
    socket.write(body.subarray(0, body.length >> 1));
  }),
  'cut-short': onRequest((socket, body) => {
    socket.write(head(body.length));
    socket.end(body.subarray(0, body.length >> 1));
  }),
  drips: onRequest((socket, body) => {
    socket.write(head(body.length));
    inSteps(
      socket,
      [...body].map((byte) => Buffer.of(byte)),
      100,
    );
  }),
  'resets-in-body': onRequest((socket, body) => {
    socket.write(head(body.length));
    socket.write(body.subarray(0, body.length >> 1), () =>
      setTimeout(() => socket.resetAndDestroy(), 50),
    );
  }),
  gzip: onRequest((socket, body) => {
    const packed = gzipSync(body);
    socket.end(
      Buffer.concat([Buffer.from(head(packed.length, ['Content-Encoding: gzip'])), packed]),
    );
  }),
  'http-1.0': onRequest((socket, body) => {
    socket.end(Buffer.concat([Buffer.from('HTTP/1.0 200 OK\r\n\r\n'), body]));
  }),
  chunked: onRequest((socket, body) => {
    const middle = body.length >> 1;
    inSteps(
      socket,
      [
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
        chunk(body.subarray(0, middle)),
        chunk(body.subarray(middle)),
        '0\r\n\r\n',
      ],
      20,
    );
  }),
  'close-keep-alive': onRequest((socket, body) => {
    socket.end(Buffer.concat([Buffer.from(head(body.length, ['Connection: keep-alive'])), body]));
  }),
  'slow-but-fine': onRequest((socket, body) => {
    setTimeout(() => socket.end(Buffer.concat([Buffer.from(head(body.length)), body])), 500);
  }),
  garbage: onRequest((socket) => socket.end('\0\x01\x02 this is not HTTP\r\n\r\n')),
  rewrites: onRequest((socket, body) => {
    const rewritten = Buffer.from(body);
    rewritten.writeUInt8(rewritten.readUInt8(rewritten.length - 40) ^ 1, rewritten.length - 40);
    socket.end(
      Buffer.concat([Buffer.from(head(body.length, ['Via: 1.1 transparent'])), rewritten]),
    );
  }),
} satisfies Record<string, Behaviour>;

export type BehaviourName = keyof typeof behaviours;

/** The port of each behaviour, on the block page's address. */
export const portOf = (name: BehaviourName): number => 9000 + Object.keys(behaviours).indexOf(name);

const serve = (addresses: readonly string[], file: string): void => {
  const body = readFileSync(file);
  for (const [name, behave] of Object.entries(behaviours))
    for (const address of addresses)
      createServer((socket) => {
        socket.on('error', () => socket.destroy());
        behave(socket, body);
      }).listen(portOf(name as BehaviourName), address);
};

const [, script, file, ...addresses] = process.argv;
if (script?.endsWith('fault-server.ts') && file !== undefined) serve(addresses, file);
