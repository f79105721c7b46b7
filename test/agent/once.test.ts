/** `certready --once` as a user runs it, against a healthy CA on loopback and against each of its defects. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { CheckResult, Report } from '../../agent/report/report.ts';
import type { Json } from '../../checks/types.ts';
import { type LoopbackLab, startLoopbackLab } from '../helpers/loopback-lab.ts';
import { lacking } from '../helpers/programs.ts';

const run = promisify(execFile);
const program = fileURLToPath(new URL('../../dist/certready.js', import.meta.url));
const skip = await lacking('openssl', 'nginx');

const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

interface Outcome {
  readonly exitCode: number;
  readonly report: Report;
}

describe('certready --once', { skip }, () => {
  let lab: LoopbackLab;
  before(async () => {
    lab = await startLoopbackLab();
  });
  after(async () => {
    await lab.stop();
  });

  const once = async (...options: string[]): Promise<Outcome> => {
    const args = [program, '--once', '--format', 'json', ...options, ...lab.options];
    const child = run(process.execPath, args, { maxBuffer: 2 ** 24 });
    const stdout = await child.then(
      (done) => done.stdout,
      (error: unknown) => (error as { stdout: string }).stdout,
    );
    return { exitCode: child.child.exitCode ?? -1, report: JSON.parse(stdout) as Report };
  };
  const gapIds = (report: Report): string[] => report.gaps.map(({ id }) => id).sort();
  const check = (report: Report, id: string): CheckResult => {
    const found = report.checks.find((candidate) => candidate.id === id);
    assert.ok(
      found,
      `no check ${id} among ${report.checks.map((candidate) => candidate.id).join(', ')}`,
    );
    return found;
  };

  /** Serves `bytes` at /NAME while `use` runs. */
  const serving = async (
    name: string,
    bytes: Uint8Array,
    use: () => Promise<void>,
  ): Promise<void> => {
    const path = join(lab.www, name);
    await rename(path, `${path}.kept`);
    try {
      await writeFile(path, bytes);
      await use();
    } finally {
      await rename(`${path}.kept`, path);
    }
  };
  const openssl = (...args: string[]) => run('openssl', args, { cwd: lab.folder });

  it('is ready where all is well, with its evidence filled in', async () => {
    const { exitCode, report } = await once();
    assert.deepEqual(gapIds(report), []);
    assert.equal(report.verdict, 'ready');
    assert.equal(exitCode, 0);
    assert.deepEqual([...new Set(report.checks.map(({ status }) => status))], ['ok']);

    const crl = check(report, 'crl:http://crl.lab.test/inter.crl').evidence;
    assert.equal(crl['signature'], 'valid');
    assert.equal(crl['entries'], 0);
    assert.match(text(crl['issuer']), /Lab Issuing CA/);
    assert.match(text(crl['sha256']), /^[0-9A-F]{64}$/);
    for (const key of ['crlNumber', 'thisUpdate', 'nextUpdate', 'bytes']) assert.ok(crl[key], key);

    const ocsp = check(report, 'ocsp:http://ocsp.lab.test/root').evidence;
    assert.equal(ocsp['certStatus'], 'good');
    assert.equal(ocsp['delegated'], true);
    for (const key of ['producedAt', 'thisUpdate', 'nextUpdate', 'responder', 'method'])
      assert.ok(ocsp[key], key);

    const aia = check(report, 'aia:http://secure.lab.test/inter.crt').evidence;
    assert.equal(aia['format'], 'der');
    for (const key of ['subject', 'issuer', 'sha256', 'notAfter']) assert.ok(aia[key], key);

    const store = report.checks.find(({ kind }) => kind === 'trust-store')?.evidence;
    assert.equal(store?.['trusted'], true);
    const endpoint = check(report, 'endpoint:crl.lab.test:80').evidence;
    assert.deepEqual(endpoint['addresses'], ['127.0.0.1']);
  });

  const html = Buffer.from('<!DOCTYPE html><html><title>Blocked</title></html>');
  const defects: readonly {
    readonly name: string;
    readonly file: string;
    readonly bytes: (lab: LoopbackLab) => Promise<Uint8Array>;
    readonly gaps: readonly string[];
  }[] = [
    {
      name: 'a block page for a CRL',
      file: 'root.crl',
      bytes: () => Promise.resolve(html),
      gaps: ['block-page:http://crl.lab.test/root.crl'],
    },
    {
      name: 'text for a CRL',
      file: 'root.crl',
      bytes: () => Promise.resolve(Buffer.from('not a CRL')),
      gaps: ['unexpected-content:http://crl.lab.test/root.crl'],
    },
    {
      name: 'PEM for a CRL',
      file: 'root.crl',
      bytes: ({ folder }) => readFile(join(folder, 'root.crl.pem')),
      gaps: ['unexpected-content:http://crl.lab.test/root.crl'],
    },
    {
      name: 'a CRL without its end',
      file: 'root.crl',
      bytes: async ({ www }) => (await readFile(join(www, 'root.crl.kept'))).subarray(0, -9),
      gaps: ['crl-malformed:http://crl.lab.test/root.crl'],
    },
    {
      name: 'a CRL with another signature',
      file: 'root.crl',
      bytes: async ({ www }) => {
        const bytes = await readFile(join(www, 'root.crl.kept'));
        bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
        return bytes;
      },
      gaps: ['crl-signature-invalid:http://crl.lab.test/root.crl'],
    },
    {
      name: "another CA's CRL",
      file: 'root.crl',
      bytes: ({ www }) => readFile(join(www, 'inter.crl')),
      gaps: ['crl-wrong-issuer:http://crl.lab.test/root.crl'],
    },
    {
      name: 'an expired CRL',
      file: 'root.crl',
      async bytes({ folder }) {
        await openssl(
          'ca',
          '-config',
          'ca.cnf',
          '-name',
          'root_ca',
          '-gencrl',
          '-crl_lastupdate',
          '20200101000000Z',
          '-crl_nextupdate',
          '20200201000000Z',
          '-out',
          'old.pem',
        );
        await openssl('crl', '-in', 'old.pem', '-outform', 'DER', '-out', 'old.crl');
        return readFile(join(folder, 'old.crl'));
      },
      gaps: ['crl-expired:http://crl.lab.test/root.crl'],
    },
    {
      name: 'a CRL of the future',
      file: 'root.crl',
      async bytes({ folder }) {
        await openssl(
          'ca',
          '-config',
          'ca.cnf',
          '-name',
          'root_ca',
          '-gencrl',
          '-crl_lastupdate',
          '20980101000000Z',
          '-crl_nextupdate',
          '20990101000000Z',
          '-out',
          'new.pem',
        );
        await openssl('crl', '-in', 'new.pem', '-outform', 'DER', '-out', 'new.crl');
        return readFile(join(folder, 'new.crl'));
      },
      gaps: ['crl-not-yet-valid:http://crl.lab.test/root.crl'],
    },
    {
      name: 'another certificate for the issuer',
      file: 'inter.crt',
      async bytes({ folder }) {
        await openssl('x509', '-in', 'leaf.crt', '-outform', 'DER', '-out', 'leaf.der');
        return readFile(join(folder, 'leaf.der'));
      },
      gaps: ['issuer-mismatch:http://secure.lab.test/inter.crt'],
    },
    {
      name: 'an issuer that is no certificate',
      file: 'inter.crt',
      bytes: () => Promise.resolve(Buffer.from('3003020101', 'hex')),
      gaps: ['issuer-malformed:http://secure.lab.test/inter.crt'],
    },
    {
      name: 'PEM for the issuer is fine',
      file: 'inter.crt',
      bytes: ({ folder }) => readFile(join(folder, 'inter.crt')),
      gaps: [],
    },
    {
      name: 'PKCS#7 for the issuer is fine',
      file: 'inter.crt',
      async bytes({ folder }) {
        await openssl(
          'crl2pkcs7',
          '-nocrl',
          '-certfile',
          'inter.crt',
          '-outform',
          'DER',
          '-out',
          'inter.p7c',
        );
        return readFile(join(folder, 'inter.p7c'));
      },
      gaps: [],
    },
  ];

  for (const { name, file, bytes, gaps } of defects)
    it(`names ${name}`, async () => {
      // `bytes` may read what is kept aside, so the file is set aside before.
      const path = join(lab.www, file);
      await writeFile(`${path}.kept`, await readFile(path));
      const replacement = await bytes(lab);
      await serving(file, replacement, async () => {
        const { report, exitCode } = await once();
        assert.deepEqual(gapIds(report), [...gaps]);
        assert.equal(exitCode, gaps.length === 0 ? 0 : 2);
      });
    });

  it('still fetches and parses what a missing issuer keeps it from verifying', async () => {
    await serving('inter.crt', html, async () => {
      const { report } = await once();
      assert.deepEqual(gapIds(report), ['block-page:http://secure.lab.test/inter.crt']);
      const crl = check(report, 'crl:http://crl.lab.test/inter.crl');
      assert.equal(crl.status, 'blocked');
      assert.deepEqual(crl.blockedBy, ['block-page:http://secure.lab.test/inter.crt']);
      assert.equal(crl.evidence['signature'], 'unchecked');
      assert.ok(report.gaps[0]?.checks.includes(crl.id));
    });
  });

  it('judges validity at the time that it is told', async () => {
    const { report, exitCode } = await once(
      '--at',
      new Date(Date.now() + 40 * 86_400_000).toISOString(),
    );
    assert.deepEqual(gapIds(report), [
      'crl-expired:http://crl.lab.test/inter.crl',
      'crl-expired:http://crl.lab.test/root.crl',
      'ocsp-expired:http://ocsp.lab.test/root',
    ]);
    assert.equal(exitCode, 2);
  });

  it('names a root that a store lacks, with the severity of a store that mail depends on', async () => {
    await openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      'other.key',
      '-subj',
      '/CN=Another Root',
      '-out',
      'other.crt',
    );
    const store = join(lab.folder, 'other.crt');
    const { report } = await once('--trust-store', store);
    assert.deepEqual(gapIds(report), [`root-missing:r1@${store}`]);
    assert.equal(report.gaps[0]?.owner, 'server');
    assert.equal(report.gaps[0].severity, 'critical');
  });

  it('names a dead port once, with every check that it blocks', async () => {
    const { report, exitCode } = await once('--connect-to', 'ocsp.lab.test:80:127.0.0.1:1');
    assert.deepEqual(gapIds(report), ['connect-refused:ocsp.lab.test:80']);
    const [gap] = report.gaps;
    assert.equal(gap?.owner, 'network');
    assert.deepEqual(gap.checks, ['endpoint:ocsp.lab.test:80', 'ocsp:http://ocsp.lab.test/root']);
    assert.equal(check(report, 'endpoint:ocsp.lab.test:80').status, 'critical');
    const ocsp = check(report, 'ocsp:http://ocsp.lab.test/root');
    assert.equal(ocsp.status, 'blocked');
    assert.deepEqual(ocsp.blockedBy, [gap.id]);
    assert.equal(exitCode, 2);
  });

  it('asks only what it is told to', async () => {
    const { report, exitCode } = await once('--check', 'trust-store');
    assert.deepEqual([...new Set(report.checks.map(({ kind }) => kind))], ['trust-store']);
    assert.equal(exitCode, 0);
    const skipped = await once('--skip', 'trust-store', '--skip', 'clock');
    assert.ok(
      skipped.report.checks.every(({ kind }) => kind !== 'trust-store' && kind !== 'clock'),
    );
  });

  it('names a revoked authority from its CRL and its OCSP responder', async () => {
    // The responder reads its database anew for each request.
    await openssl('ca', '-config', 'ca.cnf', '-name', 'root_ca', '-revoke', 'inter.crt');
    await openssl('ca', '-config', 'ca.cnf', '-name', 'root_ca', '-gencrl', '-out', 'revoking.pem');
    await openssl('crl', '-in', 'revoking.pem', '-outform', 'DER', '-out', 'revoking.crl');
    await serving('root.crl', await readFile(join(lab.folder, 'revoking.crl')), async () => {
      const { report, exitCode } = await once();
      assert.ok(gapIds(report).includes('certificate-revoked:http://crl.lab.test/root.crl'));
      assert.equal(exitCode, 2);
    });
  });
});
