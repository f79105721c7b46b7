import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  collector,
  der,
  fetchFrom,
  header,
  network,
  onRequest,
  response,
  serve,
} from './servers.ts';

describe('a request', () => {
  it('says what it must, and asks for no compression', async () => {
    let seen = '';
    const server = await serve(
      onRequest((socket, request) => {
        seen = request;
        socket.end(response('200 OK', der));
      }),
    );
    await fetchFrom(
      `http://127.0.0.1:${server.port}/a%20b?c=d#e`,
      { userAgent: 'certready/1' },
      {
        method: 'POST',
        body: Buffer.from('0123'),
        headers: { 'Content-Type': 'application/ocsp-request' },
      },
    );
    await server.close();
    assert.match(seen, /^POST \/a%20b\?c=d HTTP\/1\.1\r\n/);
    assert.match(seen, new RegExp(`^host: 127.0.0.1:${server.port}\r$`, 'im'));
    assert.match(seen, /^user-agent: certready\/1\r$/im);
    assert.match(seen, /^content-type: application\/ocsp-request\r$/im);
    assert.match(seen, /^content-length: 4\r$/im);
    assert.match(seen, /\r\n\r\n0123$/);
    assert.doesNotMatch(seen, /accept-encoding/i);
  });

  it('takes 304 for an answer when it was conditional', async () => {
    const server = await serve(onRequest((socket) => socket.end(header('304 Not Modified'))));
    const url = `http://127.0.0.1:${server.port}/`;
    const result = await fetchFrom(url, {}, { headers: { 'If-None-Match': '"1"' } });
    await server.close();
    assert.equal(result.finding, undefined);
    assert.equal(result.sink, undefined);
    assert.equal(result.status, 304);
  });

  it('tells the time of the server, its age included', async () => {
    const now = new Date('2018-09-03T12:00:00Z');
    const date = 'Mon, 03 Sep 2018 12:09:00 GMT';
    const server = await serve(
      onRequest((socket) => socket.end(response('200 OK', der, { Date: date, Age: 60 }))),
    );
    const url = `http://127.0.0.1:${server.port}/`;
    const { serverTimes } = await fetchFrom(url, { now: () => now });
    await server.close();
    assert.deepEqual(serverTimes, [{ host: '127.0.0.1', offsetMs: 600_000 }]);
  });

  for (const [name, answer] of [
    ['a date that is none', response('200 OK', der, { Date: 'yesterday 12' })],
    ['a page', response('200 OK', '<html>', { Date: 'Mon, 03 Sep 2018 12:09:00 GMT' })],
  ] as const)
    it(`takes no time from ${name}`, async () => {
      const server = await serve(onRequest((socket) => socket.end(answer)));
      const { serverTimes } = await fetchFrom(`http://127.0.0.1:${server.port}/`);
      await server.close();
      assert.deepEqual(serverTimes, []);
    });

  it('makes a new sink for a new attempt', async () => {
    const server = await serve(
      onRequest((socket, _request, connection) => {
        if (connection === 2) socket.end(response('200 OK', der));
        else
          socket.write(
            Buffer.concat([
              Buffer.from(header('200 OK', { 'Content-Length': der.length })),
              der.subarray(0, 200),
            ]),
            () => setTimeout(() => socket.resetAndDestroy(), 20),
          );
      }),
    );
    let opened = 0;
    const open = () => {
      opened++;
      return collector();
    };
    const result = await fetchFrom(`http://127.0.0.1:${server.port}/`, {}, { open });
    await server.close();
    assert.equal(opened, 2);
    assert.deepEqual(result.sink?.body(), der);
  });

  it('ends with what a sink throws', async () => {
    const server = await serve(onRequest((socket) => socket.end(response('200 OK', der))));
    const open = () => ({
      body: () => der,
      write: () => {
        throw new Error('a bug of the sink');
      },
    });
    await assert.rejects(fetchFrom(`http://127.0.0.1:${server.port}/`, {}, { open }), {
      message: 'a bug of the sink',
    });
    await server.close();
  });

  it('gives what came of the stages', async () => {
    const server = await serve(onRequest((socket) => socket.end(response('200 Fine', der))));
    const { stages, address, contentType } = await fetchFrom(`http://ca.test:${server.port}/`, {
      resolve: [
        { host: 'ca.test', port: server.port, addresses: [{ address: '127.0.0.1', family: 4 }] },
      ],
    });
    await server.close();
    assert.deepEqual(
      stages.map(({ name, detail }) => [name, detail]),
      [
        ['connect', '127.0.0.1'],
        ['request', '200 Fine'],
        ['response', `${der.length} bytes`],
      ],
    );
    assert.equal(address, '127.0.0.1');
    assert.equal(contentType, undefined);
  });
});

describe('an abort of the run', () => {
  for (const [name, delay] of [
    ['before it began', 0],
    ['while it waits for an answer', 100],
  ] as const)
    it(`ends a request at once, ${name}`, async () => {
      let closed: () => void = () => undefined;
      const gone = new Promise<void>((resolve) => {
        closed = resolve;
      });
      const server = await serve((socket) => socket.resume().once('close', closed));
      const controller = new AbortController();
      const started = performance.now();
      if (delay === 0) controller.abort(new Error('enough'));
      else setTimeout(() => controller.abort(new Error('enough')), delay);
      await assert.rejects(
        network({ requestTimeoutMs: 60_000 }).fetch(
          { url: `http://127.0.0.1:${server.port}/`, limit: 99, open: collector },
          controller.signal,
        ),
        { message: 'enough' },
      );
      assert.ok(performance.now() - started < 30_000);
      if (delay > 0) await gone; // the connection is not kept
      await server.close();
    });
});
