import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  type LoopbackServer,
  der,
  fetchFrom,
  header,
  onRequest,
  response,
  serve,
} from './servers.ts';

const page = '<html><head><title>Welcome &amp; log in</title></head></html>';

describe('redirects', () => {
  let server: LoopbackServer;
  const requests: string[] = [];
  /** Names lead to the one server; each is a host of its own. */
  const connectTo = () => [{ toHost: '127.0.0.1', toPort: server.port }];
  const fetch = (path: string, request = {}) =>
    fetchFrom(`http://ca.test${path}`, { connectTo: connectTo() }, request);
  const moved = (location: string, status = '302 Found'): Buffer =>
    response(status, page, { Location: location, 'Content-Type': 'text/html' });

  before(async () => {
    server = await serve(
      onRequest((socket, request) => {
        requests.push(request);
        const [method = '', path = ''] = request.split(' ');
        const host = /^host: (.*)$/im.exec(request)?.[1]?.trim() ?? '';
        const hops = /^\/hops\/(\d+)$/.exec(path)?.[1];
        const answers: Record<string, Buffer | string> = {
          '/crl': response('200 OK', der),
          '/page': response('200 OK', page),
          '/gone': response('404 Not Found', page),
          '/relative': moved('crl?x=1'),
          '/crl?x=1': response('200 OK', der),
          '/cdn': moved('http://cdn.test/crl'),
          '/portal': moved('http://portal.test/page'),
          '/portal-gone': moved('http://portal.test/gone'),
          '/own-page': moved('/page'),
          '/loop': moved('/loop'),
          '/portal-loop': moved('http://portal.test/portal-loop'),
          '/ftp': moved('ftp://ca.test/crl'),
          '/file': moved('file:///etc/passwd'),
          '/bad': moved('http://[::'),
          '/dead': moved('http://dead.test:1/crl'),
          '/login': moved('http://user:secret@cdn.test/ftp'),
          '/post': moved('/echo', '307 Temporary Redirect'),
          '/see-other': moved('/echo', '303 See Other'),
          '/echo': response('200 OK', `0${method} ${host}`),
          '/slow': '',
        };
        const answer = answers[path] ?? response('404 Not Found', '');
        if (hops !== undefined)
          socket.end(hops === '0' ? response('200 OK', der) : moved(`/hops/${Number(hops) - 1}`));
        else if (answer === '') socket.write(header('302 Found', { Location: '/slow' }));
        else socket.end(answer);
      }),
    );
  });
  after(() => server.close());

  it('leads to the bytes, relative to where it stands', async () => {
    const result = await fetch('/relative');
    assert.equal(result.finding, undefined);
    assert.deepEqual(result.sink?.body(), der);
    assert.deepEqual(result.redirects, ['http://ca.test/crl?x=1']);
    assert.equal(result.stages.filter(({ name }) => name === 'request').length, 2);
  });

  it('may lead to another host, if that has the bytes', async () => {
    const result = await fetch('/cdn');
    assert.equal(result.finding, undefined);
    assert.deepEqual(result.redirects, ['http://cdn.test/crl']);
  });

  for (const [path, code, evidence] of [
    [
      '/portal',
      'redirected-elsewhere',
      { title: 'Welcome & log in', url: 'http://portal.test/page' },
    ],
    ['/portal-gone', 'http-status', { status: 404 }],
    ['/own-page', 'block-page', { url: 'http://ca.test/page' }],
    ['/loop', 'unexpected-content', { location: '/loop' }],
    ['/portal-loop', 'redirected-elsewhere', {}],
    ['/hops/6', 'unexpected-content', {}],
    ['/ftp', 'unexpected-content', { location: 'ftp://ca.test/crl' }],
    ['/file', 'unexpected-content', { location: 'file:///etc/passwd' }],
    ['/bad', 'unexpected-content', {}],
  ] as const)
    it(`${path} is ${code}`, async () => {
      const { finding, sink } = await fetch(path);
      assert.equal(sink, undefined);
      assert.equal(finding?.code, code);
      assert.equal(finding.target, `http://ca.test${path}`);
      for (const [name, value] of Object.entries(evidence))
        assert.equal(finding.evidence[name], value);
    });

  it('follows five and no more', async () => {
    assert.deepEqual((await fetch('/hops/5')).sink?.body(), der);
  });

  it('to a dead host is the gap of that host', async () => {
    const result = await fetchFrom('http://ca.test/dead', {
      connectTo: [
        { fromHost: 'ca.test', toHost: '127.0.0.1', toPort: server.port },
        { fromHost: 'dead.test', toHost: '127.0.0.1', toPort: 1 },
      ],
    });
    assert.equal(result.finding?.code, 'connect-refused');
    assert.equal(result.finding.target, 'dead.test:1');
    assert.deepEqual(result.finding.evidence['redirects'], ['http://dead.test:1/crl']);
  });

  it('never shows or sends what a Location carries before its @', async () => {
    requests.length = 0;
    const result = await fetch('/login');
    assert.doesNotMatch(JSON.stringify(result), /secret@/);
    assert.doesNotMatch(requests.join(''), /secret|authorization/i);
  });

  it('keeps the method, except after 303', async () => {
    const post = { method: 'POST', body: Buffer.from('ask') } as const;
    assert.equal((await fetch('/post', post)).sink?.body().toString(), '0POST ca.test');
    assert.equal((await fetch('/see-other', post)).sink?.body().toString(), '0GET ca.test');
  });

  it('is followed without waiting for its body', async () => {
    // Waited for, it would have stalled
    assert.equal((await fetch('/slow')).finding?.code, 'unexpected-content');
  });
});
