/** The check over a real connection: a CRL is read and hashed while it arrives. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, describe, it } from 'node:test';
import { createRun } from '../../agent/run/context.ts';
import { crlCheck } from '../../checks/crl.ts';
import { fingerprint256 } from '../../checks/pki/certificate.ts';
import type { Network, Profile } from '../../checks/types.ts';
import { fakeHost } from '../helpers/fake-host.ts';
import { makeCa, testTime } from '../helpers/private-ca.ts';
import { network as networkWith } from '../net/servers.ts';

const ca = makeCa({ name: 'C=XX, O=Test, CN=Slow CA', key: 'rsa' });
const entries = Array.from({ length: 60_000 }, () => ({
  serial: BigInt(`0x1${randomBytes(15).toString('hex')}`),
  reason: 4,
}));
const crl = ca.crl({ entries });

const elapsed = (): number => performance.now();

const servers: Server[] = [];
after(() => {
  for (const server of servers) server.close();
});

/** Serves all of the CRL but its end, which it keeps until it is told that the rest has been taken. */
const serveInTwo = async (end: number, taken: Promise<void>) => {
  const send = async (response: ServerResponse): Promise<void> => {
    response.writeHead(200, { 'content-length': crl.length });
    response.write(crl.subarray(0, -end));
    await taken;
    response.end(crl.subarray(-end));
  };
  const server = createServer((_request, response) => void send(response));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}/ca.crl`;
};

/** A network that tells when `count` bytes of a body have been taken. */
const watched = (count: number, tell: () => void): Network => ({
  ...network,
  fetch: (request, signal) => {
    let received = 0;
    const open = (): ReturnType<typeof request.open> => {
      const sink = request.open();
      const write = (chunk: Uint8Array): void => {
        sink.write(chunk);
        received += chunk.length;
        if (received >= count) tell();
      };
      return new Proxy(sink, {
        get: (target, name) => {
          if (name === 'write') return write;
          const value: unknown = Reflect.get(target, name);
          return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        },
      });
    };
    return network.fetch({ ...request, open }, signal);
  },
});

const profileOf = (url: string): Profile => ({
  id: 'slow',
  title: 'Slow',
  replaces: [],
  notes: [],
  endpoints: [],
  authorities: [
    { id: 'ca', name: 'Slow CA', root: true, sha256: fingerprint256(ca.der), der: ca.der },
  ],
  crls: [{ url, issuer: 'ca' }],
  ocsp: [],
});

const network = networkWith({ requestTimeoutMs: 60_000 });

describe('a CRL of 60,000 entries that arrives slowly', () => {
  // How soon after its last byte it is judged is measured in bench/crl-overlap.ts.
  it('is walked and hashed while it arrives', async () => {
    const end = 1000;
    let tell: () => void = () => undefined;
    const taken = new Promise<void>((resolve) => (tell = resolve));
    const url = await serveInTwo(end, taken);
    const host = { ...fakeHost(), network: watched(crl.length - end, tell), elapsed };
    const [task] = crlCheck.tasks(profileOf(url), createRun(host, { smtp: [] }));
    assert.ok(task);
    const judgement = (await task.observe(AbortSignal.timeout(60_000))).judge(testTime);
    assert.deepEqual(judgement.findings, []);
    assert.equal(judgement.evidence['signature'], 'valid');
    assert.equal(judgement.evidence['entries'], entries.length);
  });
});
