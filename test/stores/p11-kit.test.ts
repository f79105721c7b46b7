import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { discoverTrustStores } from '../../checks/stores/index.ts';
import { p11KitStore } from '../../checks/stores/p11-kit.ts';
import { issuerAndSerialOf } from '../../checks/stores/subject-name.ts';
import type { TrustStore } from '../../checks/types.ts';
import { makeCa } from '../helpers/private-ca.ts';
import { lacking } from '../helpers/programs.ts';
import { lay, readEntries, temporaryFolder, verdictIn } from './read-store.ts';

const run = promisify(execFile);
const lacksOpenssl = await lacking('openssl');

const r1 = makeCa({ name: 'O=Example, CN=Example Root R1', key: 'rsa' });
const r2 = makeCa({ name: 'O=Example, CN=Example Root R2' });
const r3 = makeCa({ name: 'O=Example, CN=Example Root R3' });

const own = 'etc/pki/ca-trust/source';
const shipped = 'usr/share/pki/ca-trust-source';

const storeIn = (root: string): Promise<TrustStore> => p11KitStore(root);

const trusted = async (t: TestContext, pem: string, ...settings: string[]): Promise<string> => {
  const folder = await temporaryFolder(t);
  await lay(folder, { 'root.pem': pem });
  const input = ['-in', join(folder, 'root.pem'), '-trustout'];
  return (await run('openssl', ['x509', ...input, ...settings])).stdout;
};

describe("p11-kit's folders", () => {
  it('trust anchors, and distrust what is blocked wherever it is trusted', async (t) => {
    for (const blocklist of ['blocklist', 'blacklist']) {
      const root = await temporaryFolder(t);
      await lay(root, {
        [`${own}/anchors/r1.pem`]: r1.pem,
        [`${shipped}/anchors/r2.der`]: r2.der,
        [`${own}/${blocklist}/r2.crt`]: r2.pem,
        [`${own}/README`]: 'how to use this folder',
        [`${own}/r3.pem`]: r3.pem, // carried, not trusted
      });
      const store = await storeIn(root);
      assert.deepEqual([store.kind, store.name], ['p11-kit', '/etc/pki/ca-trust/source']);
      assert.equal(await verdictIn(store, r1.der), 'ok');
      assert.equal(await verdictIn(store, r2.der), 'root-distrusted');
      assert.equal(await verdictIn(store, r3.der), 'root-missing absent');
    }
  });

  it('read purposes from trusted certificates', { skip: lacksOpenssl }, async (t) => {
    const root = await temporaryFolder(t);
    await lay(root, {
      [`${own}/anchors/r1.pem`]: await trusted(t, r1.pem, '-addtrust', 'emailProtection'),
      [`${own}/r2.pem`]: await trusted(t, r2.pem, '-addtrust', 'serverAuth'),
      [`${own}/anchors/r3.pem`]: await trusted(t, r3.pem, '-addreject', 'anyExtendedKeyUsage'),
    });
    const store = await storeIn(root);
    assert.equal(await verdictIn(store, r1.der), 'root-not-for-server-auth');
    assert.equal(await verdictIn(store, r2.der), 'ok');
    assert.equal(await verdictIn(store, r3.der), 'root-distrusted');
  });

  it('explain why the extracted bundle lacks a root', async (t) => {
    const root = await temporaryFolder(t);
    await lay(root, {
      'etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem': r1.pem,
      [`${own}/blocklist/r2.pem`]: r2.pem,
      [`${own}/anchors/r3.pem`]: r3.pem,
    });
    const [store] = await discoverTrustStores({ platform: 'linux', env: {}, root });
    assert.ok(store);
    assert.equal(await verdictIn(store, r1.der), 'ok');
    assert.equal(await verdictIn(store, r2.der), 'root-distrusted');
    assert.equal(await verdictIn(store, r3.der), 'root-missing not-taken-over');
  });
});

const lacksTrust = (await lacking('trust', 'unshare', 'openssl')) || process.getuid?.() !== 0;

/** Runs p11-kit's own `trust` on the folders of a private root, in a mount namespace of its own. */
const trustCommand = async (root: string, ...args: readonly string[]): Promise<string> => {
  const modules = '/usr/share/p11-kit/modules';
  const module = await readFile(join(modules, 'p11-kit-trust.module'), 'utf8');
  const paths = `x-init-reserved: paths='${join(root, shipped)}:${join(root, own)}'`;
  const configured = module.replace(/^x-init-reserved:.*$/m, paths);
  await lay(root, { 'modules/p11-kit-trust.module': configured });
  const script = `mount --bind "$1" ${modules} && shift && trust "$@"`;
  const command = ['-m', 'sh', '-c', script, 'sh', join(root, 'modules'), ...args];
  return (await run('unshare', command, { maxBuffer: 1 << 26 })).stdout;
};

describe(
  "p11-kit's own trust command",
  { skip: lacksTrust && 'needs trust, unshare and root' },
  () => {
    /** Asks both of r1, r2 and r3, and gives what they agree on. */
    const agreed = async (root: string): Promise<readonly string[]> => {
      await mkdir(join(root, shipped), { recursive: true });
      const out = join(root, 'servers.pem');
      await trustCommand(
        ...([root, 'extract', '--format=pem-bundle', '--filter=ca-anchors'] as const),
        ...['--purpose=server-auth', out],
      );
      const bundle = await readFile(out, 'utf8');
      const store = await storeIn(root);
      const verdicts: string[] = [];
      for (const { der } of [r1, r2, r3]) {
        const compact = (text: string): string => text.replace(/\s/g, '');
        const extracted = compact(bundle).includes(compact(Buffer.from(der).toString('base64')));
        const verdict = await verdictIn(store, der);
        assert.equal(verdict === 'ok', extracted, verdict);
        verdicts.push(verdict);
      }
      return verdicts;
    };

    it('agrees on what is trusted for servers', async (t) => {
      const root = await temporaryFolder(t);
      await lay(root, {
        [`${own}/anchors/r1.pem`]: await trusted(t, r1.pem, '-addtrust', 'emailProtection'),
        [`${own}/anchors/r2.pem`]: r2.pem,
        [`${own}/anchors/r3.pem`]: r3.pem,
        [`${own}/blocklist/r3.pem`]: r3.pem,
      });
      assert.deepEqual(await agreed(root), ['root-not-for-server-auth', 'ok', 'root-distrusted']);
    });

    it('agrees on what others of their keys and names distrust', async (t) => {
      const root = await temporaryFolder(t);
      const sameKey = makeCa({ name: 'CN=Another name', key: r1 });
      const escaped = (bytes: Uint8Array): string =>
        `"${Buffer.from(bytes).toString('hex').replace(/../g, '%$&')}"`;
      const [issuer, serial] = issuerAndSerialOf(r2.der);
      await lay(root, {
        ...Object.fromEntries([r1, r2, r3].map(({ pem }, n) => [`${own}/anchors/${n}.pem`, pem])),
        [`${own}/blocklist/same-key.pem`]: sameKey.pem,
        [`${own}/named.p11-kit`]: [
          '[p11-kit-object-v1]',
          'class: certificate',
          'certificate-type: x-509',
          'x-distrusted: true',
          `issuer: ${escaped(issuer)}`,
          `serial-number: ${escaped(serial)}`,
          '',
        ].join('\n'),
      });
      assert.deepEqual(await agreed(root), ['root-distrusted', 'root-distrusted', 'ok']);
    });

    it('agrees on certificates that are put together without a line end', async (t) => {
      const root = await temporaryFolder(t);
      await lay(root, {
        [`${own}/anchors/joined.pem`]: `x ${r1.pem.trimEnd()}${r2.pem.trimEnd()} R2\n`,
        [`${own}/anchors/blank.pem`]: r3.pem.replace('-----END', '\n-----END'),
      });
      assert.deepEqual(await agreed(root), ['ok', 'ok', 'root-missing absent']);
    });

    it('writes what is read again as it was', async (t) => {
      const root = await temporaryFolder(t);
      await mkdir(join(root, shipped), { recursive: true });
      await lay(root, {
        [`${own}/anchors/r1.pem`]: await trusted(t, r1.pem, '-addtrust', 'emailProtection'),
        [`${own}/anchors/r2.pem`]: await trusted(t, r2.pem, '-addreject', 'serverAuth'),
        [`${own}/blocklist/r3.pem`]: r3.pem,
      });
      const again = await temporaryFolder(t);
      await lay(again, { [`${shipped}/all.p11-kit`]: await trustCommand(root, 'dump') });
      const store = await storeIn(again);
      assert.equal(await verdictIn(store, r1.der), 'root-not-for-server-auth');
      // Rejected for one thing and trusted for nothing: p11-kit distrusts it for all
      for (const each of [store, await storeIn(root)])
        assert.equal(await verdictIn(each, r2.der), 'root-distrusted');
      assert.equal(await verdictIn(store, r3.der), 'root-distrusted');
      assert.deepEqual((await readEntries(store)).problems, []);
    });

    it("writes the whole of this machine's store so that it is read", async (t) => {
      const bundle = await readFile('/etc/ssl/certs/ca-certificates.crt').catch(() => undefined);
      if (bundle === undefined) {
        t.skip('no bundle on this machine');
        return;
      }
      const root = await temporaryFolder(t);
      await mkdir(join(root, shipped), { recursive: true });
      await lay(root, { [`${own}/anchors/all.pem`]: bundle });
      const again = await temporaryFolder(t);
      const dump = await trustCommand(root, 'dump', '--filter=ca-anchors');
      await lay(again, { [`${shipped}/all.p11-kit`]: dump });
      const [first, second] = await Promise.all(
        [root, again].map(async (at) => readEntries(await storeIn(at))),
      );
      assert.equal(first?.entries.length, second?.entries.length);
      const [some] = first?.entries ?? [];
      assert.equal(await verdictIn(await storeIn(again), some?.der ?? r1.der), 'ok');
    });
  },
);
