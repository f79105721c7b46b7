import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { createServer, rootCertificates } from 'node:tls';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { commandRunner } from '../../checks/stores/commands.ts';
import { nodeServiceStores } from '../../checks/stores/index.ts';
import { type NodeService, nodeStore } from '../../checks/stores/node.ts';
import type { TrustStore } from '../../checks/types.ts';
import { lacking } from '../helpers/programs.ts';
import { dnsName, subjectAltName } from '../helpers/x509-writer.ts';
import { r1, r2, run } from './example-roots.ts';
import { assertFixed, runFixes } from './fix-lab.ts';
import { lay, readEntries, readStore, temporaryFolder, verdictIn } from './read-store.ts';

const systemWith = (der: Uint8Array): TrustStore => ({
  kind: 'debian',
  name: '/etc/ssl/certs',
  path: '/etc/ssl/certs',
  mail: 'unknown',
  read: () =>
    Promise.resolve({ entries: [{ der, trust: 'trusted', origin: 'system' }], problems: [] }),
});

const storeOf = (service: Partial<NodeService>): TrustStore =>
  nodeStore(
    { name: 'mailer', node: process.execPath, ...service },
    { system: systemWith(r2.der), run: commandRunner('linux', {}) },
  );

const builtIn = rootCertificates.map((pem) => new X509Certificate(pem).raw);
const isBuiltWithList = JSON.stringify(process.config).includes('NODE_OPENSSL_CERT_STORE')
  ? "this Node takes OpenSSL's store"
  : false;

describe('what a Node service trusts', () => {
  it(
    'is what its Node says, whatever our own environment adds',
    { skip: isBuiltWithList },
    async () => {
      const store = storeOf({});
      assert.deepEqual([store.kind, store.name, store.mail], ['node', 'node:mailer', 'verifies']);
      const { entries, problems } = await readEntries(store);
      assert.deepEqual(
        entries.map(({ der }) => Buffer.from(der).toString('base64')),
        builtIn.map((der) => der.toString('base64')),
      );
      assert.deepEqual(problems, []);
      assert.equal(await verdictIn(store, r1.der), 'root-missing absent');
    },
  );

  const [known = r1.der] = builtIn;
  const cases: Readonly<Record<string, readonly [Partial<NodeService>, string, string, string]>> = {
    'its own list': [{ roots: 'bundled' }, 'ok', 'root-missing absent', 'root-missing absent'],
    "OpenSSL's store": [{ roots: 'openssl' }, 'root-missing absent', 'ok', 'root-missing absent'],
    'the list and the system': [{ roots: 'system' }, 'ok', 'ok', 'root-missing absent'],
    'the list and a file': [
      { roots: 'bundled', extraCaCerts: 'FOLDER/extra.pem' },
      'ok',
      'root-missing absent',
      'ok',
    ],
  };
  for (const [what, [service, ofList, ofSystem, ofFile]] of Object.entries(cases))
    it(`is ${what}`, async (t) => {
      const folder = await temporaryFolder(t);
      await lay(folder, { 'extra.pem': r1.pem });
      const store = storeOf({
        ...service,
        ...(service.extraCaCerts !== undefined && { extraCaCerts: join(folder, 'extra.pem') }),
      });
      const verdicts = [known, r2.der, r1.der].map((der) => verdictIn(store, der));
      assert.deepEqual(await Promise.all(verdicts), [ofList, ofSystem, ofFile]);
    });

  const own = r1.issue({
    name: 'CN=localhost',
    extensions: [subjectAltName(dnsName('localhost'))],
  });
  const broken = '-----BEGIN CERTIFICATE-----\nMIIB\n';
  const files: Readonly<Record<string, readonly [content: string, verdict: string]>> = {
    whole: [r2.pem + r1.pem, 'ok'],
    'broken behind it': [r1.pem + broken, 'ok'],
    'broken before it': [broken + r1.pem, 'root-missing file-refused'],
    'without a line end before it': [r2.pem.trimEnd() + r1.pem, 'root-missing absent'],
  };
  for (const [what, [content, expected]] of Object.entries(files))
    it(`reads a file as Node does: ${what}`, async (t) => {
      const folder = await temporaryFolder(t);
      await lay(folder, { 'extra.pem': content });
      const server = createServer({ cert: own.pem, key: own.keyPem }, (socket) => socket.end());
      server.on('tlsClientError', () => undefined).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const script = `require('tls').connect(${port}, '127.0.0.1', { servername: 'localhost' }, () => console.log('yes')).on('error', () => console.log('no'))`;
      const extraCaCerts = join(folder, 'extra.pem');
      const { stdout } = await run(process.execPath, ['-e', script], {
        env: { NODE_EXTRA_CA_CERTS: extraCaCerts },
      });
      server.close();
      const verdict = await verdictIn(storeOf({ roots: 'bundled', extraCaCerts }), r1.der);
      assert.equal(verdict, expected);
      assert.equal(verdict === 'ok' ? 'yes' : 'no', stdout.trim());
    });

  it('lacks what a file has that is not there', async (t) => {
    const extraCaCerts = join(await temporaryFolder(t), 'none.pem');
    const store = storeOf({ extraCaCerts });
    assert.equal(await verdictIn(store, r1.der), 'root-missing absent');
    assert.deepEqual(
      (await readEntries(store)).problems.map(({ origin }) => origin),
      [extraCaCerts],
    );
  });

  const program = async (t: TestContext, script: string): Promise<string> => {
    const path = join(await temporaryFolder(t), 'node');
    await writeFile(path, `#!/bin/sh\n${script}\n`);
    await chmod(path, 0o755);
    return path;
  };
  for (const [what, script] of [
    ['fails', 'exit 1'],
    ['says nothing', 'true'],
    ['says something else', 'echo "{}"'],
  ] as const)
    it(`is unknown where its program ${what}`, async (t) => {
      const contents = await readStore(storeOf({ node: await program(t, script) }));
      assert.ok('unreadable' in contents);
    });
  it('is unknown where its program is not there', async () => {
    assert.ok('unreadable' in (await readStore(storeOf({ node: '/nowhere/node' }))));
  });

  it('is asked for only where a service is named', async () => {
    const where = { platform: 'linux', env: {} } as const;
    assert.deepEqual(await nodeServiceStores(where), []);
    const services = [{ name: 'mailer', node: process.execPath }];
    const [store] = await nodeServiceStores({ ...where, nodeServices: services });
    assert.equal(store?.name, 'node:mailer');
  });
});

describe('the commands for a Node service', { skip: await lacking('openssl') }, () => {
  it('add the root to its file', async (t) => {
    const extraCaCerts = join(await temporaryFolder(t), 'extra roots');
    await writeFile(extraCaCerts, r2.pem);
    await assertFixed(t, () => storeOf({ extraCaCerts }), 'root-missing absent');
  });
  it('make the file that the service is told to read', async (t) => {
    const folder = await temporaryFolder(t);
    const cp = `cp "$1" '${folder}/extra.pem'`;
    await runFixes(t, storeOf({}), 'root-missing absent', {
      programs: { cp: `PATH=/usr/bin:/bin\n${cp}` },
    });
    const store = storeOf({ extraCaCerts: join(folder, 'extra.pem') });
    assert.equal(await verdictIn(store, r1.der), 'ok');
  });
});
