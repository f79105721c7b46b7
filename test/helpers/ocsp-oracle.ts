/** `openssl ocsp` as a second opinion: is the response signed by one who may, and what does it say? */

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Identity } from './private-ca.ts';

export interface OcspOpinion {
  /** Signature and the responder's right to answer; not the times. */
  readonly verified: boolean;
  readonly status?: 'good' | 'revoked' | 'unknown';
}

/** What OpenSSL makes of a response about the serial, as of `at`; `issuer` must be self-signed. */
export const opensslOcsp = async (
  response: Uint8Array,
  question: { issuer: Identity; serial: bigint; at: Date },
): Promise<OcspOpinion> => {
  const folder = await mkdtemp(join(tmpdir(), 'ocsp-oracle-'));
  try {
    await writeFile(join(folder, 'response.der'), response);
    await writeFile(join(folder, 'ca.pem'), question.issuer.pem);
    const args = [
      ...['ocsp', '-respin', 'response.der', '-issuer', 'ca.pem', '-CAfile', 'ca.pem'],
      ...['-serial', `0x${question.serial.toString(16)}`],
      ...['-attime', String(Math.floor(question.at.getTime() / 1000))],
    ];
    const output = await new Promise<string>((resolve) => {
      execFile('openssl', args, { cwd: folder, timeout: 60_000 }, (_error, stdout, stderr) =>
        resolve(stdout + stderr),
      );
    });
    const status = /: (good|revoked|unknown)\b/.exec(output)?.[1];
    return {
      verified: output.includes('Response verify OK'),
      ...(status !== undefined && { status: status as 'good' | 'revoked' | 'unknown' }),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
