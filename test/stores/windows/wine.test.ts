import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { oids } from '../../../checks/pki/oids.ts';
import { makeCa } from '../../helpers/private-ca.ts';
import { type Wine, lackingWine, startWine } from '../../helpers/wine.ts';
import { lay } from '../read-store.ts';
import { winHttpBlob } from '../../net/winhttp-blob.ts';
import { blobOf, fileTime, purposeList, thumbprint } from './blob-writer.ts';
import { disallowedList, makeListSigner, makeTrustList } from './trust-list-writer.ts';

// Wine verifies what it takes from the host, and now and then fails at an ECDSA signature
const present = makeCa({ name: 'O=Example, CN=Present', key: 'rsa' });
const authRoot = makeCa({ name: 'O=Example, CN=In AuthRoot' });
const disallowed = makeCa({ name: 'O=Example, CN=Disallowed', key: 'rsa' });
const intermediate = makeCa({ name: 'O=Example, CN=Among Intermediates' });
const mailOnly = makeCa({ name: 'O=Example, CN=Mail Only' });
const ended = makeCa({ name: 'O=Example, CN=Ended' });
const policy = makeCa({ name: 'O=Example, CN=By Policy' });
const misfiled = makeCa({ name: 'O=Example, CN=Under Another Thumbprint' });
const absent = makeCa({ name: 'O=Example, CN=Absent' });

const machine = 'HKLM\\SOFTWARE\\Microsoft\\SystemCertificates';
const policies = 'HKLM\\SOFTWARE\\Policies\\Microsoft\\SystemCertificates';

const verdicts = (roots: Readonly<Record<string, Uint8Array>>): string => `
  import { commandRunner } from './checks/stores/commands.ts';
  import { fingerprint256 } from './checks/pki/certificate.ts';
  import { indexStore, judgeRoot } from './checks/stores/root-in-store.ts';
  import { discoverTrustStores } from './checks/stores/index.ts';
  const [store] = await discoverTrustStores({ platform: process.platform, env: process.env });
  const started = performance.now();
  const contents = await store.read(AbortSignal.timeout(120_000));
  const ms = performance.now() - started;
  const roots = ${JSON.stringify(Object.fromEntries(Object.entries(roots).map(([name, der]) => [name, Buffer.from(der).toString('base64')])))};
  const index = contents.entries && indexStore(contents);
  const verdicts = {};
  for (const [name, base64] of Object.entries(roots)) {
    const der = Buffer.from(base64, 'base64');
    const judged = index && judgeRoot(index, { sha256: fingerprint256(der), der }, new Date('2025-06-03'));
    const fault = judged?.faults[0];
    verdicts[name] = judged ? (fault ? [fault.code, fault.evidence.reason].filter(Boolean).join(' ') : 'ok') : contents;
  }
  console.log(JSON.stringify({ name: store.name, kind: store.kind, ms, count: contents.entries?.length, verdicts }));
`;

interface Answer {
  readonly name: string;
  readonly kind: string;
  readonly ms: number;
  readonly count: number;
  readonly verdicts: Readonly<Record<string, string>>;
}

const updateKey = `${machine}\\AuthRoot\\AutoUpdate`;
const policyKey = `${policies}\\AuthRoot`;

/** What certready says of the automatic root update, with a network of its own. */
const updates = (root: Uint8Array): string => `
  import net from 'node:net';
  net.Socket.prototype.setKeepAlive = function () { return this; }; // Wine 8 lacks the socket option
  import { fingerprint256 } from './checks/pki/certificate.ts';
  import { createHost } from './agent/host.ts';
  import { createRun } from './agent/run/context.ts';
  import { rootUpdateCheck } from './checks/root-update.ts';
  import { trustStoreCheck } from './checks/trust-store.ts';
  const host = await createHost({
    env: process.env, platform: process.platform, connectTimeoutMs: 5000, requestTimeoutMs: 15000,
    resolve: [], connectTo: [], proxy: 'none', trustStores: 'auto',
  });
  const der = Buffer.from(${JSON.stringify(Buffer.from(root).toString('base64'))}, 'base64');
  const profile = {
    id: 'test', title: 'Test', replaces: [], notes: [], endpoints: [], crls: [], ocsp: [],
    authorities: [{ id: 'r1', name: 'R1', root: true, sha256: fingerprint256(der), der }],
  };
  const run = createRun(host, { smtp: [] });
  const judged = {};
  for (const check of [rootUpdateCheck, trustStoreCheck]) {
    const tasks = await check.discover(profile, run);
    const task = tasks.find(({ target }) => target.includes('LocalMachine'));
    const observation = await task.observe(AbortSignal.timeout(120_000));
    const { findings, unknown, blockedBy, evidence } = observation.judge(new Date('2025-06-03'));
    judged[check.kind] = {
      outcome: unknown ?? blockedBy?.join() ?? (findings.map(({ code }) => code).join() || 'ok'),
      evidence,
    };
  }
  console.log(JSON.stringify(judged));
`;

interface Judged {
  readonly outcome: string;
  readonly evidence: Readonly<Record<string, unknown>>;
}

/** What a host that is set up by WinHTTP has a firewall allow, and whether it reaches a host past DNS. */
const behindWinHttp = `
  import net from 'node:net';
  net.Socket.prototype.setKeepAlive = function () { return this; }; // Wine 8 lacks the socket option
  import { buildAllowList } from './agent/allow-list/build.ts';
  import { createHost } from './agent/host.ts';
  const host = await createHost({
    env: {}, platform: process.platform, connectTimeoutMs: 5000, requestTimeoutMs: 15000,
    resolve: [], connectTo: [], proxy: 'system', trustStores: 'auto',
  });
  const crl = { url: 'http://crl.outside.test/root.crl', issuer: 'r1' };
  const profile = {
    id: 'test', title: 'Test', replaces: [], notes: [], crls: [crl], ocsp: [], authorities: [],
    endpoints: [{ host: '192.0.2.7', port: 80 }],
  };
  const signal = AbortSignal.timeout(120_000);
  const { entries } = await buildAllowList(profile, host, { smtp: [], signal });
  const request = { url: crl.url, limit: 1000, open: () => ({ write: () => undefined }) };
  const { status, finding } = await host.network.fetch(request, signal);
  console.log(JSON.stringify({
    status: finding?.code ?? status,
    entries: entries.map(({ name, port, purposes, proxy }) =>
      [name + ':' + port, ...purposes, ...(proxy ? ['by ' + proxy] : [])].join(' ')),
  }));
`;

describe("Windows' own stores", { skip: await lackingWine() }, () => {
  let wine: Wine;
  let roots = '';
  const addBlob = (key: string, named: string, blob: Buffer): Promise<string> =>
    wine.windows(
      'reg',
      ...['add', `${key}\\Certificates\\${named}`, '/v', 'Blob', '/t', 'REG_BINARY'],
      ...['/d', blob.toString('hex'), '/f'],
    );
  const add = (key: string, der: Uint8Array, properties = {}): Promise<string> =>
    addBlob(key, thumbprint(der), blobOf(der, properties));
  before(async () => {
    roots = await mkdtemp(join(tmpdir(), 'certready-roots-'));
    const pems = [present, disallowed].map(({ pem }) => pem);
    await lay(roots, { 'ca-certificates.crt': pems.join('') });
    wine = await startWine(roots);
    await add(`${machine}\\AuthRoot`, authRoot.der);
    await add(`${machine}\\Disallowed`, disallowed.der);
    await add(`${machine}\\CA`, intermediate.der);
    await add(`${machine}\\AuthRoot`, mailOnly.der, {
      purposes: purposeList(oids.emailProtection),
    });
    await add(`${machine}\\AuthRoot`, ended.der, { disallowedSince: fileTime(new Date(0)) });
    await add(`${policies}\\Root`, policy.der);
    await addBlob(`${machine}\\AuthRoot`, '0'.repeat(40), blobOf(misfiled.der));
  });
  after(async () => {
    await wine.stop();
    await rm(roots, { recursive: true, force: true });
  });

  const parts = { present, authRoot, disallowed, intermediate, mailOnly, ended, policy };
  const all = { ...parts, misfiled, absent };
  const ders = Object.fromEntries(Object.entries(all).map(([name, { der }]) => [name, der]));
  const expected = {
    present: 'ok',
    authRoot: 'ok',
    disallowed: 'root-distrusted',
    intermediate: 'root-missing among-intermediates',
    mailOnly: 'root-not-for-server-auth',
    ended: 'root-distrusted',
    policy: 'ok',
    misfiled: 'root-missing absent',
    absent: 'root-missing absent',
  };

  for (const [how, koffi] of [
    ['crypt32', true],
    ['the registry', false],
  ] as const)
    it(`are read by ${how}`, async (t) => {
      const answer = JSON.parse(await wine.node(verdicts(ders), { koffi })) as Answer;
      // Wine 8 leaves out a certificate with a property that it does not know
      const left = koffi ? { ended: 'root-missing absent' } : {};
      assert.deepEqual(answer.verdicts, { ...expected, ...left });
      assert.deepEqual([answer.kind, answer.name], ['windows', 'LocalMachine\\Root']);
      t.diagnostic(`${answer.count} certificates in ${Math.round(answer.ms)} ms`);
    });

  describe('with the automatic root update', () => {
    const { anchor, signer } = makeListSigner();
    const list = makeTrustList({ subjects: [{ der: absent.der }], signer });
    const ask = async (der: Uint8Array): Promise<Readonly<Record<string, Judged>>> =>
      JSON.parse(await wine.node(updates(der))) as Record<string, Judged>;
    const set = (key: string, name: string, type: string, data: string): Promise<string> =>
      wine.windows('reg', 'add', key, '/v', name, '/t', type, '/d', data, '/f');

    const requests: string[] = [];
    const server = createServer((request, response) => {
      requests.push(request.url ?? '');
      response.end('MSCF and so on');
    });
    let base = '';
    before(async () => {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const address = server.address();
      base = `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`;
      await add(`${machine}\\AuthRoot`, anchor.der);
    });
    after(() => server.close());

    it('is unknown before a list was fetched', async () => {
      await set(updateKey, 'RootDirUrl', 'REG_SZ', base);
      const judged = await ask(absent.der);
      assert.match(judged['root-update']?.outcome ?? '', /not fetched the list/);
      assert.equal(judged['root-update']?.evidence['redirected'], true);
    });

    it('brings a root that is absent, from where it is redirected to', async () => {
      await set(updateKey, 'EncodedCtl', 'REG_BINARY', list.toString('hex'));
      const synced = fileTime(new Date('2025-06-01T00:00:00Z'));
      await set(updateKey, 'LastSyncTime', 'REG_BINARY', synced.toString('hex'));
      const judged = await ask(absent.der);
      assert.equal(judged['root-update']?.outcome, 'ok');
      assert.equal(judged['root-update'].evidence['onDemand'], 'fetched-on-use');
      assert.equal(judged['root-update'].evidence['lastSync'], '2025-06-01T00:00:00.000Z');
      assert.equal(judged['trust-store']?.outcome, 'ok');
      assert.ok(requests.includes('/authrootstl.cab'));
    });

    it('does not bring what is disallowed', async () => {
      const judged = await ask(disallowed.der);
      assert.equal(judged['trust-store']?.outcome, 'root-distrusted');
    });

    it('is stale after a month', async () => {
      const synced = fileTime(new Date('2025-05-01T00:00:00Z'));
      await set(updateKey, 'LastSyncTime', 'REG_BINARY', synced.toString('hex'));
      assert.equal((await ask(absent.der))['root-update']?.outcome, 'root-update-stale');
    });

    it('brings no root, and trusts none, that is on the list of disallowed ones', async () => {
      const disallowing = makeTrustList({
        subjects: [absent, authRoot].map(({ der }) => ({ der })),
        signer,
        usage: disallowedList,
      });
      await set(updateKey, 'DisallowedCertEncodedCtl', 'REG_BINARY', disallowing.toString('hex'));
      for (const { der } of [absent, authRoot])
        assert.equal((await ask(der))['trust-store']?.outcome, 'root-distrusted');
      await wine.windows('reg', 'delete', updateKey, '/v', 'DisallowedCertEncodedCtl', '/f');
    });

    it('brings nothing, and AuthRoot counts for nothing, where a policy trusts no third parties', async () => {
      const key = `${policies}\\Root\\ProtectedRoots`;
      await set(key, 'Flags', 'REG_DWORD', '8');
      const judged = await ask(absent.der);
      assert.equal(judged['root-update']?.outcome, 'root-update-disabled');
      assert.equal(judged['trust-store']?.outcome, 'root-missing');
      for (const koffi of [true, false]) {
        const read = await wine.node(verdicts({ authRoot: authRoot.der, policy: policy.der }), {
          koffi,
        });
        assert.deepEqual((JSON.parse(read) as Answer).verdicts, {
          authRoot: 'root-distrusted',
          policy: 'ok',
        });
      }
      await wine.windows('reg', 'delete', key, '/v', 'Flags', '/f');
    });

    it('brings nothing once a policy switches it off', async () => {
      await set(policyKey, 'DisableRootAutoUpdate', 'REG_DWORD', '1');
      const judged = await ask(absent.der);
      assert.equal(judged['root-update']?.outcome, 'root-update-disabled');
      assert.equal(judged['trust-store']?.outcome, 'root-missing');
      assert.equal((await ask(present.der))['root-update']?.outcome, 'ok');
    });
  });

  it("go out through WinHTTP's proxy, but past it where its list says so", async () => {
    const asked: string[] = [];
    const proxy = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.end('a CRL');
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const address = proxy.address();
    const place = `127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`;
    const key =
      'HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\\Connections';
    const setting = winHttpBlob(3, place, '<local>;192.0.2.*').toString('hex');
    try {
      await wine.windows(
        'reg',
        ...['add', key, '/v', 'WinHttpSettings', '/t', 'REG_BINARY', '/d', setting, '/f'],
      );
      await wine.windows(
        'reg',
        'add',
        updateKey,
        '/v',
        'RootDirUrl',
        '/d',
        'http://roots.outside.test',
        '/f',
      );
      await wine.windows(
        'reg',
        'add',
        policyKey,
        '/v',
        'DisableRootAutoUpdate',
        '/t',
        'REG_DWORD',
        '/d',
        '0',
        '/f',
      );
      assert.deepEqual(JSON.parse(await wine.node(behindWinHttp)), {
        status: 200,
        entries: [
          `${place} proxy`,
          '192.0.2.7:80 endpoint',
          `crl.outside.test:80 crl by ${place}`,
          `roots.outside.test:80 root-update by ${place}`,
        ],
      });
      assert.deepEqual(asked, ['http://crl.outside.test/root.crl']);
    } finally {
      proxy.close();
    }
  });
});
