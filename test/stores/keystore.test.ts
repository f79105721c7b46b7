import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { openTrustStore } from '../../checks/stores/index.ts';
import { keystore } from '../../checks/stores/java.ts';
import type { TrustStore } from '../../checks/types.ts';
import { makeCa } from '../helpers/private-ca.ts';
import { lacking } from '../helpers/programs.ts';
import { lay, readEntries, readStore, temporaryFolder, verdictIn } from './read-store.ts';

const run = promisify(execFile);
const lacksKeytool = await lacking('keytool');
const lacksOpenssl = await lacking('openssl');

const r1 = makeCa({ name: 'O=Example, CN=Example Root R1', key: 'rsa' });
const r2 = makeCa({ name: 'O=Example, CN=Example Root R2' });
const twin = makeCa({ name: r1.name });
const chain = r2.issue({ name: 'CN=own server' });

const unreadableReason = async (store: TrustStore): Promise<string> => {
  const contents = await readStore(store);
  return 'unreadable' in contents ? contents.unreadable : assert.fail(JSON.stringify(contents));
};

const layRoots = async (t: TestContext): Promise<string> => {
  const folder = await temporaryFolder(t);
  await lay(folder, {
    'r1.pem': r1.pem,
    'twin.pem': twin.pem,
    'chain.pem': chain.pem + r2.pem,
    'chain.key': chain.keyPem,
    'roots.pem': r1.pem + twin.pem,
  });
  return folder;
};

interface Keytool {
  readonly type: string;
  readonly password?: string;
  readonly properties?: readonly string[];
}

/** A keystore with r1 and twin as trusted certificates, and a private key with its chain to r2. */
const makeKeystore = async (
  folder: string,
  { type, password = 'changeit', properties = [] }: Keytool,
): Promise<string> => {
  const path = join(folder, 'trust.store');
  const java = properties.flatMap((property) => [`-J-D${property}`]);
  const store = ['-keystore', path, '-storetype', type, '-storepass', password];
  const keytool = (...args: string[]) => run('keytool', [...java, ...args, ...store]);
  for (const name of ['r1', 'twin'])
    await keytool(
      ...['-importcert', '-noprompt', '-alias', `root ${name} ÄÖ`],
      ...['-file', join(folder, `${name}.pem`)],
    );
  const own = join(folder, 'own.p12');
  await run('openssl', [
    ...['pkcs12', '-export', '-name', 'own', '-passout', `pass:${password}`, '-out', own],
    ...['-in', join(folder, 'chain.pem'), '-inkey', join(folder, 'chain.key')],
  ]);
  await run('keytool', [
    ...java,
    ...['-importkeystore', '-noprompt', '-srckeystore', own, '-srcstoretype', 'PKCS12'],
    ...['-srcstorepass', password, '-destkeystore', path, '-deststoretype', type],
    ...['-deststorepass', password],
  ]);
  return path;
};

const property = 'keystore.pkcs12';

describe("a keystore that Java's keytool made", { skip: lacksKeytool || lacksOpenssl }, () => {
  const kinds: Readonly<Record<string, Keytool>> = {
    JKS: { type: 'JKS' },
    'JKS with a password of its own': { type: 'JKS', password: 'other-password' },
    JCEKS: { type: 'JCEKS' },
    'PKCS#12': { type: 'PKCS12' },
    'PKCS#12 as Java 8 wrote it': { type: 'PKCS12', properties: [`${property}.legacy`] },
    'PKCS#12 without encryption or MAC': {
      type: 'PKCS12',
      properties: [`${property}.certProtectionAlgorithm=NONE`, `${property}.macAlgorithm=NONE`],
    },
    'PKCS#12 with triple DES': {
      type: 'PKCS12',
      properties: [`${property}.certProtectionAlgorithm=PBEWithSHA1AndDESede`],
    },
    'PKCS#12 with a MAC of SHA-512': {
      type: 'PKCS12',
      properties: [
        `${property}.macAlgorithm=HmacPBESHA512`,
        `${property}.certProtectionAlgorithm=PBEWithHmacSHA512AndAES_128`,
      ],
    },
  };
  for (const [what, how] of Object.entries(kinds))
    it(`is read: ${what}`, async (t) => {
      const path = await makeKeystore(await layRoots(t), how);
      for (const store of [await openTrustStore(path), keystore({ name: path, path }, 'java')]) {
        assert.equal(store.kind, 'java');
        assert.equal(await verdictIn(store, r1.der), 'ok');
        assert.equal(await verdictIn(store, twin.der), 'ok');
        // The chain of a private key anchors nothing
        assert.equal(await verdictIn(store, r2.der), 'root-missing absent');
        const { entries, problems } = await readEntries(store);
        assert.equal(entries.length, 2);
        assert.equal(problems.length, what === 'JKS with a password of its own' ? 1 : 0);
      }
    });

  it('is unknown behind another password', async (t) => {
    const path = await makeKeystore(await layRoots(t), { type: 'PKCS12', password: 'secret-one' });
    assert.match(await unreadableReason(await openTrustStore(path)), /passwords/);
  });

  it('is unknown when it is cut short or ends late', async (t) => {
    for (const type of ['JKS', 'PKCS12']) {
      const path = await makeKeystore(await layRoots(t), { type });
      const bytes = await readFile(path);
      await writeFile(path, bytes.subarray(0, -400));
      await unreadableReason(await openTrustStore(path));
      await writeFile(path, Buffer.concat([bytes, Buffer.alloc(40)]));
      await unreadableReason(await openTrustStore(path));
    }
  });

  it('shows damage of a JKS whose password is known', async (t) => {
    const path = await makeKeystore(await layRoots(t), { type: 'JKS' });
    const bytes = await readFile(path);
    const at = bytes.length - 30; // in the last certificate
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    await writeFile(path, bytes);
    const { problems } = await readEntries(await openTrustStore(path));
    assert.equal(problems.length, 1);
  });
});

describe('a PKCS#12 file that openssl made', { skip: lacksOpenssl }, () => {
  const cases: Readonly<Record<string, readonly string[]>> = {
    'by default': [],
    'without encryption': ['-certpbe', 'NONE'],
    'without a MAC': ['-nomac'],
    'with an empty password': ['-passout', 'pass:'],
    'with triple DES': ['-certpbe', 'PBE-SHA1-3DES'],
    'with triple DES of two keys': ['-certpbe', 'PBE-SHA1-2DES'],
    'with AES-128': ['-certpbe', 'AES-128-CBC'],
    'with RC2 of 40 bits, as OpenSSL 1 did': ['-legacy', '-certpbe', 'PBE-SHA1-RC2-40'],
    'with RC2 of 128 bits': ['-legacy', '-certpbe', 'PBE-SHA1-RC2-128'],
    'with a MAC of SHA-1': ['-macalg', 'sha1'],
    'with a MAC of SHA-384': ['-macalg', 'sha384'],
  };
  const make = async (t: TestContext, options: readonly string[]): Promise<string> => {
    const folder = await layRoots(t);
    const path = join(folder, 'trust.p12');
    const password = options.includes('-passout') ? [] : ['-passout', 'pass:changeit'];
    await run('openssl', [
      ...['pkcs12', '-export', '-nokeys', '-in', join(folder, 'roots.pem'), '-out', path],
      ...options,
      ...password,
    ]);
    return path;
  };

  for (const [what, options] of Object.entries(cases))
    it(`is read: ${what}`, async (t) => {
      const path = await make(t, options);
      const store = await openTrustStore(path);
      assert.equal(await verdictIn(store, r1.der), 'ok');
      assert.equal(await verdictIn(store, twin.der), 'ok');
      // Without Oracle's mark Java itself takes none of them for trusted
      const java = keystore({ name: path, path }, 'java');
      assert.equal(await verdictIn(java, r1.der), 'root-missing absent');
      assert.equal((await readEntries(java)).problems.length, 2);
    });

  it('agrees with keytool that Java trusts nothing of it', { skip: lacksKeytool }, async (t) => {
    const path = await make(t, []);
    const { stdout } = await run('keytool', [
      ...['-list', '-keystore', path, '-storepass', 'changeit', '-J-Duser.language=en'],
    ]);
    assert.match(stdout, /contains 0 entries/);
  });
});

describe('a file of another kind', () => {
  for (const [what, content] of [
    ['text', 'no certificates here'],
    ['a SEQUENCE of something else', Buffer.from('30030101ff', 'hex')],
    ['the beginning of a JKS', Buffer.from('feedfeed0000000200000001', 'hex')],
    [
      'a JKS that promises four thousand million entries',
      Buffer.concat([Buffer.from('feedfeed00000002ffffffff', 'hex'), Buffer.alloc(40)]),
    ],
    ['a PKCS#12 of nothing', Buffer.from('3003020103', 'hex')],
  ] as const)
    it(`is unknown: ${what}`, async (t) => {
      const folder = await temporaryFolder(t);
      await lay(folder, { file: content });
      await unreadableReason(await openTrustStore(join(folder, 'file')));
    });

  it('may be one certificate in DER', async (t) => {
    const folder = await temporaryFolder(t);
    await lay(folder, { 'r1.cer': r1.der });
    assert.equal(await verdictIn(await openTrustStore(join(folder, 'r1.cer')), r1.der), 'ok');
  });
});

describe('a keystore with any one byte changed', { skip: lacksKeytool || lacksOpenssl }, () => {
  for (const [type, properties] of [
    ['JKS', []],
    ['PKCS12', [`${property}.certProtectionAlgorithm=NONE`, `${property}.macAlgorithm=NONE`]],
  ] as const)
    it(`is read or unknown, never a crash: ${type}`, async (t) => {
      const path = await makeKeystore(await layRoots(t), { type, properties });
      const bytes = await readFile(path);
      const outcomes = new Set<string>();
      for (let at = 0; at < bytes.length; at++) {
        const changed = Buffer.from(bytes);
        changed.writeUInt8(changed.readUInt8(at) ^ (at % 2 === 0 ? 0x80 : 0x01), at);
        await writeFile(path, changed);
        const contents = await readStore(keystore({ name: path, path }, 'any'));
        outcomes.add(contents.entries === undefined ? 'unreadable' : 'read');
      }
      assert.deepEqual([...outcomes].sort(), ['read', 'unreadable']);
    });
});

describe("this machine's own Java store", () => {
  it('holds what keytool lists', { skip: lacksKeytool }, async (t) => {
    const path = '/etc/ssl/certs/java/cacerts';
    const store = keystore({ name: path, path }, 'java');
    const contents = await readStore(store);
    if (contents.entries === undefined) {
      t.skip('no such store on this machine');
      return;
    }
    const { stdout } = await run('keytool', [
      ...['-list', '-keystore', path, '-storepass', 'changeit', '-J-Duser.language=en'],
    ]);
    assert.match(stdout, new RegExp(`contains ${contents.entries.length} entries`));
    assert.deepEqual(contents.problems, []);
  });
});
