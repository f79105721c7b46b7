import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { build } from 'esbuild';
import { fingerprint256 } from '../../checks/pki/certificate.ts';
import { discoverTrustStores, openTrustStore } from '../../checks/stores/index.ts';
import { subjectHash } from '../../checks/stores/subject-name.ts';
import { r1, r2, run, systemStoreOf } from './example-roots.ts';
import { lay, readStore, temporaryFolder, verdictIn } from './read-store.ts';
import type { TrustStore } from '../../checks/types.ts';

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
        const contents = await store.read(AbortSignal.timeout(60_000));
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
