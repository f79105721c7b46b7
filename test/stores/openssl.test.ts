import assert from 'node:assert/strict';
import { readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { openTrustStore } from '../../checks/stores/index.ts';
import { subjectHash } from '../../checks/stores/subject-name.ts';
import { integer, oid, sequence } from '../helpers/der-writer.ts';
import { lacking } from '../helpers/programs.ts';
import { absentRoot, r1, r2, rehash, run, twin } from './example-roots.ts';
import { lay, readEntries, temporaryFolder, verdictIn } from './read-store.ts';
import type { TrustStore } from '../../checks/types.ts';

const lacksOpenssl = await lacking('openssl');

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

  const blockOf = (bytes: Uint8Array): string =>
    `-----BEGIN CERTIFICATE-----\n${Buffer.from(bytes).toString('base64')}\n-----END CERTIFICATE-----\n`;
  const broken: Readonly<Record<string, string>> = {
    'is not base64': '-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n',
    'is cut short': blockOf(r2.der.subarray(0, 100)),
    'is PKCS#7': blockOf(sequence(oid('1.2.840.113549.1.7.2'))),
    'is a request': blockOf(sequence(sequence(integer(0), sequence(), sequence()))),
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

  it('lets others have their turn while it reads many files', async (t) => {
    const folder = await temporaryFolder(t);
    await lay(
      folder,
      Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`${n}.pem`, r1.pem])),
    );
    let turns = 0;
    const next = (): void => void (turns++, (waiting = setImmediate(next)));
    let waiting = setImmediate(next);
    const { entries } = await readEntries(await openTrustStore(folder));
    clearImmediate(waiting);
    assert.equal(entries.length, 1);
    assert.ok(turns >= 4, `${turns} turns`);
  });

  it('does not wait for a pipe', async (t) => {
    const folder = await temporaryFolder(t);
    await lay(folder, { 'r1.pem': r1.pem });
    await run('mkfifo', [join(folder, 'pipe.pem')]);
    const store = await openTrustStore(folder);
    assert.equal(await verdictIn(store, r1.der), 'ok');
    assert.equal((await readEntries(store)).problems.length, 1);
  });
});
