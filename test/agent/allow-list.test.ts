/** `profile show --allow-list`: what it lists, what it says of names without addresses, and its formats. */

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it, suite } from 'node:test';
import { buildAllowList } from '../../agent/allow-list/build.ts';
import { allowListCsv } from '../../agent/allow-list/csv.ts';
import {
  type AllowList,
  type AllowListEntry,
  allowListSchema,
} from '../../agent/allow-list/schema.ts';
import { createNetwork } from '../../checks/net/network.ts';
import { fixedProxy, noProxy, systemProxy } from '../../checks/net/proxy.ts';
import type { Host, Profile, RootUpdateState, TrustStore } from '../../checks/types.ts';
import { fakeHost } from '../helpers/fake-host.ts';
import { runProgram } from '../helpers/program.ts';
import { type DnsServer, serveDns } from '../net/dns-server.ts';

const profile: Profile = {
  id: 'lab',
  title: 'The lab moves',
  replaces: [],
  notes: [],
  endpoints: [
    { host: 'CRL.lab.test', port: 80 },
    { host: 'other.lab.test', port: 443 },
  ],
  authorities: [
    { id: 'r1', name: 'R1', root: true, sha256: 'AA' },
    { id: 'ca', name: 'CA', root: false, issuer: 'r1', url: 'http://gone.lab.test/ca.crt' },
  ],
  crls: [
    { url: 'http://crl.lab.test/a.crl', issuer: 'r1' },
    { url: 'http://crl.lab.test/b.crl', issuer: 'ca' },
  ],
  ocsp: [
    { url: 'http://crl.lab.test/ocsp', issuer: 'r1', certificate: { authority: 'ca' } },
    { url: 'http://silent.lab.test', issuer: 'r1', certificate: { authority: 'ca' } },
  ],
};
const mailHost = { host: 'mx.lab.test', port: 25 };

let dns: DnsServer;
before(async () => {
  dns = await serveDns({
    'crl.lab.test': { a: ['192.0.2.1', '192.0.2.2'], aaaa: ['2001:db8::1'] },
    'other.lab.test': { a: ['0.0.0.0'] },
    'silent.lab.test': 'silent',
    'mx.lab.test': { a: ['192.0.2.25'] },
    'proxy.lab.test': { a: ['192.0.2.99'] },
  });
});
after(() => dns.close());

const hostWith = (proxy = noProxy): Host => {
  const host = fakeHost();
  const network = createNetwork({
    platform: 'linux',
    hostName: host.name,
    elapsed: () => performance.now(),
    now: () => host.now(),
    connectTimeoutMs: 1500,
    requestTimeoutMs: 1500,
    resolve: [],
    connectTo: [],
    proxy,
    dnsServers: [dns.name],
  });
  return { ...host, network };
};

const listFor = (host: Host, smtp = [mailHost]): Promise<AllowList> =>
  buildAllowList(profile, host, { smtp, signal: new AbortController().signal });

/** `HOST:PORT service purposes addresses-or-problem proxy` */
const rows = ({ entries }: AllowList): readonly string[] =>
  entries.map(({ name, port, service, purposes, addresses, problem, proxy = '-' }) =>
    [`${name}:${port}`, service, purposes.join('+'), problem?.code ?? addresses.join('+'), proxy]
      .map((part) => (part === '' ? '-' : part))
      .join(' '),
  );

suite('the allow-list', () => {
  it('has each place once, with all that it is needed for and where it is now', async () => {
    const list = await listFor(hostWith());
    assert.deepEqual(rows(list), [
      'CRL.lab.test:80 http endpoint+crl+ocsp 192.0.2.1+192.0.2.2+2001:db8::1 -',
      'other.lab.test:443 https endpoint dns-sinkhole -',
      'silent.lab.test:80 http ocsp dns-timeout -',
      'gone.lab.test:80 http aia dns-not-found -',
      'mx.lab.test:25 smtp smtp 192.0.2.25 -',
    ]);
    assert.deepEqual(list.entries[0]?.urls, [
      'http://crl.lab.test/a.crl',
      'http://crl.lab.test/b.crl',
      'http://crl.lab.test/ocsp',
    ]);
    assert.deepEqual(allowListSchema.safeParse(list).error?.issues ?? [], []);
  });

  it('behind a proxy: this host needs the proxy and its mail host, the proxy the rest', async () => {
    const list = await listFor(hostWith(fixedProxy('http://user:secret@proxy.lab.test:3128')));
    assert.deepEqual(rows(list), [
      'proxy.lab.test:3128 http-proxy proxy 192.0.2.99 -',
      'mx.lab.test:25 smtp smtp 192.0.2.25 -',
      'CRL.lab.test:80 http endpoint+crl+ocsp - proxy.lab.test:3128',
      'other.lab.test:443 https endpoint - proxy.lab.test:3128',
      'silent.lab.test:80 http ocsp - proxy.lab.test:3128',
      'gone.lab.test:80 http aia - proxy.lab.test:3128',
    ]);
    assert.ok(!JSON.stringify(list).includes('secret'));
  });

  it('behind a proxy that is not there, past which some go', async () => {
    const environment = {
      http_proxy: 'http://nowhere.lab.test:8080',
      no_proxy: 'silent.lab.test,gone.lab.test',
    };
    const list = await listFor(hostWith(systemProxy({ platform: 'linux', environment })), []);
    assert.deepEqual(rows(list), [
      'nowhere.lab.test:8080 http-proxy proxy dns-not-found -',
      'other.lab.test:443 https endpoint dns-sinkhole -',
      'silent.lab.test:80 http ocsp dns-timeout -',
      'gone.lab.test:80 http aia dns-not-found -',
      'CRL.lab.test:80 http endpoint+crl+ocsp - nowhere.lab.test:8080',
    ]);
  });
});

/** What Windows says of its automatic root update, and where it has to get to then. */
const updates: Readonly<Record<string, readonly [state: RootUpdateState, place: string[]]>> = {
  'on by default': [
    { url: 'http://ctldl.windowsupdate.com/x/authrootstl.cab', isRedirected: false },
    ['ctldl.windowsupdate.com:80'],
  ],
  'redirected to a web server': [
    { url: 'http://wsus.lab.test:8530/authrootstl.cab', isRedirected: true },
    ['wsus.lab.test:8530'],
  ],
  'redirected to a file server': [
    { url: '\\\\files\\roots/authrootstl.cab', isRedirected: true },
    [],
  ],
  'switched off': [{ url: 'http://a.test/x', isRedirected: false, disabledBy: 'HKLM\\KEY' }, []],
  unreadable: [{ unreadable: 'refused' }, []],
};

suite("Windows' automatic root update on the allow-list", () => {
  for (const [name, [state, places]] of Object.entries(updates))
    it(name, async () => {
      const store: TrustStore = {
        ...{ kind: 'windows', name: 'LocalMachine\\Root', path: 'HKLM', mail: 'verifies' },
        updates: { name: 'LocalMachine\\AuthRoot', read: () => Promise.resolve(state) },
        read: () => Promise.resolve({ absent: 'the test reads none' }),
      };
      const resolve = () => Promise.resolve({ addresses: ['192.0.2.1'], localAddresses: [] });
      const host: Host = { ...fakeHost({ trustStores: [store], resolve }), platform: 'win32' };
      const { entries, notes } = await listFor(host);
      const found = entries.filter(({ purposes }) => purposes.includes('root-update'));
      assert.deepEqual(
        found.map((entry) => `${entry.name}:${entry.port}`),
        places,
      );
      const usual = (await listFor({ ...host, platform: 'linux' })).notes;
      assert.equal(notes.length - usual.length, places.length === 0 ? 1 : 0);
    });
});

suite('the allow-list as CSV', () => {
  const entry: AllowListEntry = {
    name: 'a.test',
    port: 80,
    protocol: 'tcp',
    service: 'http',
    purposes: ['crl', 'aia'],
    urls: [],
    addresses: ['192.0.2.1', '2001:db8::1'],
  };
  const csv = (...entries: AllowListEntry[]): string[][] => {
    const text = allowListCsv({
      schemaVersion: 1,
      profile: { id: 'p', title: 'P' },
      resolvedAt: '2026-03-01T00:00:00.000Z',
      host: { name: 'mx.test', addresses: [] },
      entries,
      notes: [],
    });
    assert.ok(text.endsWith('\r\n'));
    const [header = '', ...lines] = text.trimEnd().split('\r\n');
    assert.equal(header, 'name,port,protocol,service,address,purposes,source,resolved_at,note');
    // The note is last, and the only field with a comma in it
    return lines.map((line) => line.split(',', 8));
  };

  it('has a row for each address', () => {
    const common = ['crl aia', 'mx.test', '2026-03-01T00:00:00.000Z'];
    assert.deepEqual(csv(entry), [
      ['a.test', '80', 'tcp', 'http', '192.0.2.1', ...common],
      ['a.test', '80', 'tcp', 'http', '2001:db8::1', ...common],
    ]);
  });

  it('has a row for a name without addresses', () => {
    const problem = { code: 'dns-not-found', summary: 'not there' };
    const [row] = csv({ ...entry, addresses: [], problem });
    assert.deepEqual(row?.slice(0, 5), ['a.test', '80', 'tcp', 'http', '']);
  });

  it('says whose way it is', () => {
    const [row] = csv({ ...entry, addresses: [], proxy: 'proxy.test:3128' });
    assert.deepEqual(row?.slice(4, 7), ['', 'crl aia', 'proxy.test:3128']);
  });

  for (const [name, shown] of [
    ['=1+1', "'=1+1"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@a', "'@a"],
    ['=a"b', `"'=a""b"`],
  ] as const)
    it(`gives a spreadsheet no formula: ${name}`, () => {
      assert.equal(csv({ ...entry, name })[0]?.[0], shown);
    });
});

suite('profile show --allow-list', () => {
  let folder = '';
  let path = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'certready-allow-list-'));
    path = join(folder, 'profile.yaml');
    await writeFile(
      path,
      `id: lab
title: The lab moves
endpoints: [crl.lab.test]
authorities: [{ id: r, name: R, root: true, sha256: ${'AB'.repeat(32)} }]`,
    );
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const show = (...more: readonly string[]): ReturnType<typeof runProgram> =>
    runProgram([
      ...['profile', 'show', path, '--allow-list', '--proxy', 'none'],
      ...['--resolve', 'crl.lab.test:80:192.0.2.1,2001:db8::1', ...more],
    ]);

  it('is text that keeps to the terminal', async () => {
    const { status, stdout } = await show();
    assert.equal(status, 0);
    for (const part of ['crl.lab.test', 'port 80', '192.0.2.1', '2001:db8::1'])
      assert.ok(stdout.includes(part), part);
    for (const line of stdout.split('\n')) assert.ok(line.length <= 80, line);
  });

  it('is JSON as its schema says', async () => {
    const { status, stdout } = await show('--format', 'json', '--smtp', '192.0.2.25');
    const list: unknown = JSON.parse(stdout);
    assert.equal(status, 0);
    assert.deepEqual(allowListSchema.parse(list), list);
    assert.deepEqual(rows(list as AllowList), [
      'crl.lab.test:80 http endpoint 192.0.2.1+2001:db8::1 -',
      '192.0.2.25:25 smtp smtp 192.0.2.25 -',
    ]);
  });

  it('is written to a file', async () => {
    const file = join(folder, 'allow.csv');
    const { status, stdout } = await show('-f', 'csv', '-o', file);
    assert.deepEqual([status, stdout], [0, '']);
    assert.equal((await readFile(file, 'utf8')).split('\r\n').length, 4);
  });

  it('takes mail hosts and proxy from the configuration, before the command or after', async () => {
    const config = join(folder, 'config.yaml');
    await writeFile(config, 'smtp: ["192.0.2.25"]\nproxy: "http://192.0.2.99:3128"\n');
    const words = ['profile', 'show', path, '--allow-list', '-f', 'json'];
    for (const argv of [
      ['-c', config, ...words],
      [...words, '-c', config],
    ]) {
      const { stdout } = await runProgram(argv);
      assert.deepEqual(rows(JSON.parse(stdout) as AllowList), [
        '192.0.2.99:3128 http-proxy proxy 192.0.2.99 -',
        '192.0.2.25:25 smtp smtp 192.0.2.25 -',
        'crl.lab.test:80 http endpoint - 192.0.2.99:3128',
      ]);
    }
  });
});
