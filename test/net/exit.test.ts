/** Nothing of the network client keeps the process alive, and nothing of it warns. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { onRequest, serve } from './servers.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

const script = (port: number): string => `
  import { createNetwork } from './checks/net/network.ts';
  import { parseResolve, parseConnectTo } from './checks/net/options.ts';
  const network = createNetwork({ platform: 'linux', hostName: 'mx', elapsed: () => performance.now(),
    now: () => new Date(), connectTimeoutMs: 500, requestTimeoutMs: 700, connectTo: [],
    proxy: { bypass: () => false }, dnsServers: ['127.0.0.1:9'],
    resolve: [parseResolve('*:${port}:127.0.0.1')] });
  const { signal } = new AbortController();
  const sink = () => ({ write() {} });
  const asked = Array.from({ length: 60 }, (_, index) => [
    network.fetch({ url: 'http://n' + index + '.test:${port}/' + (index % 4), limit: 99999, open: sink }, signal),
    network.probe({ host: 'n' + index + '.test', port: ${port} }, signal),
    network.probe({ host: 'n' + index + '.test', port: 80 }, signal),
  ]).flat();
  await Promise.all(asked);
  console.log(performance.now());
  const end = performance.now();
  process.on('exit', () => console.log(performance.now() - end));
`;

describe('a process that asked', () => {
  it('ends at once afterwards, without a warning', async () => {
    const server = await serve(
      onRequest((socket, request) => {
        const what = /^GET \/(\d)/.exec(request)?.[1];
        if (what === '0') socket.end('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n0ab');
        else if (what === '1') socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n0ab');
        else if (what === '2') socket.resetAndDestroy();
      }),
    );
    const args = ['--import', 'tsx', '--input-type=module', '-e', script(server.port)];
    const child = spawn(process.execPath, args, { cwd: root });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const code = await new Promise((resolve) => child.once('close', resolve));
    await server.close();
    assert.equal(stderr, '');
    assert.equal(code, 0);
    const [, toExit] = stdout.trim().split('\n').map(Number);
    assert.ok(toExit !== undefined && toExit < 3000, `took ${toExit} ms to end`);
  });
});
