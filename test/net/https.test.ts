import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { type TlsOptions, createServer } from 'node:tls';
import { fixedProxy } from '../../checks/net/proxy.ts';
import { lacking } from '../helpers/programs.ts';
import { brief, der, fetchFrom, header, onRequest, response, serve } from './servers.ts';

describe('https', { skip: await lacking('openssl') }, () => {
  let identity: { key: Buffer; cert: Buffer };
  before(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'certready-tls-'));
    const [key, cert] = [join(folder, 'key'), join(folder, 'cert')];
    const args = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=other.test -keyout ${key} -out ${cert}`;
    execFileSync('openssl', args.split(' '), { stdio: 'ignore' });
    identity = { key: await readFile(key), cert: await readFile(cert) };
    await rm(folder, { recursive: true });
  });

  const serveTls = async (options: TlsOptions = {}) => {
    const server = createServer({ ...identity, ...options }, (socket) => {
      socket.on('error', () => socket.destroy());
      onRequest((plain) => plain.end(response('200 OK', der)))(socket, 1);
    });
    server.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return {
      port,
      close: () => new Promise<void>((resolve) => server.close(() => resolve())),
    };
  };

  it('brings the bytes, whoever the certificate is for', async () => {
    const server = await serveTls();
    const result = await fetchFrom(`https://127.0.0.1:${server.port}/`);
    await server.close();
    assert.deepEqual(result.sink?.body(), der);
    assert.deepEqual(
      result.stages.map(({ name }) => name),
      ['connect', 'tls', 'request', 'response'],
    );
  });

  it('brings the bytes through a tunnel', async () => {
    const server = await serveTls();
    const proxy = await serve((socket) => {
      socket.once('data', () => {
        socket.write(header('200 Established'));
        void import('node:net').then(({ connect }) => {
          const upstream = connect(server.port, '127.0.0.1');
          upstream.on('error', () => socket.destroy());
          socket.on('close', () => upstream.destroy());
          socket.pipe(upstream).pipe(socket);
        });
      });
    });
    const result = await fetchFrom('https://ca.test/', {
      proxy: fixedProxy(`http://127.0.0.1:${proxy.port}`),
    });
    await proxy.close();
    await server.close();
    assert.deepEqual(result.sink?.body(), der);
    assert.deepEqual(
      result.stages.map(({ name }) => name),
      ['proxy', 'tls', 'request', 'response'],
    );
  });

  for (const [name, behave, code] of [
    ['bytes that are no TLS', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'tls-handshake-failed'],
    ['an alert', Buffer.from([21, 3, 3, 0, 2, 2, 40]), 'tls-handshake-failed'],
    ['a reset', 'reset', 'connection-reset'],
    ['silence', 'silence', 'response-timeout'],
  ] as const)
    it(`${name} is ${code}`, async () => {
      const server = await serve((socket) => {
        socket.once('data', () => {
          if (behave === 'reset') socket.resetAndDestroy();
          else if (behave !== 'silence') socket.write(behave);
        });
      });
      const waits = behave === 'silence' ? brief : {};
      const { finding } = await fetchFrom(`https://127.0.0.1:${server.port}/`, waits);
      await server.close();
      assert.equal(finding?.code, code);
      assert.equal(finding.target, `127.0.0.1:${server.port}`);
      assert.equal(finding.owner, code === 'tls-handshake-failed' ? 'ca' : undefined);
      assert.equal(finding.evidence['stage'], 'tls');
      assert.equal(server.connections(), 2);
    });

  it('that shares no version with us is tls-handshake-failed', async () => {
    const server = await serveTls({ ciphers: 'AECDH-NULL-SHA:@SECLEVEL=0', maxVersion: 'TLSv1.2' });
    const { finding } = await fetchFrom(`https://127.0.0.1:${server.port}/`);
    await server.close();
    assert.equal(finding?.code, 'tls-handshake-failed');
  });
});
