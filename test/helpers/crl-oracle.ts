/** What `openssl verify` says of a certificate and the CRLs that go with it. */

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pem } from './der-writer.ts';
import type { Identity } from './private-ca.ts';

export interface CrlOracleQuestion {
  readonly leaf: Identity;
  readonly issuers: readonly Identity[];
  readonly crls: readonly Uint8Array[];
  readonly at: Date;
  readonly useDeltas?: boolean;
  /**
   * Have indirect CRLs and those for some reasons processed too, which OpenSSL leaves alone unless it is
   * told not to. Only the first of the issuers is trusted then: theirs have to have a path to it.
   */
  readonly extended?: boolean;
}

/** `good`, `revoked`, or the reason why OpenSSL cannot say, e.g. `CRL has expired`. */
export const opensslCrlCheck = async (question: CrlOracleQuestion): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'certready-crl-'));
  const file = (name: string): string => join(folder, name);
  const { issuers, extended = false } = question;
  const trusted = extended ? issuers.slice(0, 1) : issuers;
  const others = extended ? issuers.slice(1) : [];
  try {
    await Promise.all([
      writeFile(file('leaf.pem'), question.leaf.pem),
      writeFile(file('ca.pem'), trusted.map((issuer) => issuer.pem).join('')),
      writeFile(file('other.pem'), others.map((issuer) => issuer.pem).join('')),
      writeFile(file('crls.pem'), question.crls.map((crl) => pem('X509 CRL', crl)).join('')),
    ]);
    const at = String(Math.floor(question.at.getTime() / 1000));
    const args = ['verify', '-attime', at, '-crl_check', '-partial_chain'];
    if (question.useDeltas) args.push('-use_deltas');
    if (extended) args.push('-extended_crl', '-untrusted', file('other.pem'));
    args.push('-CAfile', file('ca.pem'), '-CRLfile', file('crls.pem'), file('leaf.pem'));
    const output = await new Promise<string>((resolve) => {
      execFile('openssl', args, { timeout: 60_000 }, (_error, stdout, stderr) =>
        resolve(stdout + stderr),
      );
    });
    if (output.includes('leaf.pem: OK')) return 'good';
    const reason = /error \d+ at \d+ depth lookup: (.*)/.exec(output)?.[1];
    if (reason === 'certificate revoked') return 'revoked';
    return reason ?? output;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
