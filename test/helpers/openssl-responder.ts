/** `openssl ocsp` as a responder on loopback, answering for a test's own CA. */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import type { Identity } from './private-ca.ts';

export interface ResponderOptions {
  readonly ca: Identity;
  /** Who signs; default the CA itself. */
  readonly signer?: Identity;
  /** What the index says, by serial; a serial that is not here is unknown. */
  readonly statuses: ReadonlyMap<bigint, 'good' | 'revoked'>;
  /** More options of `openssl ocsp`; default `-nmin 60`, without which there is no nextUpdate. */
  readonly options?: readonly string[];
}

export interface OpensslResponder {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

const indexLine = ([serial, status]: [bigint, 'good' | 'revoked']): string => {
  const hex = serial.toString(16).toUpperCase();
  const padded = hex.length % 2 === 0 ? hex : `0${hex}`;
  const fields =
    status === 'good'
      ? ['V', '400101000000Z', '', padded]
      : ['R', '400101000000Z', '240101000000Z,keyCompromise', padded];
  return [...fields, 'unknown', `/CN=${padded}`].join('\t');
};

/** It says so on its standard error when it waits for connections. */
const ready = (child: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    let errors = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
      if (errors.includes('waiting for OCSP client connections')) resolve();
    });
    child.once('exit', (code) =>
      reject(new Error(`openssl ocsp ended with ${String(code)}: ${errors}`)),
    );
  });

export const startOpensslResponder = async ({
  ca,
  signer = ca,
  statuses,
  options = ['-nmin', '60'],
}: ResponderOptions): Promise<OpensslResponder> => {
  const folder = await mkdtemp(join(tmpdir(), 'ocsp-responder-'));
  await Promise.all([
    writeFile(join(folder, 'index.txt'), [...statuses].map(indexLine).join('\n') + '\n'),
    writeFile(join(folder, 'ca.pem'), ca.pem),
    writeFile(join(folder, 'signer.pem'), signer.pem),
    writeFile(join(folder, 'signer.key'), signer.keyPem),
  ]);
  const port = await freePort();
  const args = [
    ...['ocsp', '-port', `${port}`, '-index', 'index.txt', '-CA', 'ca.pem'],
    ...['-rsigner', 'signer.pem', '-rkey', 'signer.key', ...options],
  ];
  const child = spawn('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL'); // it is single-threaded and may sit in a read
      await ended;
    }
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await ready(child);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: `http://127.0.0.1:${port}`, stop };
};
