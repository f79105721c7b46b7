/**
 * Asks for a URL unless it is as old as a time, and says the status, or what went wrong.
 *
 *     node --import tsx test/lab/conditional-fetch.ts URL TIME
 */

import { hostname } from 'node:os';
import { createNetwork } from '../../checks/net/network.ts';
import { noProxy } from '../../checks/net/proxy.ts';

const [, , url = '', time = ''] = process.argv;

const network = createNetwork({
  platform: 'linux',
  hostName: hostname(),
  elapsed: () => performance.now(),
  now: () => new Date(),
  connectTimeoutMs: 5000,
  requestTimeoutMs: 15_000,
  resolve: [],
  connectTo: [],
  proxy: noProxy,
});
const { status, finding } = await network.fetch(
  {
    url,
    headers: { 'if-modified-since': time },
    limit: 1 << 20,
    open: () => ({ write: () => undefined }),
  },
  new AbortController().signal,
);
process.stdout.write(`${finding?.code ?? String(status)}\n`);
