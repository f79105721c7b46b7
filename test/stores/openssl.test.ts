import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { fingerprint256 } from '../../checks/pki/certificate.ts';
import { discoverTrustStores, openTrustStore } from '../../checks/stores/index.ts';
import { subjectHash } from '../../checks/stores/subject-name.ts';
import type { TrustStore } from '../../checks/types.ts';
import { type Identity, makeCa } from '../helpers/private-ca.ts';
import { lacking } from '../helpers/programs.ts';
import { judgeIn, lay, readEntries, readStore, temporaryFolder, verdictIn } from './read-store.ts';

const run = promisify(execFile);
const lacksOpenssl = await lacking('openssl');
const lacksUpdate = await lacking('openssl', 'update-ca-certificates');

const r1 = makeCa({ name: 'C=BE, O=Example, CN=Example Root R1' });
const r2 = makeCa({ name: 'C=BE, O=Example, CN=Example Root R2' });
const twin = makeCa({ name: r1.name });
const r3 = makeCa({ name: 'C=BE, O=Example, CN=Example Root R3' });
const absentRoot = makeCa({ name: 'CN=Nowhere' });

const systemStoreOf = async (root: string): Promise<TrustStore> => {
  const [store] = await discoverTrustStores({ platform: 'linux', env: {}, root });
  return store ?? assert.fail('no store');
};

const rehash = (folder: string): Promise<unknown> => run('openssl', ['rehash', folder]);

describe('a PEM bundle', () => {
  const bundleOf = async (t: TestContext, content: string): Promise<TrustStore> => {
    const folder = await temporaryFolder(t);
    await lay(folder, { 'bundle.pem': content });
    return openTrustStore(join(folder, 'bundle.pem'));
  };

  it('is read with text between the certificates, and line ends of any kind', async (t) => {
    const text = `# R1\n${r1.pem.replace(/\n/g, '\r\n')}\nbetween\n${r2.pem}trailing`;
    const store = await bundleOf(t, text);
    assert.equal(await verdictIn(store, r1.der), 'ok');
    assert.equal(await verdictIn(store, r2.der), 'ok');
    assert.equal(await verdictIn(store, twin.der), 'root-lookalike');
    assert.equal(await verdictIn(store, absentRoot.der), 'root-missing absent');
  });

  it('holds what its keys and other blocks do not hide', async (t) => {
    const store = await bundleOf(t, `${r2.keyPem}${r1.pem}`);
    const { entries, problems } = await readEntries(store);
    assert.equal(entries.length, 1);
    assert.deepEqual(problems, []);
  });

  const broken: Readonly<Record<string, string>> = {
    'is not base64': '-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n',
    'is cut short': `-----BEGIN CERTIFICATE-----\n${Buffer.from(r2.der.subarray(0, 100)).toString('base64')}\n-----END CERTIFICATE-----\n`,
    'is not closed': '-----BEGIN CERTIFICATE-----\nMIIB\n',
    'is closed by another label': '-----BEGIN CERTIFICATE-----\nMIIB\n-----END X509 CRL-----\n',
    'is empty': '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n',
  };
  for (const [what, block] of Object.entries(broken))
    it(`loses only the entry that ${what}`, async (t) => {
      const store = await bundleOf(t, `${r1.pem}${block}${r2.pem}`);
      const { entries, problems } = await readEntries(store);
      assert.equal(entries.length, 2);
      assert.equal(problems.length, 1);
      assert.match(problems[0]?.origin ?? '', /bundle\.pem#2$/);
    });

  it('may be empty, and then holds no root', async (t) => {
    const store = await bundleOf(t, '');
    assert.equal(await verdictIn(store, r1.der), 'root-missing absent');
  });
});

describe('the trust settings of OpenSSL', () => {
  const cases: readonly (readonly [string, readonly string[], string])[] = [
    ['no settings', ['-trustout'], 'ok'],
    ['servers', ['-addtrust', 'serverAuth'], 'ok'],
    ['anything', ['-addtrust', 'anyExtendedKeyUsage'], 'ok'],
    ['e-mail only', ['-addtrust', 'emailProtection'], 'root-not-for-server-auth'],
    ['not for servers', ['-addreject', 'serverAuth'], 'root-not-for-server-auth'],
    ['not for e-mail', ['-addreject', 'emailProtection'], 'ok'],
    [
      'servers, and not for servers',
      ['-addtrust', 'serverAuth', '-addreject', 'serverAuth'],
      'root-not-for-server-auth',
    ],
    ['for nothing', ['-addreject', 'anyExtendedKeyUsage'], 'root-distrusted'],
    ['a name only', ['-setalias', 'Example R1'], 'ok'],
  ];
  for (const [what, settings, expected] of cases)
    it(`are read: ${what}`, { skip: lacksOpenssl }, async (t) => {
      const folder = await temporaryFolder(t);
      await lay(folder, { 'r1.pem': r1.pem });
      const trusted = join(folder, 'trusted.pem');
      await run('openssl', [
        'x509',
        '-in',
        join(folder, 'r1.pem'),
        '-trustout',
        ...settings,
        '-out',
        trusted,
      ]);
      assert.match(await readFile(trusted, 'latin1'), /BEGIN TRUSTED CERTIFICATE/);
      assert.equal(await verdictIn(await openTrustStore(trusted), r1.der), expected);
    });
});

describe('a folder of certificates', () => {
  it('counts as it is while it has no hash links', async (t) => {
    const folder = await temporaryFolder(t);
    await lay(folder, { 'r1.pem': r1.pem, 'r2.der': r2.der, 'notes.txt': twin.pem });
    const store = await openTrustStore(folder);
    assert.equal(await verdictIn(store, r1.der), 'ok');
    assert.equal(await verdictIn(store, r2.der), 'ok');
    assert.equal((await readEntries(store)).entries.length, 2);
  });

  it('shows OpenSSL only what its links lead to', { skip: lacksOpenssl }, async (t) => {
    const folder = await temporaryFolder(t);
    await lay(folder, { 'r1.pem': r1.pem, 'twin.pem': twin.pem });
    await rehash(folder);
    await lay(folder, { 'r2.pem': r2.pem });
    const store = await openTrustStore(folder);
    assert.equal(await verdictIn(store, r1.der), 'ok');
    assert.equal(await verdictIn(store, twin.der), 'ok');
    assert.equal(await verdictIn(store, r2.der), 'root-missing hash-link-missing');
  });

  it('hides what stands behind a hole in the numbers', { skip: lacksOpenssl }, async (t) => {
    const folder = await temporaryFolder(t);
    await lay(folder, { 'r1.pem': r1.pem, 'twin.pem': twin.pem });
    await rehash(folder);
    const hash = subjectHash(r1.der);
    await rename(join(folder, `${hash}.1`), join(folder, `${hash}.2`));
    const verdicts = [];
    for (const { der } of [r1, twin])
      verdicts.push(await verdictIn(await openTrustStore(folder), der));
    assert.deepEqual(verdicts.sort(), ['ok', 'root-missing hash-link-missing']);
  });

  it('does not find a certificate under a wrong name', async (t) => {
    const folder = await temporaryFolder(t);
    await lay(folder, { '00000000.0': r1.pem, [`${subjectHash(r2.der)}.0`]: r2.pem });
    const store = await openTrustStore(folder);
    assert.equal(await verdictIn(store, r1.der), 'root-missing hash-link-missing');
    assert.equal(await verdictIn(store, r2.der), 'ok');
  });

  it(
    'tells dangling links and broken files, and reads the others',
    { skip: lacksOpenssl },
    async (t) => {
      const folder = await temporaryFolder(t);
      await lay(folder, { 'r1.pem': r1.pem, 'r2.pem': r2.pem, 'bad.pem': 'no certificate' });
      await rehash(folder).catch(() => undefined);
      await rm(join(folder, 'r2.pem'));
      const store = await openTrustStore(folder);
      assert.equal(await verdictIn(store, r1.der), 'ok');
      assert.equal(await verdictIn(store, r2.der), 'root-missing absent');
      const { problems } = await readEntries(store);
      assert.deepEqual(problems.map(({ origin }) => origin).sort(), [
        join(folder, 'bad.pem'),
        join(folder, 'r2.pem'),
      ]);
    },
  );

  it('does not wait for a pipe', async (t) => {
    const folder = await temporaryFolder(t);
    await lay(folder, { 'r1.pem': r1.pem });
    await run('mkfifo', [join(folder, 'pipe.pem')]);
    const store = await openTrustStore(folder);
    assert.equal(await verdictIn(store, r1.der), 'ok');
    assert.equal((await readEntries(store)).problems.length, 1);
  });
});

const shareFolder = 'usr/share/ca-certificates';

/** A private Debian: update-ca-certificates run by options on a root of its own. */
const updateCertificates = (root: string, ...options: readonly string[]): Promise<unknown> =>
  run('update-ca-certificates', [
    ...['--certsconf', join(root, 'etc/ca-certificates.conf')],
    ...['--certsdir', join(root, shareFolder)],
    ...['--localcertsdir', join(root, 'usr/local/share/ca-certificates')],
    ...['--etccertsdir', join(root, 'etc/ssl/certs')],
    ...['--hooksdir', join(root, 'none')],
    ...options,
  ]);

const debian = async (t: TestContext, conf: string): Promise<string> => {
  const root = await temporaryFolder(t);
  await lay(root, {
    [`${shareFolder}/test/r1.crt`]: r1.pem,
    [`${shareFolder}/test/r2.crt`]: r2.pem,
    [`${shareFolder}/test/r3.crt`]: r3.pem,
    'etc/ca-certificates.conf': conf,
  });
  await mkdir(join(root, 'etc/ssl/certs'), { recursive: true });
  await mkdir(join(root, 'usr/local/share/ca-certificates'), { recursive: true });
  await updateCertificates(root);
  return root;
};

const rest = 'test/r2.crt\ntest/r3.crt\n';
const conf = { all: `test/r1.crt\n${rest}`, without: `!test/r1.crt\n${rest}`, deleted: rest };

describe("Debian's store", { skip: lacksUpdate }, () => {
  it('is one store, the folder with its bundle', async (t) => {
    const root = await debian(t, conf.all);
    const stores = await discoverTrustStores({ platform: 'linux', env: {}, root });
    const openssl = stores.filter(({ kind }) => kind === 'debian');
    assert.deepEqual(
      openssl.map(({ name, path }) => [name, path]),
      [['/etc/ssl/certs', join(root, 'etc/ssl/certs')]],
    );
    const store = await systemStoreOf(root);
    assert.equal(await verdictIn(store, r1.der), 'ok');
    assert.deepEqual((await readEntries(store)).problems, []);
    assert.equal((await readEntries(store)).entries.length, 3);
  });

  it('lacks a root that is deselected', async (t) => {
    const store = await systemStoreOf(await debian(t, conf.without));
    assert.equal(await verdictIn(store, r1.der), 'root-missing deselected');
    assert.equal(await verdictIn(store, r2.der), 'ok');
  });

  it('still has a root that is deselected while the tool has not run', async (t) => {
    const root = await debian(t, conf.all);
    await writeFile(join(root, 'etc/ca-certificates.conf'), conf.without);
    assert.equal(await verdictIn(await systemStoreOf(root), r1.der), 'ok');
    await updateCertificates(root);
    const store = await systemStoreOf(root);
    assert.equal(await verdictIn(store, r1.der), 'root-missing deselected');
  });

  it('keeps the link of a root whose line was deleted, until --fresh', async (t) => {
    const root = await debian(t, conf.all);
    await writeFile(join(root, 'etc/ca-certificates.conf'), conf.deleted);
    await updateCertificates(root);
    const store = await systemStoreOf(root);
    assert.equal(await verdictIn(store, r1.der), 'root-missing not-in-bundle');
    const { evidence } = await judgeIn(store, r1.der);
    assert.deepEqual(evidence['missingFrom'], [
      { part: 'bundle', path: join(root, 'etc/ssl/certs/ca-certificates.crt') },
    ]);
    await updateCertificates(root, '--fresh');
    const fresh = await systemStoreOf(root);
    assert.equal(await verdictIn(fresh, r1.der), 'root-missing deselected');
  });

  it('trusts a deselected root again that was added by hand', async (t) => {
    const root = await debian(t, conf.without);
    const local = join(root, 'usr/local/share/ca-certificates/r1.crt');
    await copyFile(join(root, shareFolder, 'test/r1.crt'), local);
    await updateCertificates(root);
    assert.equal(await verdictIn(await systemStoreOf(root), r1.der), 'ok');
    await rm(local);
    const dangling = await systemStoreOf(root);
    assert.equal(await verdictIn(dangling, r1.der), 'root-missing not-in-folder');
    assert.deepEqual(
      (await readEntries(dangling)).problems.map(({ origin }) => origin),
      [join(root, 'etc/ssl/certs/r1.pem')],
    );
  });

  it('lacks a root that was added by hand while the tool has not run', async (t) => {
    const root = await debian(t, conf.all);
    await lay(root, { 'usr/local/share/ca-certificates/own/new.crt': absentRoot.pem });
    const store = await systemStoreOf(root);
    assert.equal(await verdictIn(store, absentRoot.der), 'root-missing not-taken-over');
    await updateCertificates(root);
    assert.equal(await verdictIn(await systemStoreOf(root), absentRoot.der), 'ok');
  });

  it('lacks what only the folder has, where the bundle is gone', async (t) => {
    const root = await debian(t, conf.all);
    await rm(join(root, 'etc/ssl/certs/ca-certificates.crt'));
    const store = await systemStoreOf(root);
    assert.equal(await verdictIn(store, r1.der), 'root-missing not-in-bundle');
  });

  it('lacks what only the bundle has, where the links are gone', async (t) => {
    const root = await debian(t, conf.all);
    const folder = join(root, 'etc/ssl/certs');
    const bundle = await readFile(join(folder, 'ca-certificates.crt'));
    await rm(folder, { recursive: true });
    await lay(root, { 'etc/ssl/certs/ca-certificates.crt': bundle });
    assert.equal(await verdictIn(await systemStoreOf(root), r1.der), 'root-missing not-in-folder');
  });

  it('is absent where nothing is installed', async (t) => {
    const contents = await readStore(await systemStoreOf(await temporaryFolder(t)));
    assert.ok('absent' in contents);
  });
});

describe('other distributions', () => {
  const bundle = (...roots: readonly Identity[]): string => roots.map(({ pem }) => pem).join('');

  it("are recognised: Alpine's bundle alone", async (t) => {
    const root = await temporaryFolder(t);
    await lay(root, { 'etc/ssl/certs/ca-certificates.crt': bundle(r1, r2) });
    await symlink('certs/ca-certificates.crt', join(root, 'etc/ssl/cert.pem'));
    const store = await systemStoreOf(root);
    assert.equal(store.name, '/etc/ssl/certs');
    assert.equal(await verdictIn(store, r1.der), 'ok');
    assert.equal(await verdictIn(store, absentRoot.der), 'root-missing absent');
  });

  it('are told where two bundles differ', async (t) => {
    const root = await temporaryFolder(t);
    await lay(root, {
      'etc/ssl/certs/ca-certificates.crt': bundle(r1, r2),
      'etc/ssl/cert.pem': bundle(r2),
    });
    const store = await systemStoreOf(root);
    assert.equal(await verdictIn(store, r1.der), 'root-missing not-in-bundle');
    assert.equal(await verdictIn(store, r2.der), 'ok');
  });

  const layRedHat = async (root: string, tls: string, all: string): Promise<void> => {
    const extracted = 'etc/pki/ca-trust/extracted';
    await lay(root, {
      [`${extracted}/pem/tls-ca-bundle.pem`]: tls,
      [`${extracted}/openssl/ca-bundle.trust.crt`]: all,
      // a server's own certificate lies in the same folder and is no root
      'etc/pki/tls/certs/localhost.crt': absentRoot.pem,
    });
    const target = '../../ca-trust/extracted/pem/tls-ca-bundle.pem';
    await symlink(target, join(root, 'etc/pki/tls/certs/ca-bundle.crt'));
    await symlink('certs/ca-bundle.crt', join(root, 'etc/pki/tls/cert.pem'));
    await mkdir(join(root, 'etc/ssl'), { recursive: true });
    await symlink('../pki/tls/certs', join(root, 'etc/ssl/certs'));
  };

  it(
    "are recognised: Red Hat's, with the purposes of what it ships",
    { skip: lacksOpenssl },
    async (t) => {
      const root = await temporaryFolder(t);
      const work = await temporaryFolder(t);
      await lay(work, { 'r1.pem': r1.pem, 'twin.pem': twin.pem });
      const marked = async (name: string, ...settings: readonly string[]): Promise<string> =>
        (await run('openssl', ['x509', '-in', join(work, name), '-trustout', ...settings])).stdout;
      const forMail = await marked('r1.pem', '-addtrust', 'emailProtection');
      const blocked = await marked('twin.pem', '-addreject', 'anyExtendedKeyUsage');
      await layRedHat(root, bundle(r2), forMail + blocked);
      const store = await systemStoreOf(root);
      assert.deepEqual([store.kind, store.name], ['redhat', '/etc/pki/tls/certs']);
      assert.equal(await verdictIn(store, r2.der), 'ok');
      assert.equal(await verdictIn(store, r1.der), 'root-not-for-server-auth');
      assert.equal(await verdictIn(store, twin.der), 'root-distrusted');
      assert.equal(await verdictIn(store, absentRoot.der), 'root-missing absent');
    },
  );

  it("are recognised: SUSE's folder and bundle", { skip: lacksOpenssl }, async (t) => {
    const root = await temporaryFolder(t);
    const generated = join(root, 'var/lib/ca-certificates');
    await lay(generated, {
      'ca-bundle.pem': bundle(r1),
      'pem/r1.pem': r1.pem,
      'pem/r2.pem': r2.pem,
    });
    await rehash(join(generated, 'pem'));
    await mkdir(join(root, 'etc/ssl'), { recursive: true });
    await symlink('../../var/lib/ca-certificates/pem', join(root, 'etc/ssl/certs'));
    await symlink(
      '../../var/lib/ca-certificates/ca-bundle.pem',
      join(root, 'etc/ssl/ca-bundle.pem'),
    );
    const store = await systemStoreOf(root);
    assert.deepEqual([store.kind, store.name], ['suse', '/etc/ssl/certs']);
    assert.equal(await verdictIn(store, r1.der), 'ok');
    assert.equal(await verdictIn(store, r2.der), 'root-missing not-in-bundle');
  });
});

describe('SSL_CERT_FILE and SSL_CERT_DIR', () => {
  const named = async (root: string, env: Record<string, string>): Promise<readonly TrustStore[]> =>
    (await discoverTrustStores({ platform: 'linux', env, root })).filter(({ kind }) =>
      kind.startsWith('openssl-'),
    );

  it('name stores of their own', async (t) => {
    const root = await temporaryFolder(t);
    const [file, one, two] = ['own.pem', 'one', 'two'].map((name) => join(root, name));
    await lay(root, {
      'own.pem': r1.pem,
      [`one/${subjectHash(r2.der)}.0`]: r2.pem,
      'two/x.pem': r1.pem,
    });
    const stores = await named(root, {
      SSL_CERT_FILE: file ?? '',
      SSL_CERT_DIR: `${one ?? ''}::${two ?? ''}`,
    });
    assert.deepEqual(
      stores.map(({ name }) => name),
      [file, one, two],
    );
    const verdicts = await Promise.all(stores.map((store) => verdictIn(store, r1.der)));
    // OpenSSL reads a folder by hash links only
    assert.deepEqual(verdicts, ['ok', 'root-missing absent', 'root-missing hash-link-missing']);
  });

  it("may name the system's own, which stays one store", async (t) => {
    const root = await temporaryFolder(t);
    await lay(root, { 'etc/ssl/certs/ca-certificates.crt': r1.pem });
    const stores = await named(root, {
      SSL_CERT_FILE: join(root, 'etc/ssl/certs/ca-certificates.crt'),
      SSL_CERT_DIR: join(root, 'etc/ssl/certs'),
    });
    assert.deepEqual(stores, []);
  });

  it('may name what is not there', async (t) => {
    const root = await temporaryFolder(t);
    const [store] = await named(root, { SSL_CERT_FILE: join(root, 'gone.pem') });
    assert.ok(store && 'absent' in (await readStore(store)));
  });
});

describe('a store that is named by its path', () => {
  it('has to exist', async (t) => {
    const folder = await temporaryFolder(t);
    await assert.rejects(openTrustStore(join(folder, 'gone.pem')), /does not exist/);
  });

  it('has to be a file or a folder', async () => {
    await assert.rejects(openTrustStore('/dev/null'), /neither a file nor a folder/);
  });

  it('is called by its absolute path', async (t) => {
    const folder = await temporaryFolder(t);
    await lay(folder, { 'roots/r1.pem': r1.pem });
    const store = await openTrustStore(`${folder}/roots/`);
    assert.equal(store.name, join(folder, 'roots'));
  });
});

describe('limits', () => {
  it('end the reading of a file of 100 MB', async (t) => {
    const folder = await temporaryFolder(t);
    await lay(folder, { 'big.pem': r1.pem });
    await run('truncate', ['-s', '100M', join(folder, 'big.pem')]);
    const contents = await readStore(await openTrustStore(join(folder, 'big.pem')));
    assert.match('unreadable' in contents ? contents.unreadable : '', /104857600 bytes/);
  });

  it('end the reading of a folder of 100,000 files', async (t) => {
    const folder = await temporaryFolder(t);
    await run('sh', ['-c', 'seq -f "%06g.pem" 100000 | xargs touch'], { cwd: folder });
    const contents = await readStore(await openTrustStore(folder));
    assert.match('unreadable' in contents ? contents.unreadable : '', /more than 20000 files/);
  });

  it('end the reading of a bundle of more certificates than any store has', async (t) => {
    const folder = await temporaryFolder(t);
    const block = '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n';
    await lay(folder, { 'many.pem': block.repeat(20_001) });
    const contents = await readStore(await openTrustStore(join(folder, 'many.pem')));
    assert.match('unreadable' in contents ? contents.unreadable : '', /more than 20000/);
  });

  it('are not met by 100,000 openings of blocks that never close', async (t) => {
    const folder = await temporaryFolder(t);
    await lay(folder, { 'open.pem': '-----BEGIN X-----\n'.repeat(1_000_000) + r1.pem });
    const store = await openTrustStore(join(folder, 'open.pem'));
    assert.equal(await verdictIn(store, r1.der), 'ok');
  });
});

describe('permissions', () => {
  const isRoot = process.getuid?.() === 0;

  it('name the account that can read', { skip: isRoot ? false : 'needs root' }, async (t) => {
    const folder = await temporaryFolder(t);
    await lay(folder, { 'bundle.pem': r1.pem, 'folder/r1.pem': r1.pem, 'folder/r2.pem': r2.pem });
    await run('chmod', ['755', folder]);
    await run('chmod', ['600', join(folder, 'bundle.pem'), join(folder, 'folder/r1.pem')]);
    const code = join(await temporaryFolder(t), 'stores.mjs');
    await build({
      entryPoints: [new URL('../../checks/stores/index.ts', import.meta.url).pathname],
      ...{ bundle: true, platform: 'node', format: 'esm', outfile: code, logLevel: 'error' },
    });
    await run('chmod', ['755', dirname(code)]);
    const script = `
      import { openTrustStore } from ${JSON.stringify(code)};
      for (const path of ['bundle.pem', 'folder']) {
        const store = await openTrustStore(path);
        const contents = await store.read(AbortSignal.timeout(5000));
        console.log(JSON.stringify({ ...contents, entries: contents.entries?.length }));
      }`;
    const { stdout } = await run(
      'setpriv',
      [
        ...['--reuid=65534', '--regid=65534', '--clear-groups'],
        ...[process.execPath, '--input-type=module', '--eval', script],
      ],
      { cwd: folder, env: {} },
    );
    const [bundle, certificates] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.match(String(bundle?.['unreadable']), /run certready as root/);
    assert.equal(certificates?.['entries'], 1);
    assert.match(JSON.stringify(certificates['problems']), /"unreadable":true/);
  });
});

describe("this machine's own store", () => {
  const data = new URL('../../../shared/data/', import.meta.url);

  it('is read without a problem, every certificate in all its parts', async (t) => {
    const store = await systemStoreOf('/');
    const contents = await readStore(store);
    if (contents.entries === undefined) {
      t.skip('no store on this machine');
      return;
    }
    assert.ok(contents.entries.length > 50);
    assert.deepEqual(contents.problems, []);
    const partial = contents.entries.filter(({ missingFrom }) => missingFrom);
    assert.deepEqual(
      partial.map(({ origin }) => origin),
      [],
    );
  });

  it('differs between the bundles with R1 and without', async (t) => {
    const pem = await readFile(new URL('roots/globalsign-r1.pem', data), 'utf8').catch(
      () => undefined,
    );
    if (pem === undefined) {
      t.skip('needs the shared data');
      return;
    }
    const der = Buffer.from(pem.replace(/-----[^-]*-----|\s/g, ''), 'base64');
    assert.equal(
      fingerprint256(der),
      'EBD41040E4BB3EC742C9E381D31EF2A41A48B6685C96E7CEF3C1DF6CD4331C99',
    );
    for (const [file, expected] of [
      ['cacert-2025.01.31.pem', 'ok'],
      ['cacert-2025.04.26.pem', 'root-missing absent'],
    ] as const) {
      const store = await openTrustStore(new URL(`bundles/${file}`, data).pathname);
      assert.equal(await verdictIn(store, der), expected);
    }
  });
});
