import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { fingerprint256 } from '../../checks/pki/certificate.ts';
import { discoverTrustStores } from '../../checks/stores/index.ts';
import { javaStores } from '../../checks/stores/java-homes.ts';
import { makeCa } from '../helpers/private-ca.ts';
import { lacking } from '../helpers/programs.ts';
import { lay, readStore, temporaryFolder, verdictIn } from './read-store.ts';

const run = promisify(execFile);
const r1 = makeCa({ name: 'O=Example, CN=Example Root R1' });
const r2 = makeCa({ name: 'O=Example, CN=Example Root R2' });

const makeCacerts = async (t: TestContext, path: string, pem: string): Promise<void> => {
  const work = await temporaryFolder(t);
  await lay(work, { 'root.pem': pem });
  await mkdir(join(path, '..'), { recursive: true });
  await run('keytool', [
    ...['-importcert', '-noprompt', '-alias', 'root', '-file', join(work, 'root.pem')],
    ...['-keystore', path, '-storepass', 'changeit'],
  ]);
};

describe("Java's stores", { skip: await lacking('keytool') }, () => {
  it('are those of every runtime, and of JAVA_HOME', async (t) => {
    const root = await temporaryFolder(t);
    const [eleven, eight, own] = [
      'usr/lib/jvm/jdk-11/lib/security/cacerts',
      'opt/jdk8/jre/lib/security/cacerts',
      'srv/own/lib/security/cacerts',
    ].map((path) => join(root, path));
    for (const [path, pem] of [
      [eleven, r1.pem],
      [eight, r2.pem],
      [own, r1.pem],
    ] as const)
      await makeCacerts(t, path ?? '', pem);
    await symlink('jdk-11', join(root, 'usr/lib/jvm/default-java'));
    await mkdir(join(root, 'usr/lib/jvm/empty'));
    const stores = await javaStores({
      platform: 'linux',
      env: { JAVA_HOME: join(root, 'srv/own') },
      root,
    });
    assert.deepEqual(stores.map(({ name }) => name).sort(), [eight, own, eleven].sort());
    const verdicts = await Promise.all(stores.map((store) => verdictIn(store, r1.der)));
    assert.deepEqual(verdicts.sort(), ['ok', 'ok', 'root-missing absent']);
  });

  it('are one where runtimes share a file', async (t) => {
    const root = await temporaryFolder(t);
    const shared = join(root, 'etc/ssl/certs/java/cacerts');
    await makeCacerts(t, shared, r1.pem);
    for (const jdk of ['jdk-17', 'jdk-21']) {
      const security = join(root, 'usr/lib/jvm', jdk, 'lib/security');
      await mkdir(security, { recursive: true });
      await symlink(shared, join(security, 'cacerts'));
    }
    const stores = await javaStores({ platform: 'linux', env: {}, root });
    assert.deepEqual(
      stores.map(({ name }) => name),
      [shared],
    );
  });

  it('prefer jssecacerts, as Java does', async (t) => {
    const root = await temporaryFolder(t);
    const security = join(root, 'usr/lib/jvm/jdk/lib/security');
    await makeCacerts(t, join(security, 'cacerts'), r1.pem);
    await makeCacerts(t, join(security, 'jssecacerts'), r2.pem);
    const [store] = await javaStores({ platform: 'linux', env: {}, root });
    assert.equal(await verdictIn(store ?? assert.fail(), r1.der), 'root-missing absent');
  });

  it('lack what the runtime blocks by itself', async (t) => {
    const root = await temporaryFolder(t);
    const security = join(root, 'usr/lib/jvm/jdk/lib/security');
    await makeCacerts(t, join(security, 'cacerts'), r1.pem);
    await lay(security, { 'blocked.certs': `Algorithm=SHA-256\n${fingerprint256(r1.der)}\n` });
    const [store] = await javaStores({ platform: 'linux', env: {}, root });
    assert.equal(await verdictIn(store ?? assert.fail(), r1.der), 'root-distrusted');
  });
});

describe('a machine without Java', () => {
  it('has one absent store of it', async (t) => {
    const root = await temporaryFolder(t);
    const stores = await discoverTrustStores({ platform: 'linux', env: {}, root });
    const java = stores.filter(({ kind }) => kind === 'java');
    assert.equal(java.length, 1);
    for (const store of java) assert.ok('absent' in (await readStore(store)));
  });
});
