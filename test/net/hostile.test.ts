/** Whatever a server sends, it is a gap or a body: never a crash, never a wait for its time-out. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gapCodesByCategory } from '../../checks/types.ts';
import { der, fetchFrom, response, serve } from './servers.ts';

/** A small generator of pseudo-random numbers (mulberry32), so that a failure can be repeated. */
const random = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
};

const whole = response('200 OK', der, {
  Date: 'Mon, 03 Sep 2018 12:09:00 GMT',
  'Content-Type': 'application/pkix-crl',
  Location: 'http://127.0.0.1:1/',
  Connection: 'close',
});

const pieces = [
  'HTTP/1.1 ', 'HTTP/9.9 ', '200 OK\r\n', '302 Found\r\n', '999999 X\r\n', '000 \r\n', '100 Continue\r\n\r\n',
  'Content-Length: 18446744073709551616\r\n', 'Content-Length: -1\r\n', 'Content-Length: 5\r\n',
  'Transfer-Encoding: chunked\r\n', 'Transfer-Encoding: gzip\r\n', 'Content-Encoding: gzip\r\n',
  'Content-Encoding: br\r\n', 'Content-Encoding: deflate\r\n', 'Upgrade: h2c\r\nConnection: Upgrade\r\n',
  'Location: \0\r\n', 'Location: //\r\n', 'Date: Mon, 99 Xyz 2018 99:99:99 GMT\r\n', 'Age: -1\r\n',
  'X: \xff\xfe\r\n', ' folded\r\n', ': \r\n', '\r\n', '\r\n\r\n', 'ffffffffffffffff\r\n', '0\r\n\r\n', '5\r\nabcde\r\n',
  '<html>', '<!--', '<?xml', '\x1f\x8b\x08\x00', '\0'.repeat(50), 'a'.repeat(70_000),
]; // prettier-ignore

const mutate = (next: () => number): Buffer => {
  const bytes = Buffer.from(whole);
  for (let count = 1 + next() * 4; count > 0; count--)
    bytes[Math.floor(next() * bytes.length)] = Math.floor(next() * 256);
  return bytes.subarray(0, next() < 0.2 ? Math.floor(next() * bytes.length) : undefined);
};

const compose = (next: () => number): Buffer =>
  Buffer.from(
    Array.from(
      { length: 1 + Math.floor(next() * 12) },
      () => pieces[Math.floor(next() * pieces.length)] ?? '',
    ).join(''),
    'latin1',
  );

const codes = new Set<string>(Object.values(gapCodesByCategory).flat());

describe('a hostile server', () => {
  for (const [name, make] of [
    ['that damages its answer', mutate],
    ['that says what comes to mind', compose],
  ] as const)
    it(`${name} is survived`, async () => {
      const answers = Array.from({ length: 300 }, (_, index) => make(random(index)));
      const server = await serve((socket) => {
        let sent = false;
        socket.on('data', (chunk) => {
          const index = Number(/^GET \/(\d+)/.exec(chunk.toString('latin1'))?.[1] ?? 0);
          if (!sent) socket.end(answers[index] ?? '');
          sent = true;
        });
      });
      let bodies = 0;
      for (let from = 0; from < answers.length; from += 50)
        await Promise.all(
          Array.from({ length: 50 }, async (_, offset) => {
            const index = from + offset;
            const started = performance.now();
            const result = await fetchFrom(`http://127.0.0.1:${server.port}/${index}`);
            const took = performance.now() - started;
            assert.ok(took < 30_000, `answer ${index} took ${Math.round(took)} ms`);
            if (result.sink) bodies++;
            else assert.ok(codes.has(result.finding?.code ?? ''), `answer ${index} has no gap`);
          }),
        );
      await server.close();
      if (make === mutate) assert.ok(bodies > 10, `only ${bodies} bodies were left whole`);
    });
});
