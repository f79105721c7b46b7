/** The commands that close a root store's gap, run for real by the tools that they name. */

import { execFile } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import assert from 'node:assert/strict';
import { type TestContext, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { openTrustStore } from '../../checks/stores/index.ts';
import { pemReaders } from '../../checks/stores/pem.ts';
import { javaStores } from '../../checks/stores/java-homes.ts';
import { opensslBundle, opensslFolder } from '../../checks/stores/openssl.ts';
import { pem } from '../helpers/der-writer.ts';
import { asMailServersLoad } from '../../checks/stores/refused-files.ts';
import type { TrustStore } from '../../checks/types.ts';
import { lacking } from '../helpers/programs.ts';
import { r1, r2, rehash, systemStoreOf, twin } from './example-roots.ts';
import { assertFixed, cannotMount, gapIn, privateSystem, runOn } from './fix-lab.ts';
import { lay, temporaryFolder } from './read-store.ts';

const run = promisify(execFile);

/** OpenSSL's TRUSTED CERTIFICATE of r1 with settings. */
const marked = async (t: TestContext, ...settings: readonly string[]): Promise<string> => {
  const folder = await temporaryFolder(t);
  await lay(folder, { 'r1.pem': r1.pem });
  const input = ['-in', join(folder, 'r1.pem'), '-trustout'];
  return (await run('openssl', ['x509', ...input, ...settings])).stdout;
};
const forMail = ['-addtrust', 'emailProtection'];
const rejected = ['-addreject', 'anyExtendedKeyUsage'];

describe('a bundle of its own', { skip: await lacking('openssl', 'awk') }, () => {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const cases: Readonly<
    Record<string, readonly [(t: TestContext) => Promise<string> | string, string]>
  > = {
    'without the root, its last line without an end': [
      () => r2.pem.trimEnd(),
      'root-missing absent',
    ],
    'with another root of its name': [() => twin.pem + r2.pem, 'root-lookalike'],
    'with the root for e-mail alone, between others and a key': [
      async (t) => r2.pem + key + (await marked(t, ...forMail)) + key + twin.pem,
      'root-not-for-server-auth',
    ],
    'with the root rejected': [
      async (t) => (await marked(t, ...rejected)) + r2.pem,
      'root-distrusted',
    ],
  };
  for (const [what, [content, gap]] of Object.entries(cases))
    it(what, async (t) => {
      const path = join(await temporaryFolder(t), "the gateway's roots.pem");
      await writeFile(path, await content(t));
      await chmod(path, 0o640);
      const others = (text: string): number => text.match(/^-----BEGIN/gm)?.length ?? 0;
      const before = others(await readFile(path, 'utf8'));
      await assertFixed(t, () => openTrustStore(path), gap);
      const isAdded = gap === 'root-missing absent' || gap === 'root-lookalike';
      assert.equal(others(await readFile(path, 'utf8')), before + (isAdded ? 1 : 0));
      assert.equal((await stat(path)).mode & 0o777, 0o640);
    });
});

describe(
  'a bundle that a mail server verifies with',
  { skip: await lacking('openssl', 'awk') },
  () => {
    const block = (body: string): string =>
      `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;
    const cases: Readonly<Record<string, string>> = {
      'with one that is not base64': `# own roots\n${r2.pem}${block('!!!!')}# R1\n${r1.pem}`,
      'with one that is cut short': `${r1.pem}${block(r2.pem.split('\n').slice(1, 4).join('\n'))}`,
      'with a key and a CRL that cannot be read':
        r2.pem + pem('X509 CRL', r1.der) + pem('RSA PRIVATE KEY', r1.der) + r1.pem,
      'with one that is not closed': `-----BEGIN CERTIFICATE-----\nMIIB\n${r1.pem}${r2.pem}`,
      'with one that is put together with the next': r2.pem + twin.pem.trimEnd() + r2.pem + r1.pem,
    };
    for (const [what, content] of Object.entries(cases))
      it(what, async (t) => {
        const path = join(await temporaryFolder(t), "the gateway's roots.pem");
        await writeFile(path, content);
        const open = (): TrustStore =>
          asMailServersLoad({
            ...opensslBundle({ name: path, path }, pemReaders.openssl),
            mail: 'verifies',
          });
        await assertFixed(t, open, 'root-missing file-refused');
        assert.equal(await gapIn(await openTrustStore(path)), undefined);
        const left = await readFile(path, 'utf8');
        assert.equal(left.includes(r2.pem), !what.includes('cut'));
        assert.equal(left.includes('# R1'), content.includes('# R1'));
      });
  },
);

describe('a folder of its own', { skip: await lacking('openssl', 'awk') }, () => {
  const cases: Readonly<
    Record<string, readonly [(folder: string, t: TestContext) => unknown, string]>
  > = {
    'that is empty': [() => undefined, 'root-missing absent'],
    'that lacks the hash link': [
      async (folder) => {
        await lay(folder, { 'r2.pem': r2.pem });
        await rehash(folder);
        await lay(folder, { 'r1.pem': r1.pem });
      },
      'root-missing hash-link-missing',
    ],
    'whose link leads nowhere': [
      async (folder) => {
        await lay(folder, { 'r1.pem': r1.pem });
        await rehash(folder);
        await rm(join(folder, 'r1.pem'));
      },
      'root-missing absent',
    ],
    'that rejects the root for servers': [
      async (folder, t) => {
        await lay(folder, { 'r1.pem': await marked(t, '-addreject', 'serverAuth') });
        await rehash(folder);
      },
      'root-not-for-server-auth',
    ],
  };
  for (const [what, [change, gap]] of Object.entries(cases))
    it(what, async (t) => {
      const path = join(await temporaryFolder(t), "the gateway's roots");
      await mkdir(path);
      await change(path, t);
      await assertFixed(t, () => opensslFolder({ name: path, path }), gap);
    });
});

describe('a Java keystore', { skip: await lacking('openssl', 'keytool') }, () => {
  const keystoreOf = async (home: string, type: string, pem: string): Promise<void> => {
    await lay(home, { 'add.pem': pem });
    await mkdir(join(home, 'lib/security'), { recursive: true });
    await run('keytool', [
      ...['-importcert', '-noprompt', '-alias', 'one', '-file', join(home, 'add.pem')],
      ...['-storetype', type, '-storepass', 'changeit'],
      ...['-keystore', join(home, 'lib/security/cacerts')],
    ]);
  };
  const open = (home: string) => async () => {
    const stores = await javaStores({ platform: 'linux', env: { JAVA_HOME: home }, root: home });
    return stores[0] ?? assert.fail('no store');
  };
  for (const type of ['JKS', 'PKCS12'])
    it(`without the root: ${type}`, async (t) => {
      const home = await temporaryFolder(t);
      await keystoreOf(home, type, r2.pem);
      await assertFixed(t, open(home), 'root-missing absent', { input: 'changeit\n' });
    });
  it('whose runtime blocks the root', async (t) => {
    const home = await temporaryFolder(t);
    await keystoreOf(home, 'JKS', r1.pem);
    const sha256 = createHash('sha256').update(r1.der).digest('hex');
    await lay(home, { 'lib/security/blocked.certs': `Algorithm=SHA-256\n${sha256}\n` });
    await assertFixed(t, open(home), 'root-distrusted');
  });
});

describe('an NSS database', { skip: await lacking('openssl', 'certutil') }, () => {
  const cases: Readonly<Record<string, string>> = {
    ',C,': 'root-not-for-server-auth',
    'p,p,p': 'root-distrusted',
    '': 'root-missing absent',
  };
  for (const [flags, gap] of Object.entries(cases))
    it(`with the flags ${JSON.stringify(flags)}`, async (t) => {
      const path = join(await temporaryFolder(t), 'db');
      await mkdir(path);
      await run('certutil', ['-N', '-d', `sql:${path}`, '--empty-password']);
      await lay(path, { 'r1.pem': r1.pem });
      const add = ['-A', '-d', `sql:${path}`, '-n', "The CA's Root #1", '-t', flags];
      if (flags !== '') await run('certutil', [...add, '-a', '-i', join(path, 'r1.pem')]);
      await assertFixed(t, () => openTrustStore(path), gap);
    });
});

const lacksDebian = await cannotMount('openssl', 'update-ca-certificates');

describe('the store of Debian', { skip: lacksDebian }, () => {
  const share = 'usr/share/ca-certificates';
  const local = 'usr/local/share/ca-certificates';
  const odd = 'lab/Root_1.2+3.crt';
  const conf = 'etc/ca-certificates.conf';
  const bundle = 'etc/ssl/certs/ca-certificates.crt';
  const install = async (
    t: TestContext,
    selection: string,
    files: Readonly<Record<string, string>> = {},
  ): Promise<string> => {
    const root = await privateSystem(t, {
      [`${share}/lab/r2.crt`]: r2.pem,
      [`${share}/${odd}`]: r1.pem,
      [conf]: `lab/r2.crt\n${selection}\n`,
      ...files,
    });
    await runOn(t, root, ['update-ca-certificates']);
    return root;
  };
  const without = { [`${share}/${odd}`]: r2.pem };
  const cases: Readonly<Record<string, readonly [(t: TestContext) => Promise<string>, string]>> = {
    'that does not have it': [(t) => install(t, '', without), 'root-missing absent'],
    'that has a look-alike of it': [
      (t) => install(t, '', { ...without, [`${local}/twin.crt`]: twin.pem }),
      'root-lookalike',
    ],
    'that deselects it by a !': [(t) => install(t, `!${odd}`), 'root-missing deselected'],
    'that never selected it': [(t) => install(t, '# nothing'), 'root-missing deselected'],
    'whose line was deleted': [
      async (t) => {
        const root = await install(t, odd);
        await lay(root, { [conf]: 'lab/r2.crt\n' });
        await runOn(t, root, ['update-ca-certificates']);
        return root;
      },
      'root-missing not-in-bundle',
    ],
    'whose local copy was removed while it is deselected': [
      async (t) => {
        const root = await install(t, `!${odd}`, { [`${local}/r1.crt`]: r1.pem });
        await rm(join(root, local, 'r1.crt'));
        return root;
      },
      'root-missing not-in-folder',
    ],
    'whose local copy was removed': [
      async (t) => {
        const root = await install(t, '', { ...without, [`${local}/r1.crt`]: r1.pem });
        await rm(join(root, local, 'r1.crt'));
        return root;
      },
      'root-missing not-in-folder',
    ],
    'whose tool has not run since it was added': [
      async (t) => {
        const root = await install(t, '', without);
        await lay(root, { [`${local}/r1.crt`]: r1.pem });
        return root;
      },
      'root-missing not-taken-over',
    ],
    'whose bundle was emptied': [
      async (t) => {
        const root = await install(t, odd);
        await writeFile(join(root, bundle), '');
        return root;
      },
      'root-missing not-in-bundle',
    ],
    'that lost its hash links': [
      async (t) => {
        const root = await install(t, odd);
        await runOn(t, root, ['find /etc/ssl/certs -name "*.[0-9]" -delete']);
        return root;
      },
      'root-missing hash-link-missing',
    ],
    'that has it for e-mail alone': [
      async (t) => install(t, '', { ...without, [`${local}/r1.crt`]: await marked(t, ...forMail) }),
      'root-not-for-server-auth',
    ],
    'that has it rejected': [
      async (t) =>
        install(t, '', { ...without, [`${local}/r1.crt`]: await marked(t, ...rejected) }),
      'root-distrusted',
    ],
  };
  for (const [what, [make, gap]] of Object.entries(cases))
    it(what, async (t) => {
      const root = await make(t);
      await assertFixed(t, () => systemStoreOf(root), gap, { root });
    });
  it('takes out a local certificate that cannot be read', async (t) => {
    const files = { [`${local}/broken.crt`]: '-----BEGIN CERTIFICATE-----\nMIIB\n' };
    const root = await install(t, odd, files);
    const open = async (): Promise<TrustStore> =>
      asMailServersLoad({ ...(await systemStoreOf(root)), mail: 'verifies' });
    await assertFixed(t, open, 'root-missing file-refused', { root });
  });
  it('selects it once', async (t) => {
    const root = await install(t, `!${odd}`);
    await assertFixed(t, () => systemStoreOf(root), 'root-missing deselected', { root });
    const lines = (await readFile(join(root, conf), 'utf8')).split('\n');
    assert.deepEqual(
      lines.filter((line) => line.endsWith(odd)),
      [odd],
    );
  });
});
