import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createNames } from '../../checks/net/names.ts';
import { type DnsServer, serveDns } from './dns-server.ts';
import { der, fetchFrom, onRequest, response, serve, steady } from './servers.ts';

const budgetMs = 20_000;

describe('names that several ask for', () => {
  let server: DnsServer;
  before(async () => {
    server = await serveDns({ 'ca.test': { a: ['192.0.2.1'] }, 'silent.test': 'silent' });
  });
  after(() => server.close());

  const names = (elapsed = () => performance.now()) =>
    createNames({ platform: 'linux', servers: [server.name], elapsed });
  const queries = (): number => server.asked.length;

  it('are asked for once, at the same time and soon after', async () => {
    const asker = names();
    const before = queries();
    const bounds = { budgetMs, signal: steady() };
    const all = await Promise.all(
      Array.from({ length: 5 }, () => asker.resolve('ca.test', bounds)),
    );
    const later = await asker.resolve('ca.test', bounds);
    for (const { addresses } of [...all, later])
      assert.deepEqual(
        addresses?.map(({ address }) => address),
        ['192.0.2.1'],
      );
    assert.equal(queries() - before, 2); // A and AAAA
  });

  it('are asked for again by the next run', async () => {
    let now = 0;
    const asker = names(() => now);
    const bounds = { budgetMs, signal: steady() };
    await asker.resolve('ca.test', bounds);
    const before = queries();
    now = 60_000;
    await asker.resolve('ca.test', bounds);
    assert.equal(queries() - before, 2);
  });

  it('are asked for again where they failed', async () => {
    const asker = names();
    const bounds = { budgetMs, signal: steady() };
    assert.equal((await asker.resolve('nx.test', bounds)).finding?.code, 'dns-not-found');
    const before = queries();
    await asker.resolve('nx.test', bounds);
    assert.ok(queries() > before);
  });

  it('are given up by one without a loss to the others', async () => {
    const asker = names();
    const impatient = new AbortController();
    const brief = { budgetMs: 600 };
    const one = asker.resolve('silent.test', { ...brief, signal: impatient.signal });
    let isOver = false;
    const other = asker
      .resolve('silent.test', { ...brief, signal: steady() })
      .finally(() => (isOver = true));
    setTimeout(() => impatient.abort(new Error('enough')), 50);
    await assert.rejects(one, { message: 'enough' });
    assert.equal(isOver, false);
    assert.equal((await other).finding?.code, 'dns-timeout');
  });
});

describe('a redirect that leaves no time', () => {
  it('does not blame the name that was still waited for', async () => {
    const dns = await serveDns({ 'far.test': 'silent' });
    const server = await serve(
      onRequest((socket, request) => {
        if (request.startsWith('GET /well')) {
          socket.end(response('200 OK', der));
          return;
        }
        const moved = response('302 Found', '', { Location: 'http://far.test/crl' });
        setTimeout(() => socket.end(moved), 2000);
      }),
    );
    // The client is loaded before its time is counted
    await fetchFrom(`http://127.0.0.1:${server.port}/well`);
    const { finding } = await fetchFrom('http://ca.test/crl', {
      connectTo: [{ fromHost: 'ca.test', toHost: '127.0.0.1', toPort: server.port }],
      dnsServers: [dns.name],
      connectTimeoutMs: 4000,
      requestTimeoutMs: 4500,
    });
    dns.close();
    await server.close();
    assert.equal(finding?.code, 'response-timeout');
    assert.equal(finding.target, 'far.test:80');
  });
});
