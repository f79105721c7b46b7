/** What runs remember of each other: conditional requests, CRL numbers, STARTTLS. Real nginx, real openssl. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { utimesSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { ask } from '../../agent/ask.ts';
import { type RunMemory, openMemory } from '../../agent/memory/memory.ts';
import type { Report } from '../../agent/report/report.ts';
import { type AskOptions, loadSettings } from '../../agent/settings.ts';
import { parseConnectTo } from '../../checks/net/options.ts';
import { eventually } from '../helpers/eventually.ts';
import { type LoopbackLab, labTimeouts, startLoopbackLab } from '../helpers/loopback-lab.ts';
import { makeCa } from '../helpers/private-ca.ts';
import { findProgram } from '../helpers/programs.ts';
import { type SmtpServerOptions, startSmtpServer } from '../helpers/smtp-server.ts';

const skip =
  (await findProgram('nginx')) !== undefined && (await findProgram('openssl')) !== undefined
    ? false
    : 'needs nginx and openssl';

const crlUrl = 'http://crl.lab.test/inter.crl';
const hour = 3_600_000;

describe('the memory of earlier runs', { skip }, () => {
  let lab: LoopbackLab;
  let stateDir: string;
  let now: Date;
  before(async () => {
    lab = await startLoopbackLab({ cachedOcsp: true });
  });
  after(() => lab.stop());
  beforeEach(async (context) => {
    stateDir = await mkdtemp(join(tmpdir(), 'certready-memory-'));
    now = new Date();
    if ('after' in context) context.after(() => rm(stateDir, { recursive: true, force: true }));
  });

  const open = (): Promise<RunMemory> =>
    openMemory({ stateDir, platform: 'linux', now: () => now });
  const run = async (more: Partial<AskOptions> = {}): Promise<Report> => {
    const to = (host: string, port: number) => parseConnectTo(`${host}:80:127.0.0.1:${port}`);
    const settings = await loadSettings(
      {
        profile: [lab.profile],
        trustStore: [join(lab.folder, 'root.crt')],
        proxy: 'none',
        connectTimeout: 1000 * labTimeouts.connect,
        timeout: 1000 * labTimeouts.request,
        check: ['crl', 'aia', 'smtp'],
        connectTo: [
          to('crl.lab.test', lab.ports.web),
          to('secure.lab.test', lab.ports.web),
          to('ocsp.lab.test', lab.ports.ocsp),
        ],
        ...more,
      },
      { env: { CERTREADY_CONFIG: '/dev/null' }, platform: 'linux' },
    );
    const remembered = await open();
    const report = await ask(settings, { remembered, signal: new AbortController().signal });
    assert.equal(await remembered.close(report), undefined);
    return report;
  };
  /** The status of the answer to each check. */
  const statuses = ({ checks }: Report): Readonly<Record<string, string | undefined>> =>
    Object.fromEntries(
      checks.map(({ target, stages }) => [
        target,
        stages.find(({ name }) => name === 'request')?.detail?.slice(0, 3),
      ]),
    );
  const all = (status: string) => ({
    'http://secure.lab.test/inter.crt': status,
    'http://crl.lab.test/root.crl': status,
    'http://crl.lab.test/inter.crl': status,
  });
  const ids = ({ gaps }: Report): readonly string[] => gaps.map(({ id }) => id);

  it('asks again only whether anything has changed, and judges what it has at the present time', async () => {
    const first = await run();
    assert.deepEqual([first.verdict, statuses(first)], ['ready', all('200')]);
    const second = await run();
    assert.deepEqual([second.verdict, statuses(second)], ['ready', all('304')]);
    const evidence = (report: Report) =>
      report.checks.map(({ evidence: { address: _, ...rest } }) => rest);
    assert.deepEqual(evidence(second), evidence(first));
    const later = await run({ at: new Date(Date.now() + 400 * 24 * hour) });
    assert.ok(ids(later).includes(`crl-expired:${crlUrl}`));
    // What did not hold is fetched whole the next time
    assert.equal(statuses(await run())[crlUrl], '200');
    assert.equal(statuses(await run())[crlUrl], '304');
  });

  it('asks a cache of OCSP answers by GET whether it has a newer one, and the responder by POST', async () => {
    const ocsp = { check: ['ocsp'] } as const;
    const asked = async (): Promise<readonly string[]> => {
      const before = (await lab.ocspLog()).length;
      const report = await run(ocsp);
      assert.equal(report.verdict, 'ready');
      // nginx logs what it has answered
      await eventually('both requests', async () => (await lab.ocspLog()).length >= before + 2);
      return (await lab.ocspLog()).slice(before);
    };
    assert.deepEqual(await asked(), ['POST 200', 'GET 200']);
    assert.deepEqual(await asked(), ['POST 200', 'GET 304']);
    // The answer says that it ends after an hour: from then on nothing stands for it
    now = new Date(now.getTime() + hour + 1000);
    assert.deepEqual(await asked(), ['POST 200', 'GET 200']);
  });

  const served = (): string => join(lab.www, 'inter.crl');
  /** nginx tells files apart by size and second. */
  let published = Date.parse('2026-01-01T00:00:00Z') / 1000;
  const issue = (...more: readonly string[]): void => {
    const openssl = (...args: string[]) =>
      execFileSync('openssl', args, { cwd: lab.folder, stdio: 'ignore' });
    openssl('ca', '-config', 'ca.cnf', '-name', 'inter_ca', '-gencrl', ...more, '-out', 'new.pem');
    openssl('crl', '-in', 'new.pem', '-outform', 'DER', '-out', served());
    utimesSync(served(), published, (published += 1));
  };

  it('asks for the whole of a CRL whose nextUpdate has passed', async () => {
    issue('-crlhours', '1');
    try {
      await run();
      assert.deepEqual(statuses(await run()), all('304'));
      now = new Date(now.getTime() + hour + 1000);
      assert.deepEqual(statuses(await run()), { ...all('304'), [crlUrl]: '200' });
    } finally {
      issue();
    }
  });

  it('fetches all of it at least once a day, however often it runs', async () => {
    const start = now.getTime();
    const seen: (string | undefined)[] = [];
    for (const hours of [0, 11, 22, 24, 35, 46, 48]) {
      now = new Date(start + hours * hour);
      seen.push(statuses(await run())[crlUrl]);
    }
    assert.deepEqual(seen, ['200', '304', '304', '200', '304', '304', '200']);
  });

  const whole: readonly (readonly [why: string, change: () => Promise<void> | void])[] = [
    ['a day has passed', () => void (now = new Date(now.getTime() + 24 * hour))],
    ['the clock was put back', () => void (now = new Date(now.getTime() - hour))],
    [
      'what is kept is damaged',
      async () => {
        const cache = join(stateDir, 'cache');
        for (const name of await readdir(cache)) {
          const bytes = await readFile(join(cache, name));
          bytes[100] = (bytes[100] ?? 0) ^ 1;
          await writeFile(join(cache, name), bytes);
        }
      },
    ],
    ['what is kept is gone', () => rm(join(stateDir, 'cache'), { recursive: true })],
    ['the memory is torn', () => writeFile(join(stateDir, 'memory.json'), '{"format":"certr')],
  ];
  for (const [why, change] of whole)
    it(`fetches all of it where ${why}`, async () => {
      await run();
      assert.deepEqual(statuses(await run()), all('304'));
      await change();
      const report = await run();
      assert.deepEqual([report.verdict, statuses(report)], ['ready', all('200')]);
      now = new Date();
      assert.deepEqual((await run()).verdict, 'ready');
    });

  it('says that a memory was set aside', async () => {
    await writeFile(join(stateDir, 'memory.json'), '{}');
    assert.match((await open()).setAside ?? '', /memory\.json\.bad$/);
    assert.equal((await open()).setAside, undefined);
  });

  it('keeps nothing of URLs that no check asks about any more', async () => {
    await run();
    const kept = (await readdir(join(stateDir, 'cache'))).length;
    assert.equal(kept, 3);
    now = new Date(now.getTime() + 31 * 24 * hour);
    await run({ check: ['aia'] });
    assert.equal((await readdir(join(stateDir, 'cache'))).length, 1);
  });

  it('names an older CRL that is served again, until a newer one comes', async () => {
    const old = await readFile(served());
    try {
      assert.deepEqual(ids(await run()), []);
      issue();
      assert.deepEqual(ids(await run()), []);
      await writeFile(served(), old);
      utimesSync(served(), published, (published += 1));
      for (let look = 0; look < 2; look++) {
        const [gap] = (await run()).gaps;
        assert.equal(gap?.id, `crl-number-rollback:${crlUrl}`);
        assert.equal(gap.severity, 'critical');
        assert.equal(gap.owner, 'ca');
        const [found, expected] = ['crlNumber', 'expected'].map((key) => Number(gap.evidence[key]));
        assert.ok((found ?? NaN) < (expected ?? NaN));
      }
      issue();
      assert.deepEqual(ids(await run()), []);
    } finally {
      await writeFile(served(), old);
    }
  });

  it('names STARTTLS stripped only where an earlier run was offered it', async () => {
    const root = makeCa({ name: 'CN=Mail Root' });
    const host = root.issue({ name: 'CN=mx.lab.test' });
    const options: { ehlo?: readonly string[] } & SmtpServerOptions = {
      tls: { key: host.keyPem, cert: host.pem },
    };
    const server = await startSmtpServer(options);
    const target = `${server.host}:${server.port}`;
    const withoutOffer = ['250-mx.lab.test', '250 8BITMIME'];
    const mail = { check: ['smtp'], smtp: [server] } as const;
    const codes = async (): Promise<readonly string[]> =>
      ids(await run(mail)).filter((id) => id.startsWith('starttls'));
    try {
      options.ehlo = withoutOffer;
      assert.deepEqual(await codes(), [`starttls-missing:${target}`]);
      delete options.ehlo;
      assert.deepEqual(await codes(), []);
      options.ehlo = withoutOffer;
      assert.deepEqual(await codes(), [`starttls-stripped:${target}`]);
      assert.deepEqual(await codes(), [`starttls-stripped:${target}`]);
    } finally {
      await server.close();
    }
  });
});
