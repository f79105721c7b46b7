import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { openTrustStore } from '../../checks/stores/index.ts';
import { nssDatabase } from '../../checks/stores/nss.ts';
import { makeCa } from '../helpers/private-ca.ts';
import { lacking } from '../helpers/programs.ts';
import { judgeIn, lay, readEntries, readStore, temporaryFolder, verdictIn } from './read-store.ts';

const run = promisify(execFile);

const r1 = makeCa({ name: 'O=Example, CN=Example Root R1', key: 'rsa' });
const r2 = makeCa({ name: 'O=Example, CN=Example Root R2' });

const makeDatabase = async (t: TestContext): Promise<string> => {
  const folder = join(await temporaryFolder(t), 'db');
  await mkdir(folder);
  await run('certutil', ['-N', '-d', `sql:${folder}`, '--empty-password']);
  return folder;
};

const add = async (folder: string, pem: string, nickname: string, trust: string): Promise<void> => {
  await lay(folder, { 'add.pem': pem });
  await run('certutil', [
    ...['-A', '-d', `sql:${folder}`, '-n', nickname],
    ...['-t', trust, '-a', '-i', join(folder, 'add.pem')],
  ]);
};

describe('an NSS database', { skip: await lacking('certutil') }, () => {
  const cases: readonly (readonly [flags: string, verdict: string, purposes: readonly string[]])[] =
    [
      ['C,,', 'ok', ['serverAuth']],
      ['CT,C,C', 'ok', ['serverAuth', 'clientAuth', 'codeSigning', 'emailProtection']],
      [',C,', 'root-not-for-server-auth', ['emailProtection']],
      [',,', 'root-not-for-server-auth', []],
      ['T,,', 'root-not-for-server-auth', ['clientAuth']],
      ['P,,', 'root-not-for-server-auth', []],
      ['p,,', 'root-distrusted', []],
      ['p,C,', 'root-distrusted', []],
    ];
  for (const [flags, verdict, purposes] of cases)
    it(`says what it trusts a root for: ${flags}`, async (t) => {
      const folder = await makeDatabase(t);
      await add(folder, r2.pem, 'R2', 'C,,');
      await add(folder, r1.pem, 'Example R1', flags);
      const store = await openTrustStore(folder);
      assert.equal(store.kind, 'nss');
      assert.equal(await verdictIn(store, r1.der), verdict);
      assert.equal(await verdictIn(store, r2.der), 'ok');
      if (verdict !== 'root-distrusted')
        assert.deepEqual((await judgeIn(store, r1.der)).purposes, purposes);
    });

  it('is read across many pages, in any order of writing', async (t) => {
    const folder = await makeDatabase(t);
    const roots = Array.from({ length: 60 }, (_, n) => makeCa({ name: `CN=Root ${n}`, key: r1 }));
    const long = makeCa({ name: `O=${'Long '.repeat(3000)}, CN=Long`, key: r1 });
    const all = [...roots, long];
    const batch = all.map((_, n) => `-A -n "root ${n}" -t C,, -a -i ${join(folder, `${n}.pem`)}\n`);
    await lay(folder, Object.fromEntries(all.map(({ pem }, n) => [`${n}.pem`, pem])));
    await lay(folder, { batch: batch.join('') });
    await run('certutil', ['-B', '-d', `sql:${folder}`, '-i', join(folder, 'batch')]);
    const store = await openTrustStore(folder);
    assert.equal((await readEntries(store)).entries.length, all.length);
    for (const { der } of all) assert.equal(await verdictIn(store, der), 'ok');
    await run('certutil', ['-D', '-d', `sql:${folder}`, '-n', 'root 7']);
    assert.equal(await verdictIn(store, roots[7]?.der ?? r1.der), 'root-missing absent');
  });

  it('that was only found is no store while it holds no authorities', async (t) => {
    const folder = await makeDatabase(t);
    const found = nssDatabase({ name: folder, path: folder }, true);
    assert.ok('absent' in (await readStore(found)));
    assert.equal(await verdictIn(await openTrustStore(folder), r1.der), 'root-missing absent');
    await add(folder, r2.pem, 'R2', 'C,,');
    assert.equal(await verdictIn(found, r1.der), 'root-missing absent');
  });

  it('is unknown or read with any one byte changed, never a crash', async (t) => {
    const folder = await makeDatabase(t);
    await add(folder, r1.pem, 'R1', 'C,,');
    const path = join(folder, 'cert9.db');
    const bytes = await readFile(path);
    const outcomes = new Set<string>();
    for (let at = 0; at < bytes.length; at += at < 4200 ? 1 : 7) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(at) ^ (at % 2 === 0 ? 0x81 : 0x01), at);
      await writeFile(path, changed);
      const contents = await readStore(nssDatabase({ name: folder, path: folder }));
      outcomes.add(contents.entries === undefined ? 'unreadable' : 'read');
    }
    assert.deepEqual([...outcomes].sort(), ['read', 'unreadable']);
    await writeFile(path, bytes.subarray(0, 5000));
    assert.ok('unreadable' in (await readStore(nssDatabase({ name: folder, path: folder }))));
  });

  it('is unknown while a write to it is not finished', async (t) => {
    const folder = await makeDatabase(t);
    await lay(folder, { 'cert9.db-journal': 'half a transaction' });
    assert.ok('unreadable' in (await readStore(await openTrustStore(folder))));
  });
});
