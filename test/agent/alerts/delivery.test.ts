/** One request to a receiver that behaves, or does not; over TLS; through a real proxy. */

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it, suite } from 'node:test';
import {
  type AlertRequest,
  type Deliver,
  type Delivery,
  type DeliveryOptions,
  createDelivery,
} from '../../../agent/alerts/delivery.ts';
import { systemRoots } from '../../../agent/alerts/system-roots.ts';
import { fixedProxy, noProxy } from '../../../checks/net/proxy.ts';
import { freePort } from '../../helpers/free-port.ts';
import { makeCa } from '../../helpers/private-ca.ts';
import { untilOpen } from '../../helpers/until-open.ts';
import { dnsName, ipName, subjectAltName } from '../../helpers/x509-writer.ts';
import { type Behaviour, type ReceiverServer, startReceiver } from './receiver-server.ts';

const deliverer = (more: Partial<DeliveryOptions> = {}): Deliver =>
  createDelivery({
    platform: 'linux',
    hostName: 'mx1.example.org',
    proxy: noProxy,
    connectTimeoutMs: 20_000,
    requestTimeoutMs: 20_000,
    roots: () => Promise.resolve([]),
    elapsed: () => performance.now(),
    now: () => new Date(),
    userAgent: 'certready/test',
    ...more,
  });

const never = new AbortController().signal;
const token = 'T0K3N-T0K3N';

const to = (url: string, more: Partial<AlertRequest> = {}): AlertRequest => ({
  url,
  headers: {},
  body: '{"a":"☃"}',
  ...more,
});

/** The status, or `failed`. */
const outcome = (delivery: Delivery): number | 'failed' =>
  delivery.failed === undefined ? delivery.status : 'failed';

let receiver: ReceiverServer;
before(async () => {
  receiver = await startReceiver();
});
after(() => receiver.close());

const url = (path = `/hook/${token}`): string => `http://127.0.0.1:${receiver.port}${path}`;

suite('a request', () => {
  it('is JSON, with its own headers, and credentials in one of them', async () => {
    receiver.behave = () => ({ status: 202, headers: { 'retry-after': '7' }, body: 'taken\nmore' });
    const delivery = await deliverer()(
      to(`http://user:p%40ss@127.0.0.1:${receiver.port}/a?b=c`, {
        headers: { 'webhook-id': 'm1' },
      }),
      never,
    );
    assert.deepEqual(delivery, { status: 202, retryAfter: '7', line: 'taken' });
    const request = receiver.received.at(-1);
    assert.equal(request?.method, 'POST');
    assert.equal(request.url, '/a?b=c');
    assert.equal(request.body, '{"a":"☃"}');
    assert.equal(request.headers['content-type'], 'application/json');
    assert.equal(request.headers['webhook-id'], 'm1');
    assert.equal(request.headers['user-agent'], 'certready/test');
    assert.equal(
      request.headers.authorization,
      `Basic ${Buffer.from('user:p@ss').toString('base64')}`,
    );
  });

  const behaviours: readonly (readonly [what: string, Behaviour, expected: number | 'failed'])[] = [
    ['no content', { status: 204 }, 204],
    ['a redirect, which is not followed', { status: 307, headers: { location: '/other' } }, 307],
    ['a refusal', { status: 403, body: 'no' }, 403],
    ['a fault of its own', { status: 500 }, 500],
    ['nothing', 'hang', 'failed'],
    ['a reset', 'reset', 'failed'],
    ['an end', 'close', 'failed'],
    ['no HTTP', { raw: 'SSH-2.0-OpenSSH_9.2\r\n' }, 'failed'],
    ['a status and a body without end', 'endless', 200],
    ['a status and half a body', 'truncated', 200],
    ['interim answers alone', { raw: 'HTTP/1.1 102 Processing\r\n\r\n' }, 'failed'],
    ['a header without end', { raw: `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(50_000)}` }, 'failed'],
  ];
  for (const [what, behaviour, expected] of behaviours)
    it(`is answered by ${what}`, async () => {
      receiver.behave = () => behaviour;
      const count = receiver.received.length;
      // Long enough for all but what never ends
      const requestTimeoutMs = behaviour === 'hang' || behaviour === 'endless' ? 2000 : 20_000;
      assert.equal(outcome(await deliverer({ requestTimeoutMs })(to(url()), never)), expected);
      assert.equal(receiver.received.length, count + 1, 'asked once');
    });

  it('fails where nobody listens, and where no such name is', async () => {
    const port = await freePort();
    const refused = await deliverer()(to(`http://127.0.0.1:${port}/`), never);
    assert.equal(refused.failed, 'connect-refused');
    assert.equal(outcome(await deliverer()(to('http://nowhere.invalid/'), never)), 'failed');
  });

  it('ends when it is told to', async () => {
    receiver.behave = () => 'hang';
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 50);
    const start = performance.now();
    const patient = deliverer({ requestTimeoutMs: 60_000 });
    assert.equal(outcome(await patient(to(url()), controller.signal)), 'failed');
    assert.ok(performance.now() - start < 30_000);
  });
});

suite('what a receiver says', () => {
  const lines: readonly (readonly [what: string, said: string])[] = [
    ['the path', `Cannot POST /hook/${token}`],
    ['the whole URL', `POST http://127.0.0.1/hook/${token} is not allowed`],
    ['a part of the path, encoded', `no hook ${encodeURIComponent(token)}`],
    ['a secret', 'bad key s3cr3t-key'],
  ];
  for (const [what, said] of lines)
    it(`is shown without ${what}`, async () => {
      receiver.behave = () => ({ status: 400, body: said });
      const { line = '' } = (await deliverer()(to(url(), { secrets: ['s3cr3t-key'] }), never)) as {
        line?: string;
      };
      assert.ok(line.length > 0);
      assert.ok(!line.includes(token) && !line.includes('s3cr3t'), line);
    });

  it('is one harmless line', async () => {
    receiver.behave = () => ({
      status: 400,
      body: `\u001b[31mred\u202e ${'x'.repeat(5000)}\nmore`,
    });
    const { line = '' } = (await deliverer()(to(url()), never)) as { line?: string };
    assert.ok(line.length < 300);
    assert.ok(!/[\u001b\u202e\n]/u.test(line));
  });
});

suite('over TLS', () => {
  const ca = makeCa({ name: 'Receivers CA' });
  const names = subjectAltName(dnsName('localhost'), ipName(Uint8Array.of(127, 0, 0, 1)));
  const leaf = ca.issue({ name: 'localhost', extensions: [names] });
  const foreign = ca.issue({
    name: 'other',
    extensions: [subjectAltName(dnsName('other.example'))],
  });
  const expired = ca.issue({
    name: 'localhost',
    extensions: [names],
    notAfter: new Date('2021-01-01T00:00:00Z'),
  });
  const stranger = makeCa({ name: 'Stranger CA' }).issue({
    name: 'localhost',
    extensions: [names],
  });

  const cases = [
    ['a certificate of a known authority is accepted', leaf, 'localhost', 200],
    ['also for an address', leaf, '127.0.0.1', 200],
    ["another name's certificate is not", foreign, 'localhost', 'failed'],
    ['nor an expired one', expired, 'localhost', 'failed'],
    ['nor one of an unknown authority', stranger, 'localhost', 'failed'],
  ] as const;
  for (const [what, { pem, keyPem }, host, expected] of cases)
    it(what, async () => {
      const server = await startReceiver({ cert: pem, key: keyPem });
      try {
        const deliver = deliverer({ roots: () => Promise.resolve([ca.pem]) });
        const delivery = await deliver(to(`https://${host}:${server.port}/`), never);
        assert.equal(outcome(delivery), expected, delivery.failed);
        assert.equal(server.received.length, expected === 200 ? 1 : 0);
      } finally {
        await server.close();
      }
    });

  it('an unknown authority is not accepted because the environment says so', async () => {
    const server = await startReceiver({ cert: stranger.pem, key: stranger.keyPem });
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      const deliver = deliverer({ roots: () => Promise.resolve([ca.pem]) });
      const delivery = await deliver(to(`https://localhost:${server.port}/`), never);
      assert.equal(outcome(delivery), 'failed');
      assert.equal(server.received.length, 0);
    } finally {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      await server.close();
    }
  });

  it('plain HTTP on the other side fails', async () => {
    const delivery = await deliverer()(to(`https://127.0.0.1:${receiver.port}/`), never);
    assert.equal(outcome(delivery), 'failed');
  });
});

suite('the roots of this system', () => {
  it('are there, and more where the environment names them', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'certready-roots-'));
    try {
      const file = join(folder, 'extra.pem');
      const { pem } = makeCa({ name: 'Extra' });
      await writeFile(file, pem);
      const usual = await systemRoots({});
      assert.ok(usual.length > 0 && usual.every((text) => text.includes('BEGIN CERTIFICATE')));
      const more = await systemRoots({ NODE_EXTRA_CA_CERTS: file });
      assert.deepEqual(more, [...usual, pem]);
      assert.deepEqual(await systemRoots({ NODE_EXTRA_CA_CERTS: join(folder, 'none') }), usual);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

const canProxy = spawnSync('tinyproxy', ['-v']).error === undefined;

suite('through tinyproxy', { skip: canProxy ? false : 'tinyproxy is not installed' }, () => {
  let folder = '';
  let port = 0;
  let proxy: ReturnType<typeof spawn> | undefined;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'certready-proxy-'));
    port = await freePort();
    const file = join(folder, 'tinyproxy.conf');
    await writeFile(
      file,
      `Port ${port}\nListen 127.0.0.1\nBasicAuth user pass\nLogLevel Critical\n`,
    );
    proxy = spawn('tinyproxy', ['-d', '-c', file], { stdio: 'ignore' });
    await untilOpen(proxy, port);
  });
  after(async () => {
    proxy?.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  const by = (credentials: string): Partial<DeliveryOptions> => ({
    proxy: fixedProxy(`http://${credentials}127.0.0.1:${port}`),
    requestTimeoutMs: 20_000,
  });

  it('goes HTTP', async () => {
    receiver.behave = () => ({ status: 200 });
    const delivery = await deliverer(by('user:pass@'))(to(url('/by-proxy')), never);
    assert.equal(outcome(delivery), 200, delivery.failed);
    const request = receiver.received.at(-1);
    assert.equal(request?.url, '/by-proxy');
    assert.equal(request.headers['proxy-authorization'], undefined);
  });

  it('goes HTTPS, verified end to end', async () => {
    const ca = makeCa({ name: 'Receivers CA' });
    const { pem, keyPem } = ca.issue({
      name: 'localhost',
      extensions: [subjectAltName(ipName(Uint8Array.of(127, 0, 0, 1)))],
    });
    const server = await startReceiver({ cert: pem, key: keyPem });
    try {
      const at = to(`https://127.0.0.1:${server.port}/`);
      const trusting = deliverer({ ...by('user:pass@'), roots: () => Promise.resolve([ca.pem]) });
      assert.equal(outcome(await trusting(at, never)), 200);
      assert.equal(outcome(await deliverer(by('user:pass@'))(at, never)), 'failed');
    } finally {
      await server.close();
    }
  });

  it("the proxy's own refusal is not the receiver's", async () => {
    const plain = await deliverer(by(''))(to(url()), never);
    assert.equal(plain.failed, 'proxy-auth-required');
    const tunnel = await deliverer(by(''))(to('https://127.0.0.1:1/'), never);
    assert.equal(outcome(tunnel), 'failed');
  });
});
