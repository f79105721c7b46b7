import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { certificateFault } from '../../checks/stores/certificate-form.ts';
import { openTrustStore } from '../../checks/stores/index.ts';
import { keystore } from '../../checks/stores/java.ts';
import { p11KitStore } from '../../checks/stores/p11-kit.ts';
import type { TrustStore } from '../../checks/types.ts';
import { pem } from '../helpers/der-writer.ts';
import { makeCa } from '../helpers/private-ca.ts';
import { lacking } from '../helpers/programs.ts';
import { r1, r2, r3, rehash, run } from './example-roots.ts';
import { changedBehind, commonName, lengthOfTbs, rsa, rsaKey } from './damaged-roots.ts';
import { lay, readEntries, temporaryFolder, verdictIn } from './read-store.ts';

describe('a damaged certificate', () => {
  const kinds: Readonly<Record<string, readonly [der: Uint8Array, refusedBy: readonly string[]]>> =
    {
      'of another length': [lengthOfTbs, ['openssl', 'gnutls']],
      'that ends early': [r2.der.subarray(0, -1), ['openssl', 'gnutls']],
      'with something behind it': [Buffer.concat([r2.der, Buffer.of(0)]), ['gnutls']],
      'that is another structure': [Buffer.of(0x30, 3, 2, 1, 5), ['openssl', 'gnutls']],
      'that is text': [Buffer.from('hello'), ['openssl', 'gnutls']],
      'that is nothing': [Buffer.alloc(0), ['openssl', 'gnutls']],
      'with an identifier that does not end': [
        changedBehind(r2.der, commonName, 4, 0x83),
        ['openssl'],
      ],
      'with a name that is not UTF-8': [
        changedBehind(r2.der, `${commonName}0c`, 7, 0xff),
        ['openssl'],
      ],
      'with a month that is none': [changedBehind(r2.der, '170d', 4, 0x39), ['gnutls']],
      'with another algorithm inside': [changedBehind(r2.der, '2a8648ce3d0403', 7, 9), ['gnutls']],
      'with a bit string that is none': [
        changedBehind(rsa.der, `${rsaKey}0500`, 17, 9),
        ['openssl'],
      ],
      'with a key that is none': [changedBehind(rsa.der, `${rsaKey}0500`, 18, 0x31), []],
      'with a key of no known kind': [changedBehind(rsa.der, rsaKey, 10, 0x7f), []],
    };
  for (const [what, [der, refusedBy]] of Object.entries(kinds))
    it(`is known: ${what}`, () => {
      assert.deepEqual(certificateFault(der)?.refusedBy, refusedBy);
    });

  it('is none as it was', () => {
    const names = ['CN=Übersee', 'C=XX, O=Some, OU=Other, CN=Root'];
    const made = [...names.map((name) => makeCa({ name })), r1, rsa];
    for (const { der } of made) assert.equal(certificateFault(der), undefined);
  });
});

/** Puts the damaged certificate where the good one is, as often as that may be. */
const damage = async (path: string): Promise<Buffer> => {
  const bytes = await readFile(path);
  const at = bytes.indexOf(r2.der);
  assert.ok(at >= 0);
  lengthOfTbs.copy(bytes, at);
  await writeFile(path, bytes);
  return bytes;
};

const roots = { r1, r2, r3 };

const javaStore = async (folder: string, type: string, ...options: string[]): Promise<string> => {
  const path = join(folder, 'trust.store');
  await lay(folder, Object.fromEntries(Object.entries(roots).map(([id, ca]) => [id, ca.pem])));
  for (const id of Object.keys(roots))
    await run('keytool', [
      ...[...options.map((option) => `-J-Dkeystore.pkcs12.${option}`), '-importcert', '-noprompt'],
      ...['-alias', id, '-file', join(folder, id), '-keystore', path],
      ...['-storetype', type, '-storepass', 'changeit'],
    ]);
  return path;
};

/** SHA-1 over password, salt and content, as the store ends. */
const signJks = (bytes: Buffer): Buffer => {
  const content = bytes.subarray(0, -20);
  const password = Buffer.from('changeit', 'utf16le').swap16();
  const salted = createHash('sha1').update(password).update('Mighty Aphrodite');
  return Buffer.concat([content, salted.update(content).digest()]);
};

describe('a damaged certificate is told, and hides no other', () => {
  const damaged = r1.pem + pem('CERTIFICATE', lengthOfTbs) + r3.pem;
  type Make = (folder: string) => Promise<TrustStore>;
  const stores: Readonly<Record<string, readonly [make: Make, ...needs: readonly string[]]>> = {
    'in a bundle': [
      async (folder) => {
        await lay(folder, { 'roots.pem': damaged });
        return openTrustStore(join(folder, 'roots.pem'));
      },
    ],
    'in a folder': [
      async (folder) => {
        await lay(folder, {
          'roots/1.pem': r1.pem,
          'roots/2.pem': pem('CERTIFICATE', lengthOfTbs),
          'roots/3.pem': r3.pem,
        });
        return openTrustStore(join(folder, 'roots'));
      },
    ],
    'in a hashed folder': [
      async (folder) => {
        const files = Object.entries(roots).map(([id, ca]): readonly [string, string] => [
          `roots/${id}.pem`,
          ca.pem,
        ]);
        await lay(folder, Object.fromEntries(files));
        await rehash(join(folder, 'roots'));
        await lay(folder, { 'roots/r2.pem': pem('CERTIFICATE', lengthOfTbs) });
        return openTrustStore(join(folder, 'roots'));
      },
      'openssl',
    ],
    'as DER in a folder': [
      async (folder) => {
        await lay(folder, { '1.der': r1.der, '2.der': lengthOfTbs, '3.der': r3.der });
        return openTrustStore(folder);
      },
    ],
    'among the anchors of p11-kit': [
      async (folder) => {
        await lay(folder, { 'etc/pki/ca-trust/source/anchors/roots.pem': damaged });
        return p11KitStore(folder);
      },
    ],
    'as DER among the anchors of p11-kit': [
      async (folder) => {
        const anchors = 'etc/pki/ca-trust/source/anchors';
        await lay(folder, {
          [`${anchors}/1`]: r1.der,
          [`${anchors}/2`]: lengthOfTbs,
          [`${anchors}/3`]: r3.der,
        });
        return p11KitStore(folder);
      },
    ],
    'in a file of p11-kit': [
      async (folder) => {
        const object = (text: string): string =>
          `[p11-kit-object-v1]\nclass: certificate\ntrusted: true\n${text}`;
        const text = [r1.pem, pem('CERTIFICATE', lengthOfTbs), r3.pem].map(object).join('\n');
        await lay(folder, { 'etc/pki/ca-trust/source/all.p11-kit': text });
        return p11KitStore(folder);
      },
    ],
    'in a database of NSS': [
      async (folder) => {
        const database = join(folder, 'db');
        await mkdir(database);
        await run('certutil', ['-N', '-d', `sql:${database}`, '--empty-password']);
        for (const [id, ca] of Object.entries(roots)) {
          await lay(folder, { [id]: ca.pem });
          const from = ['-a', '-i', join(folder, id)];
          await run('certutil', ['-A', '-d', `sql:${database}`, '-n', id, '-t', 'C,,', ...from]);
        }
        await damage(join(database, 'cert9.db'));
        return openTrustStore(database);
      },
      'certutil',
    ],
    'in a JKS': [
      async (folder) => {
        const path = await javaStore(folder, 'JKS');
        await writeFile(path, signJks(await damage(path)));
        return openTrustStore(path);
      },
      'keytool',
    ],
    'in PKCS#12': [
      async (folder) => {
        const none = ['certProtectionAlgorithm=NONE', 'macAlgorithm=NONE'];
        const path = await javaStore(folder, 'PKCS12', ...none);
        await damage(path);
        return openTrustStore(path);
      },
      'keytool',
    ],
  };
  for (const [what, [make, ...needs]] of Object.entries(stores))
    it(what, async (t) => {
      const lacks = await lacking(...needs);
      if (lacks !== false) {
        t.skip(lacks);
        return;
      }
      const store = await make(await temporaryFolder(t));
      assert.equal(await verdictIn(store, r1.der), 'ok');
      assert.equal(await verdictIn(store, r3.der), 'ok');
      const { entries, problems } = await readEntries(store);
      assert.equal(entries.length, 2);
      assert.equal(problems.length, 1);
      if (store.kind !== 'java') return;
      // Java itself opens none of it
      const path = store.path;
      assert.equal(
        await verdictIn(keystore({ name: path, path }, 'java'), r1.der),
        'root-missing file-refused',
      );
      await assert.rejects(run('keytool', ['-list', '-keystore', path, '-storepass', 'changeit']));
    });
});
