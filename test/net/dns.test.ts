import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { isUnroutable, parseAddress } from '../../checks/net/address.ts';
import { serverName } from '../../checks/net/dns-query.ts';
import { type Resolution, resolveName } from '../../checks/net/dns.ts';
import { hasResolver, hostsFileNames } from '../../checks/net/system-lookup.ts';
import { eventually } from '../helpers/eventually.ts';
import { freePort } from '../helpers/free-port.ts';
import { findProgram, lacking } from '../helpers/programs.ts';
import { type DnsServer, serveDns } from './dns-server.ts';
import { steady } from './servers.ts';

/** For what never comes. */
const briefMs = 900;
const patientMs = 20_000;

const resolve = (
  name: string,
  servers: readonly string[],
  budgetMs = name.includes('silent') ? briefMs : patientMs,
): Promise<Resolution> =>
  resolveName(name, {
    platform: 'linux',
    servers,
    budgetMs,
    elapsed: () => performance.now(),
    signal: steady(),
  });

const shown = ({ addresses, finding }: Resolution): unknown =>
  finding ? `${finding.code}:${finding.target}` : addresses.map(({ address }) => address);

describe('a name', () => {
  let server: DnsServer;
  before(async () => {
    server = await serveDns({
      'both.test': { a: ['192.0.2.1', '192.0.2.2'], aaaa: ['2001:db8::1'] },
      'four.test': { a: ['192.0.2.1'] },
      'six.test': { aaaa: ['2001:db8::1'] },
      'nodata.test': 'nodata',
      'servfail.test': 'servfail',
      'refused.test': 'refused',
      'notimp.test': 'notimp',
      'silent.test': 'silent',
      'junk.test': 'junk',
      'half-silent.test': { a: ['192.0.2.1'], aaaa: 'silent' },
      'half-failed.test': { a: ['192.0.2.1'], aaaa: 'servfail' },
      'silent-six.test': { aaaa: 'silent' },
      'sink.test': { a: ['0.0.0.0'], aaaa: ['::'] },
      'loop.test': { a: ['127.0.0.1'] },
      'mapped.test': { aaaa: ['0:0:0:0:0:ffff:7f00:1'] },
      'half-sink.test': { a: ['0.0.0.0', '192.0.2.1'] },
      'private.test': { a: ['10.1.2.3'] },
      'app.localhost': { a: ['127.0.0.1'] },
    });
  });
  after(() => server.close());

  for (const [name, expected] of [
    ['both.test', ['192.0.2.1', '192.0.2.2', '2001:db8::1']],
    ['four.test', ['192.0.2.1']],
    ['six.test', ['2001:db8::1']],
    ['private.test', ['10.1.2.3']],
    ['app.localhost', ['127.0.0.1']],
    ['half-silent.test', ['192.0.2.1']],
    ['half-failed.test', ['192.0.2.1']],
    ['half-sink.test', ['192.0.2.1']],
    ['nx.test', 'dns-not-found:nx.test'],
    ['nodata.test', 'dns-not-found:nodata.test'],
    ['servfail.test', 'dns-failure:servfail.test'],
    ['refused.test', 'dns-failure:refused.test'],
    ['notimp.test', 'dns-failure:notimp.test'],
    ['silent.test', 'dns-timeout:silent.test'],
    ['silent-six.test', 'dns-timeout:silent-six.test'],
    ['junk.test', 'dns-failure:junk.test'],
    ['sink.test', 'dns-sinkhole:sink.test'],
    ['loop.test', 'dns-sinkhole:loop.test'],
    ['mapped.test', 'dns-sinkhole:mapped.test'],
  ] as const)
    it(`${name} is ${JSON.stringify(expected)}`, async () => {
      const started = performance.now();
      assert.deepEqual(shown(await resolve(name, [server.name])), expected);
      assert.ok(performance.now() - started < briefMs + 15_000);
    });

  it('carries the servers that were asked', async () => {
    const { finding } = await resolve('servfail.test', [server.name]);
    assert.deepEqual(finding?.evidence['resolvers'], [server.name]);
    assert.equal(finding.evidence['error'], 'SERVFAIL');
    assert.equal(finding.evidence['stage'], 'dns');
  });

  it('is asked again when nobody answered', async () => {
    const lossy = await serveDns({ 'four.test': { a: ['192.0.2.1'] } }, { drop: 2 });
    assert.deepEqual(shown(await resolve('four.test', [lossy.name], 4000)), ['192.0.2.1']);
    lossy.close();
  });

  it('is known when one of two servers is silent, or rejects, or refuses', async () => {
    const silent = await serveDns({ 'four.test': 'silent', 'nx.test': 'silent' });
    const refusing = await serveDns({ 'four.test': 'refused', 'nx.test': 'refused' });
    const rejecting = '127.0.0.1:9';
    for (const dead of [silent.name, refusing.name, rejecting])
      for (const servers of [
        [dead, server.name],
        [server.name, dead],
      ]) {
        assert.deepEqual(shown(await resolve('four.test', servers, 4000)), ['192.0.2.1']);
        assert.deepEqual(shown(await resolve('nx.test', servers, 4000)), 'dns-not-found:nx.test');
      }
    silent.close();
    refusing.close();
  });

  it('is dns-failure where port 53 is rejected, and where no server is left', async () => {
    assert.equal(shown(await resolve('four.test', ['127.0.0.1:9'])), 'dns-failure:four.test');
    const { finding } = await resolve('four.test', []);
    assert.equal(finding?.code, 'dns-failure');
    assert.deepEqual(finding.evidence['resolvers'], ['none']);
  });

  it('does not wait longer for twenty than for one', async () => {
    const started = performance.now();
    const names = Array.from({ length: 20 }, () => resolve('silent.test', [server.name]));
    for (const resolution of await Promise.all(names))
      assert.equal(resolution.finding?.code, 'dns-timeout');
    assert.ok(performance.now() - started < 10 * briefMs); // one after the other: twenty times
  });

  it('is given up when the run is aborted', async () => {
    const controller = new AbortController();
    const options = { platform: 'linux', servers: [server.name], budgetMs: 60_000 } as const;
    setTimeout(() => controller.abort(new Error('enough')), 50);
    const started = performance.now();
    await assert.rejects(
      resolveName('silent.test', {
        ...options,
        elapsed: () => performance.now(),
        signal: controller.signal,
      }),
      { message: 'enough' },
    );
    assert.ok(performance.now() - started < 30_000);
  });
});

describe('a name, with dnsmasq', { skip: await lacking('dnsmasq') }, () => {
  let folder: string;
  let server: string;
  let stop: () => Promise<void>;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'certready-dns-'));
    const port = await freePort();
    server = `127.0.0.1:${port}`;
    const chain = Array.from(
      { length: 8 },
      (_, index) => `cname=c${index}.lab.test,${index === 7 ? 'crl' : `c${index + 1}`}.lab.test`,
    );
    const config = [
      ...['no-resolv', 'no-hosts', 'keep-in-foreground', 'bind-interfaces', 'no-dhcp-interface=*'],
      ...['listen-address=127.0.0.1', `port=${port}`, 'user=root', `pid-file=${folder}/pid`],
      ...['local=/lab.test/', 'host-record=crl.lab.test,192.0.2.20,2001:db8::20'],
      ...['txt-record=text.lab.test,x', 'address=/blocked.test/', 'address=/sink.test/#'],
      ...chain,
    ];
    await writeFile(join(folder, 'conf'), config.join('\n'));
    const dnsmasq = spawn(
      (await findProgram('dnsmasq')) ?? 'dnsmasq',
      [`--conf-file=${folder}/conf`],
      { stdio: 'ignore' },
    );
    stop = () =>
      new Promise((resolved) => {
        dnsmasq.once('exit', () => resolved());
        dnsmasq.kill();
      });
    await eventually('an answer of dnsmasq', async () => {
      const { addresses } = await resolve('crl.lab.test', [server], briefMs);
      return addresses !== undefined;
    });
  });
  after(async () => {
    await stop();
    await rm(folder, { recursive: true });
  });

  for (const [name, expected] of [
    ['crl.lab.test', ['192.0.2.20', '2001:db8::20']],
    ['c0.lab.test', ['192.0.2.20', '2001:db8::20']],
    ['nx.lab.test', 'dns-not-found:nx.lab.test'],
    ['text.lab.test', 'dns-not-found:text.lab.test'],
    ['ads.blocked.test', 'dns-not-found:ads.blocked.test'],
    ['ads.sink.test', 'dns-sinkhole:ads.sink.test'],
    ['elsewhere.example', 'dns-failure:elsewhere.example'], // REFUSED
  ] as const)
    it(`${name} is ${JSON.stringify(expected)}`, async () =>
      assert.deepEqual(shown(await resolve(name, [server])), expected));
});

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

/** Resolves names in a process of its own, whose /etc files are other ones. */
const resolveInNamespace = async (
  {
    hosts = '127.0.0.1 localhost',
    resolvers,
    platform = 'linux',
    budgetMs = patientMs,
  }: { hosts?: string; resolvers: string; platform?: 'linux' | 'win32'; budgetMs?: number },
  ...names: readonly string[]
): Promise<{ answers: unknown; elapsedMs: number }> => {
  const folder = await mkdtemp(join(tmpdir(), 'certready-etc-'));
  await writeFile(join(folder, 'hosts'), `${hosts}\n`);
  await writeFile(join(folder, 'resolv.conf'), `${resolvers}\n`);
  const script = `
    import { resolveName } from './checks/net/dns.ts';
    const options = { platform: '${platform}', budgetMs: ${budgetMs}, elapsed: () => performance.now(), signal: new AbortController().signal };
    const all = await Promise.all(process.argv.slice(1).map((name) => resolveName(name, options)));
    console.log(JSON.stringify(all));`;
  const started = performance.now();
  const mount =
    'mount --bind "$0/hosts" /etc/hosts && mount --bind "$0/resolv.conf" /etc/resolv.conf && exec "$@"';
  const node = [process.execPath, '--import', 'tsx', '--input-type=module', '-e', script, ...names];
  const { stdout } = await run('unshare', ['--mount', 'sh', '-c', mount, folder, ...node], {
    cwd: root,
  });
  await rm(folder, { recursive: true });
  return { answers: JSON.parse(stdout), elapsedMs: performance.now() - started };
};

const skip = process.getuid?.() === 0 ? await lacking('unshare', 'mount') : 'needs root';

describe('a name, by the files of this system', { skip }, () => {
  it('is what the hosts file says, and nobody else is asked', async () => {
    const { answers } = await resolveInNamespace(
      {
        hosts:
          '127.0.0.1 localhost\n192.0.2.7 CRL.test alias # comment other.test\n127.0.0.1 forward.test\n0.0.0.0 blocked.test',
        resolvers: 'nameserver 127.0.0.99',
      },
      'crl.test',
      'forward.test',
      'blocked.test',
    );
    const [crl, forward, blocked] = answers as Resolution[];
    assert.deepEqual([crl?.source, crl && shown(crl)], ['hosts', ['192.0.2.7']]);
    assert.deepEqual(forward && shown(forward), ['127.0.0.1']);
    assert.deepEqual(blocked && shown(blocked), 'dns-sinkhole:blocked.test');
  });

  it('is dns-failure of `none` without a resolver', async () => {
    const { answers } = await resolveInNamespace({ resolvers: '# none' }, 'crl.test');
    const [{ finding } = {}] = answers as Resolution[];
    assert.equal(finding?.code, 'dns-failure');
    assert.deepEqual(finding.evidence['resolvers'], ['none']);
  });

  it('is asked of the system at once on Windows, whose answer wins', async () => {
    const { answers } = await resolveInNamespace(
      {
        hosts: '192.0.2.7 crl.test\n127.0.0.1 loop.test',
        resolvers: 'nameserver 127.0.0.99',
        platform: 'win32',
      },
      'crl.test',
      'loop.test',
      'other.test',
    );
    const [crl, loop, other] = answers as Resolution[];
    assert.deepEqual(crl && shown(crl), ['192.0.2.7']);
    assert.deepEqual(loop && shown(loop), 'dns-sinkhole:loop.test');
    assert.deepEqual(other && shown(other), 'dns-failure:other.test');
  });

  it('keeps no process from its exit when the resolver is silent', async () => {
    const { createSocket } = await import('node:dgram');
    const silent = createSocket('udp4');
    const bound = await new Promise<boolean>((resolved) => {
      silent.once('error', () => resolved(false));
      silent.bind(53, '127.0.0.98', () => resolved(true));
    });
    if (!bound) return; // somebody else has the port
    const names = Array.from({ length: 24 }, (_, index) => `n${index}.test`);
    const { answers, elapsedMs } = await resolveInNamespace(
      { resolvers: 'nameserver 127.0.0.98', budgetMs: briefMs },
      ...names,
    );
    silent.close();
    for (const { finding } of answers as Resolution[]) {
      assert.equal(finding?.code, 'dns-timeout');
      assert.deepEqual(finding.evidence['resolvers'], ['127.0.0.98:53']);
    }
    // getaddrinfo alone would hold it for ten seconds, four names at a time: for a minute
    assert.ok(elapsedMs < 30_000, `took ${Math.round(elapsedMs)} ms`);
  });
});

describe('texts', () => {
  it('of a hosts file', () => {
    const text =
      '127.0.0.1 localhost\r\n# 192.0.2.1 no.test\n192.0.2.2\tyes.test a.yes.test# b.test\n';
    for (const [name, expected] of [
      ['yes.test', true],
      ['YES.test', true],
      ['a.yes.test', true],
      ['es.test', false],
      ['no.test', false],
      ['b.test', false],
      ['192.0.2.2', false],
      ['localhost', true],
    ] as const)
      assert.equal(hostsFileNames(text, name), expected, name);
  });

  it('of DNS servers', () => {
    for (const [server, expected] of [
      ['192.0.2.1', '192.0.2.1:53'],
      ['192.0.2.1:5353', '192.0.2.1:5353'],
      ['2001:db8::1', '[2001:db8::1]:53'],
      ['[2001:db8::1]:5353', '[2001:db8::1]:5353'],
    ] as const)
      assert.equal(serverName(server), expected);
  });

  it('of resolver lists', async () => {
    assert.equal(await hasResolver([], 'linux'), false);
    assert.equal(await hasResolver(['192.0.2.1'], 'linux'), true);
    assert.equal(await hasResolver(['127.0.0.1'], 'win32'), false);
  });

  it('of addresses that no public host has', () => {
    for (const address of [
      '0.0.0.0',
      '0.1.2.3',
      '127.255.0.1',
      '169.254.1.1',
      '224.0.0.1',
      '255.255.255.255',
      '::',
      '::1',
      'fe80::1',
      'ff02::1',
      '100::1',
      '::ffff:127.0.0.1',
    ])
      assert.equal(isUnroutable(parseAddress(address) ?? assert.fail()), true, address);
    for (const address of [
      '10.0.0.1',
      '192.0.2.1',
      '1.1.1.1',
      '2001:db8::1',
      'fd00::1',
      '::ffff:192.0.2.1',
    ])
      assert.equal(isUnroutable(parseAddress(address) ?? assert.fail()), false, address);
  });
});
