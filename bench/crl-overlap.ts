/** Whether the network and the judge overlap: how long after its last byte a CRL that arrives slowly is judged. */

import { readFile, rm } from 'node:fs/promises';
import { type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createRun } from '../agent/run/context.ts';
import { crlCheck } from '../checks/crl.ts';
import { fingerprint256 } from '../checks/pki/certificate.ts';
import type { Profile } from '../checks/types.ts';
import { piecesOf } from '../test/helpers/chunks.ts';
import { fakeHost } from '../test/helpers/fake-host.ts';
import { type Identity, testTime } from '../test/helpers/private-ca.ts';
import { network as networkWith } from '../test/net/servers.ts';
import { writeCrl } from './crl-make.ts';
import { median } from './measure.ts';

export interface Overlap {
  readonly entries: number;
  readonly rounds: number;
  /** Medians, milliseconds: from the request to the last byte, and from there to the verdict. */
  readonly arrivalMs: number;
  readonly delayMs: number;
}

const entries = 1_000_000;
const rounds = 5;
const elapsed = (): number => performance.now();

const network = networkWith({ requestTimeoutMs: 60_000 });

const profileOf = (url: string, { der }: Identity): Profile => ({
  id: 'slow',
  title: 'Slow',
  replaces: [],
  notes: [],
  endpoints: [],
  authorities: [{ id: 'ca', name: 'Benchmark CA', root: true, sha256: fingerprint256(der), der }],
  crls: [{ url, issuer: 'ca' }],
  ocsp: [],
});

/** Serves the pieces with pauses between them, and tells when the last byte was handed over. */
const serveSlowly = async (pieces: readonly Uint8Array[], length: number) => {
  let lastByte = Number.NaN;
  const send = async (response: ServerResponse): Promise<void> => {
    response.writeHead(200, { 'content-length': length });
    for (const piece of pieces) {
      await wait(5);
      response.write(piece);
    }
    lastByte = elapsed();
    response.end();
  };
  const server = createServer((_request, response) => void send(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/ca.crl`, lastByte: () => lastByte, server };
};

/** @throws where the CRL is not found good */
export const delayAfterLastByte = async (folder: string, ca: Identity): Promise<Overlap> => {
  const path = join(folder, 'slow.crl');
  writeCrl(path, entries, ca);
  const crl = await readFile(path);
  await rm(path);
  const arrivals: number[] = [];
  const delays: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const { url, lastByte, server } = await serveSlowly(piecesOf(crl, 500_000), crl.length);
    const host = { ...fakeHost(), network, elapsed };
    const [task] = crlCheck.tasks(profileOf(url, ca), createRun(host, { smtp: [] }));
    const started = elapsed();
    const observation = await task?.observe(AbortSignal.timeout(120_000));
    const judgement = observation?.judge(testTime);
    const ended = elapsed();
    server.close();
    if (judgement?.evidence['signature'] !== 'valid')
      throw new Error(`the check says ${judgement?.summary ?? 'nothing'}`);
    arrivals.push(lastByte() - started);
    delays.push(ended - lastByte());
  }
  return { entries, rounds, arrivalMs: median(arrivals), delayMs: median(delays) };
};
