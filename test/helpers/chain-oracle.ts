/** `openssl verify` as a second opinion on certification paths. */

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pem } from './der-writer.ts';
import { findProgram } from './programs.ts';

export interface ChainInput {
  readonly leaf: Uint8Array;
  readonly intermediates: readonly Uint8Array[];
  readonly anchors: readonly Uint8Array[];
  readonly at: Date;
  /** Have policies processed too. */
  readonly policies?: true;
}

export const opensslMissing: string | false =
  (await findProgram('openssl')) === undefined ? 'needs openssl' : false;

const pemFile = (certificates: readonly Uint8Array[]): string =>
  certificates.map((der) => pem('CERTIFICATE', der)).join('');

/** What OpenSSL says of the chain as a TLS server's: `ok`, or its error line. */
export const opensslVerify = async (input: ChainInput): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'chain-oracle-'));
  try {
    const files = { leaf: [input.leaf], sent: input.intermediates, roots: input.anchors };
    for (const [name, certificates] of Object.entries(files))
      await writeFile(join(folder, name), pemFile(certificates));
    const args = [
      'verify',
      '-no-CApath',
      '-no-CAstore',
      '-purpose',
      'sslserver',
      '-CAfile',
      'roots',
    ];
    const untrusted = input.intermediates.length > 0 ? ['-untrusted', 'sent'] : [];
    const policies = input.policies ? ['-policy_check', '-policy', '2.5.29.32.0'] : [];
    const time = ['-attime', String(Math.floor(input.at.getTime() / 1000))];
    return await new Promise((resolve) => {
      execFile(
        'openssl',
        [...args, ...untrusted, ...policies, ...time, 'leaf'],
        { cwd: folder, timeout: 60_000 },
        (error, _stdout, stderr) => resolve(error ? stderr.trim() || error.message : 'ok'),
      );
    });
  } finally {
    await rm(folder, { recursive: true });
  }
};
