/**
 * A broken proxy in the CRL host's place, one port a behaviour: it asks the host that was meant for the bytes
 * and then misbehaves with them. A fake, since no real server can be told to do these.
 *
 *     node --import tsx test/lab/fault-server.ts
 */

import { request } from 'node:http';
import { type Socket, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { deflateSync, gzipSync } from 'node:zlib';
import { type InternetHost, hosts, ipv4, ipv6 } from './addresses.ts';

interface Answer {
  readonly type: string;
  readonly body: Buffer;
}

type Behaviour = (socket: Socket, answer: Answer) => void;

/** The header block of a good answer. */
const head = ({ type, body }: Answer, ...more: readonly string[]): string =>
  [
    'HTTP/1.1 200 OK',
    `Content-Type: ${type}`,
    `Content-Length: ${body.length}`,
    `Date: ${new Date().toUTCString()}`,
    ...more,
    '',
    '',
  ].join('\r\n');

const inSteps = (socket: Socket, parts: readonly (string | Buffer)[], everyMs: number): void => {
  const [first, ...rest] = parts;
  if (first === undefined || socket.destroyed) {
    socket.end();
    return;
  }
  socket.write(first);
  setTimeout(() => inSteps(socket, rest, everyMs), everyMs);
};

const bytes = (text: string, body: Buffer): Buffer => Buffer.concat([Buffer.from(text), body]);
const half = ({ body }: Answer): Buffer => body.subarray(0, body.length >> 1);
const otherHalf = ({ body }: Answer): Buffer => body.subarray(body.length >> 1);
const chunk = (data: Buffer): Buffer =>
  Buffer.concat([bytes(`${data.length.toString(16)}\r\n`, data), Buffer.from('\r\n')]);

const packed =
  (encoding: string, pack: (body: Buffer) => Buffer): Behaviour =>
  (socket, { type, body }) => {
    const answer = { type, body: pack(body) };
    socket.end(bytes(head(answer, `Content-Encoding: ${encoding}`), answer.body));
  };

/** A byte of the signature, near the end, is not what it was. */
const altered = (body: Buffer): Buffer => {
  const copy = Buffer.from(body);
  const at = Math.max(0, copy.length - 20);
  copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
  return copy;
};

/** What each does once a request has come. */
const afterRequest = {
  'reset-after-request': (socket) => socket.resetAndDestroy(),
  'closed-after-request': (socket) => socket.end(),
  'never-answers': () => undefined,
  'header-only': (socket, answer) => socket.write(head(answer)),
  'half-header': (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Type: appl'),
  'stalls-in-body': (socket, answer) => {
    socket.write(bytes(head(answer), half(answer)));
  },
  'cut-short': (socket, answer) => socket.end(bytes(head(answer), half(answer))),
  'cut-short-chunked': (socket, answer) => {
    const start = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
    socket.end(bytes(start, chunk(half(answer))));
  },
  drips: (socket, answer) => {
    socket.write(head(answer));
    const single = [...answer.body].map((byte) => Buffer.of(byte));
    inSteps(socket, single, 100);
  },
  'resets-in-body': (socket, answer) => {
    socket.write(bytes(head(answer), half(answer)), () =>
      setTimeout(() => socket.resetAndDestroy(), 50),
    );
  },
  garbage: (socket) => socket.end('\0\x01\x02 this is not HTTP\r\n\r\n'),
  rewrites: (socket, { type, body }) => {
    const answer = { type, body: altered(body) };
    socket.end(bytes(head(answer, 'Via: 1.1 transparent'), answer.body));
  },
  empty: (socket) => socket.end(head({ type: 'application/pkix-crl', body: Buffer.alloc(0) })),
  // The rest is right, if unusual
  gzip: packed('gzip', gzipSync),
  deflate: packed('deflate', deflateSync),
  'http-1.0': (socket, { body }) => socket.end(bytes('HTTP/1.0 200 OK\r\n\r\n', body)),
  chunked: (socket, answer) => {
    const start = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
    inSteps(socket, [start, chunk(half(answer)), chunk(otherHalf(answer)), '0\r\n\r\n'], 20);
  },
  'close-keep-alive': (socket, answer) =>
    socket.end(bytes(head(answer, 'Connection: keep-alive'), answer.body)),
  'slow-but-fine': (socket, answer) => {
    setTimeout(() => socket.end(bytes(head(answer), answer.body)), 500);
  },
} satisfies Record<string, Behaviour>;

export type BehaviourName = 'reset-after-connect' | keyof typeof afterRequest;

const names = ['reset-after-connect', ...Object.keys(afterRequest)] as readonly BehaviourName[];

/** The port of each behaviour, on the block page's address. */
export const portOf = (name: BehaviourName): number => 9000 + names.indexOf(name);

const hostOf = (header: string): InternetHost => {
  const label = /^host: ([a-z0-9]+)/im.exec(header)?.[1] ?? '';
  return label in hosts ? (label as InternetHost) : 'crl';
};

/** What the host that was meant says to this request. */
const askOrigin = (header: string, body: Buffer, take: (answer: Answer) => void): void => {
  const [method = 'GET', path = '/'] = header.split(' ', 2);
  const origin = hostOf(header);
  const host = ipv4(origin === 'http10' ? 'crl' : origin);
  const type = /^content-type: (.*)$/im.exec(header)?.[1]?.trim();
  const headers = {
    ...(type !== undefined && { 'content-type': type }),
    ...(body.length > 0 && { 'content-length': body.length }),
  };
  const asked = request({ host, method, path, headers }, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (data: Buffer) => chunks.push(data));
    response.on('end', () =>
      take({
        type: response.headers['content-type'] ?? 'application/octet-stream',
        body: Buffer.concat(chunks),
      }),
    );
  });
  asked.on('error', () => take({ type: 'text/plain', body: Buffer.from('the lab has no origin') }));
  asked.end(body);
};

/** Calls `act` once for every whole request. */
const onRequest = (socket: Socket, act: (header: string, body: Buffer) => void): void => {
  let received = Buffer.alloc(0);
  socket.on('data', (data) => {
    received = Buffer.concat([received, data]);
    const end = received.indexOf('\r\n\r\n');
    if (end < 0) return;
    const header = received.subarray(0, end).toString('latin1');
    const length = Number(/^content-length: (\d+)/im.exec(header)?.[1] ?? 0);
    const body = received.subarray(end + 4, end + 4 + length);
    if (body.length < length) return;
    received = received.subarray(end + 4 + length);
    act(header, Buffer.from(body));
  });
};

const serve = (behave: BehaviourName, port: number, addresses: readonly string[]): void => {
  for (const address of addresses)
    createServer((socket) => {
      socket.on('error', () => socket.destroy());
      if (behave === 'reset-after-connect') socket.resetAndDestroy();
      else
        onRequest(socket, (header, body) =>
          askOrigin(header, body, (answer) => afterRequest[behave](socket, answer)),
        );
    }).listen(port, address);
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of names) serve(name, portOf(name), [ipv4('block'), ipv6('block')]);
  serve('http-1.0', 80, [ipv4('http10'), ipv6('http10')]);
}
