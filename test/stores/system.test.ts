import assert from 'node:assert/strict';
import { copyFile, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { discoverTrustStores } from '../../checks/stores/index.ts';
import { type Identity } from '../helpers/private-ca.ts';
import { lacking } from '../helpers/programs.ts';
import { absentRoot, r1, r2, r3, rehash, run, systemStoreOf, twin } from './example-roots.ts';
import { judgeIn, lay, readEntries, readStore, temporaryFolder, verdictIn } from './read-store.ts';

const lacksOpenssl = await lacking('openssl');
const lacksUpdate = await lacking('openssl', 'update-ca-certificates');

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

  it('trusts no more than each of its parts does', async (t) => {
    for (const place of ['ca-certificates.crt', 'r1.pem']) {
      const root = await debian(t, conf.all);
      const plain = join(root, shareFolder, 'test/r1.crt');
      const options = ['x509', '-in', plain, '-trustout', '-addtrust', 'emailProtection'];
      const forMail = (await run('openssl', options)).stdout;
      const path = join(root, 'etc/ssl/certs', place);
      const content = await readFile(path, 'utf8');
      await rm(path); // it may be a link to the package's
      await writeFile(path, content.replace(r1.pem, forMail));
      const said = await verdictIn(await systemStoreOf(root), r1.der);
      assert.equal(said, 'root-not-for-server-auth', place);
    }
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

  it("know what Red Hat trusts for e-mail alone, by that purpose's bundle", async (t) => {
    const root = await temporaryFolder(t);
    await layRedHat(root, bundle(r2), '');
    const pem = 'etc/pki/ca-trust/extracted/pem';
    await lay(root, {
      [`${pem}/email-ca-bundle.pem`]: bundle(r1, r2),
      [`${pem}/objsign-ca-bundle.pem`]: bundle(r3),
    });
    const store = await systemStoreOf(root);
    assert.equal(await verdictIn(store, r2.der), 'ok');
    assert.deepEqual((await judgeIn(store, r1.der)).purposes, ['emailProtection']);
    assert.deepEqual((await judgeIn(store, r3.der)).purposes, ['codeSigning']);
    for (const { der } of [r1, r3])
      assert.equal(await verdictIn(store, der), 'root-not-for-server-auth');
  });

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
