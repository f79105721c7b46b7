import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { deflateRawSync, deflateSync, brotliCompressSync, gzipSync } from 'node:zlib';
import { brief, der, fetchFrom, header, onRequest, response, serve } from './servers.ts';

type Behaviour = (socket: Socket, connection: number) => void;

const says = (...parts: (string | Buffer)[]): Behaviour =>
  onRequest((socket) => socket.end(Buffer.concat(parts.map((part) => Buffer.from(part)))));

const page = '<!DOCTYPE html><html><head><title>Access denied</title></head><body>No</body></html>';
const html = { 'Content-Type': 'text/html' };

interface Case {
  readonly name: string;
  readonly behave: Behaviour;
  /** The gap's code, and whether its target is the place or the URL; absent: the body is whole. */
  readonly gap?: readonly [code: string, target: 'place' | 'url'];
  readonly evidence?: Readonly<Record<string, unknown>>;
  /** Connections that the client makes. */
  readonly connections?: number;
  /** The client's time is over before all has come. */
  readonly silent?: true;
}

const drip: Behaviour = onRequest((socket) => {
  socket.write(header('200 OK', { 'Content-Length': der.length }));
  let at = 0;
  const timer = setInterval(() => {
    if (socket.destroyed) clearInterval(timer);
    else socket.write(der.subarray(at, ++at));
  }, 40);
});

const faults: readonly Case[] = [
  {
    name: 'reset after connect',
    behave: (socket) => socket.resetAndDestroy(),
    gap: ['connection-reset', 'place'],
    connections: 2,
  },
  {
    name: 'reset after the request',
    behave: onRequest((socket) => socket.resetAndDestroy()),
    gap: ['connection-reset', 'place'],
    connections: 2,
  },
  {
    name: 'reset in the body',
    behave: onRequest((socket) => {
      socket.write(header('200 OK', { 'Content-Length': der.length }));
      socket.write(der.subarray(0, 99), () => setTimeout(() => socket.resetAndDestroy(), 20));
    }),
    gap: ['connection-reset', 'place'],
    connections: 2,
  },
  {
    name: 'reset in a body that ends with the connection',
    behave: onRequest((socket) => {
      socket.write('HTTP/1.0 200 OK\r\n\r\n');
      socket.write(der.subarray(0, 99), () => setTimeout(() => socket.resetAndDestroy(), 20));
    }),
    gap: ['connection-reset', 'place'],
    connections: 2,
  },
  ...['HTTP/1.0 200 OK\r\n\r\n', header('200 OK', { 'Content-Length': 9999 })].map(
    (head): Case => ({
      name: `reset right behind the first bytes after ${head.slice(0, 8)}`,
      behave: onRequest((socket) => {
        socket.write(Buffer.concat([Buffer.from(head), der]));
        socket.resetAndDestroy();
      }),
      gap: ['connection-reset', 'place'],
      connections: 2,
    }),
  ),
  {
    name: 'never answered',
    silent: true,
    behave: onRequest(() => undefined),
    gap: ['response-timeout', 'place'],
    evidence: { stage: 'request', bytes: 0 },
    connections: 2,
  },
  {
    name: 'half a header',
    silent: true,
    behave: onRequest((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Ty')),
    gap: ['response-timeout', 'place'],
    connections: 2,
  },
  {
    name: 'a header, then silence',
    silent: true,
    behave: onRequest((socket) => socket.write(header('200 OK', { 'Content-Length': 300 }))),
    gap: ['response-stalled', 'place'],
    evidence: { stage: 'response', status: 200, bytes: 0 },
    connections: 2,
  },
  {
    name: 'silence in the body',
    silent: true,
    behave: onRequest((socket) => {
      socket.write(header('200 OK', { 'Content-Length': der.length }));
      socket.write(der.subarray(0, 99));
    }),
    gap: ['response-stalled', 'place'],
    evidence: { stage: 'response', bytes: 99 },
    connections: 2,
  },
  {
    name: 'a drip',
    silent: true,
    behave: drip,
    gap: ['response-stalled', 'place'],
    connections: 1,
  },
  {
    name: 'closed after connect',
    // Not destroyed: where the request is there already, unread, that would be a reset
    behave: (socket) => socket.resume().end(),
    gap: ['response-truncated', 'place'],
    connections: 2,
  },
  {
    name: 'closed without an answer',
    behave: onRequest((socket) => socket.end()),
    gap: ['response-truncated', 'place'],
    connections: 2,
  },
  {
    name: 'shorter than its content length',
    behave: says(header('200 OK', { 'Content-Length': der.length }), der.subarray(0, 99)),
    gap: ['response-truncated', 'place'],
    evidence: { bytes: 99 },
    connections: 2,
  },
  {
    name: 'shorter than its content length, Connection: close',
    behave: says(
      header('200 OK', { 'Content-Length': der.length, Connection: 'close' }),
      der.subarray(0, 99),
    ),
    gap: ['response-truncated', 'place'],
    connections: 2,
  },
  {
    name: 'chunks that end early',
    behave: says(
      header('200 OK', { 'Transfer-Encoding': 'chunked' }),
      '5\r\n',
      der.subarray(0, 5),
      '\r\n',
    ),
    gap: ['response-truncated', 'place'],
    connections: 2,
  },
  {
    name: 'chunks that end early, Connection: close',
    behave: says(
      header('200 OK', { 'Transfer-Encoding': 'chunked', Connection: 'close' }),
      '5\r\n',
      der.subarray(0, 5),
      '\r\n',
    ),
    gap: ['response-truncated', 'place'],
    connections: 2,
  },
  {
    name: 'gzip that ends early',
    behave: says(response('200 OK', gzipSync(der).subarray(0, 20), { 'Content-Encoding': 'gzip' })),
    gap: ['response-truncated', 'place'],
  },
  {
    name: 'gzip that is damaged',
    behave: says(
      response('200 OK', Buffer.concat([gzipSync(der).subarray(0, 10), Buffer.alloc(40, 0xff)]), {
        'Content-Encoding': 'gzip',
      }),
    ),
    gap: ['unexpected-content', 'url'],
    evidence: { contentEncoding: 'gzip' },
    connections: 1,
  },
  {
    name: 'a page instead',
    behave: says(response('200 OK', page, html)),
    gap: ['block-page', 'url'],
    evidence: { status: 200, title: 'Access denied' },
    connections: 1,
  },
  {
    name: "a page under the bytes' own type",
    behave: says(
      response('200 OK', `\ufeff\r\n <!-- x --> ${page}`, {
        'Content-Type': 'application/pkix-crl',
      }),
    ),
    gap: ['block-page', 'url'],
    connections: 1,
  },
  {
    name: 'a page, compressed',
    behave: says(response('200 OK', gzipSync(page), { 'Content-Encoding': 'gzip' })),
    gap: ['block-page', 'url'],
  },
  {
    name: 'XHTML',
    behave: says(response('200 OK', `<?xml version="1.0"?>\n${page}`)),
    gap: ['block-page', 'url'],
  },
  {
    name: 'plain words declared as HTML',
    behave: says(response('200 OK', 'Blocked by policy 17', html)),
    gap: ['block-page', 'url'],
  },
  {
    name: 'a page that does not end',
    silent: true,
    behave: onRequest((socket) =>
      socket.write(`${header('200 OK', { ...html, 'Content-Length': 99_999 })}${page}`),
    ),
    gap: ['block-page', 'url'],
  },
  {
    name: 'a page with 403',
    behave: says(response('403 Forbidden', page, html)),
    gap: ['block-page', 'url'],
    evidence: { status: 403 },
  },
  {
    name: 'a page with 511',
    behave: says(response('511 Network Authentication Required', page, html)),
    gap: ['block-page', 'url'],
  },
  {
    name: '511 without a page',
    behave: says(response('511 Network Authentication Required', '')),
    gap: ['block-page', 'url'],
  },
  ...['404 Not Found', '410 Gone', '500 Oops', '502 Bad Gateway', '503 Service Unavailable'].map(
    (status): Case => ({
      name: `a page with ${status}`,
      behave: says(response(status, page, html)),
      gap: ['http-status', 'url'],
      evidence: { status: Number(status.slice(0, 3)) },
      connections: 1,
    }),
  ),
  ...[
    '403 Forbidden',
    '401 Unauthorized',
    '429 Slow Down',
    '206 Partial Content',
    '202 Accepted',
  ].map((status): Case => ({
    name: `${status} without a page`,
    behave: says(response(status, 'no', { 'Content-Type': 'text/plain' })),
    gap: ['http-status', 'url'],
    connections: 1,
  })),
  { name: '204', behave: says(header('204 No Content')), gap: ['http-status', 'url'] },
  {
    name: '304 that nobody asked for',
    behave: says(header('304 Not Modified')),
    gap: ['http-status', 'url'],
  },
  {
    name: '302 without a Location',
    behave: says(response('302 Found', '')),
    gap: ['http-status', 'url'],
  },
  {
    name: '503 whose body stalls',
    silent: true,
    behave: onRequest((socket) => socket.write(header('503 Busy', { 'Content-Length': 9 }))),
    gap: ['http-status', 'url'],
  },
  {
    name: '403 whose body stalls',
    silent: true,
    behave: onRequest((socket) => socket.write(header('403 No', { 'Content-Length': 9 }))),
    gap: ['http-status', 'url'],
  },
  {
    name: 'an empty body',
    behave: says(response('200 OK', '')),
    gap: ['unexpected-content', 'url'],
  },
  {
    name: 'larger than the limit, as it says',
    behave: onRequest((socket) => socket.write(header('200 OK', { 'Content-Length': 1_000_001 }))),
    gap: ['response-too-large', 'url'],
    connections: 1,
  },
  {
    name: 'larger than the limit, as it shows',
    behave: says(header('200 OK'), Buffer.alloc(1_000_001, 7)),
    gap: ['response-too-large', 'url'],
    connections: 1,
  },
  ...(
    [
      ['gzip', gzipSync],
      ['deflate', deflateSync],
      ['br', brotliCompressSync],
    ] as const
  ).map(([encoding, compress]): Case => ({
    name: `a bomb of ${encoding}`,
    behave: says(
      response('200 OK', compress(Buffer.alloc(60_000_000)), { 'Content-Encoding': encoding }),
    ),
    gap: ['response-too-large', 'url'],
    connections: 1,
  })),
  {
    name: 'not HTTP',
    behave: says('\0\x01\x02 this is not HTTP\r\n\r\n'),
    gap: ['unexpected-content', 'url'],
    connections: 1,
  },
  { name: 'HTTP/0.9', behave: says(page), gap: ['unexpected-content', 'url'] },
  {
    name: 'another protocol greets',
    behave: (socket) => socket.write('220 mail ESMTP\r\n'),
    gap: ['unexpected-content', 'url'],
  },
  {
    name: 'a header without end',
    behave: onRequest((socket) => socket.write(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}`)),
    gap: ['unexpected-content', 'url'],
  },
  {
    name: 'NUL in a header',
    behave: says('HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n'),
    gap: ['unexpected-content', 'url'],
  },
  {
    name: 'two lengths',
    behave: says('HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd'),
    gap: ['unexpected-content', 'url'],
  },
  {
    name: 'a chunk size that is no number',
    behave: says(header('200 OK', { 'Transfer-Encoding': 'chunked' }), 'xyz\r\nabc\r\n'),
    gap: ['unexpected-content', 'url'],
  },
];

const healthy: readonly Case[] = [
  { name: 'a length', behave: says(response('200 OK', der)) },
  { name: 'HTTP/1.0', behave: says('HTTP/1.0 200 OK\r\n\r\n', der) },
  { name: 'no reason phrase', behave: says('HTTP/1.1 200\r\nContent-Length: 260\r\n\r\n', der) },
  {
    name: 'chunks',
    behave: says(
      header('200 OK', { 'Transfer-Encoding': 'chunked' }),
      '4\r\n',
      der.subarray(0, 4),
      '\r\n100\r\n',
      der.subarray(4),
      '\r\n0\r\n\r\n',
    ),
  },
  {
    name: 'in small pieces',
    behave: onRequest((socket) => {
      socket.setNoDelay(true);
      const bytes = response('200 OK', der);
      let at = 0;
      const next = (): void => {
        if (at >= bytes.length) return;
        socket.write(bytes.subarray(at, (at += 20)));
        setTimeout(next, 5);
      };
      next();
    }),
  },
  { name: 'a wrong type', behave: says(response('200 OK', der, html)) },
  {
    name: '103 before it',
    behave: says(header('103 Early Hints', { Link: '</x>' }), response('200 OK', der)),
  },
  { name: 'gzip', behave: says(response('200 OK', gzipSync(der), { 'Content-Encoding': 'gzip' })) },
  {
    name: 'x-gzip in chunks',
    behave: says(header('200 OK', { 'Content-Encoding': 'X-GZIP' }), gzipSync(der)),
  },
  {
    name: 'deflate',
    behave: says(response('200 OK', deflateSync(der), { 'Content-Encoding': 'deflate' })),
  },
  {
    name: 'bare deflate',
    behave: says(response('200 OK', deflateRawSync(der), { 'Content-Encoding': 'deflate' })),
  },
  {
    name: 'br',
    behave: says(response('200 OK', brotliCompressSync(der), { 'Content-Encoding': 'br' })),
  },
  {
    name: 'gzip that is none',
    behave: says(response('200 OK', der, { 'Content-Encoding': 'gzip' })),
  },
  {
    name: 'an encoding that nobody knows',
    behave: says(response('200 OK', der, { 'Content-Encoding': 'binary' })),
  },
  {
    name: 'reset at first, then well',
    behave: (socket, connection) =>
      connection === 1
        ? socket.resetAndDestroy()
        : says(response('200 OK', der))(socket, connection),
    connections: 2,
  },
  {
    name: 'silent at first, then well',
    silent: true,
    behave: (socket, connection) => {
      if (connection > 1) says(response('200 OK', der))(socket, connection);
    },
    connections: 2,
  },
  {
    name: 'cut short at first, then well',
    behave: onRequest((socket, _request, connection) =>
      socket.end(
        connection === 1 ? header('200 OK', { 'Content-Length': 260 }) : response('200 OK', der),
      ),
    ),
    connections: 2,
  },
  {
    name: 'slow, but in time',
    behave: onRequest((socket) => setTimeout(() => socket.end(response('200 OK', der)), 250)),
    connections: 1,
  },
];

const check = async ({ behave, gap, evidence, connections, silent }: Case): Promise<void> => {
  const server = await serve(behave);
  try {
    const url = `http://127.0.0.1:${server.port}/x.crl`;
    const started = performance.now();
    const result = await fetchFrom(url, silent && brief);
    const took = performance.now() - started;
    assert.ok(took < brief.requestTimeoutMs + 15_000, `took ${Math.round(took)} ms`);
    assert.equal(result.finding?.code, gap?.[0]);
    if (gap) {
      assert.equal(result.sink, undefined);
      const target = gap[1] === 'url' ? url : `127.0.0.1:${server.port}`;
      assert.equal(result.finding?.target, target);
      // A reset may come so early that there was no request yet.
      if (result.finding.evidence['stage'] !== 'connect')
        assert.equal(result.finding.evidence['url'], url);
      assert.equal(result.finding.evidence['address'], '127.0.0.1');
      assert.equal(typeof result.finding.evidence['ms'], 'number');
    } else {
      assert.deepEqual(result.sink?.body(), der);
      assert.equal(result.bytes, der.length);
    }
    for (const [name, value] of Object.entries(evidence ?? {}))
      assert.equal(result.finding?.evidence[name], value, name);
    if (connections !== undefined) assert.equal(server.connections(), connections);
  } finally {
    await server.close();
  }
};

const isSilent = ({ silent }: Case): boolean => silent === true;

describe('each fault of HTTP has its own name', { concurrency: 12 }, () => {
  for (const fault of faults.filter((one) => !isSilent(one))) it(fault.name, () => check(fault));
});

describe('what is well has none', { concurrency: 12 }, () => {
  for (const well of healthy.filter((one) => !isSilent(one))) it(well.name, () => check(well));
});

// By themselves: what the others compute would be counted to the silence
describe('silence ends with the time, or with a second attempt', { concurrency: 12 }, () => {
  for (const one of [...faults, ...healthy].filter(isSilent)) it(one.name, () => check(one));
});
