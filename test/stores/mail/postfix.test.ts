import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { type RunCommand, commandRunner } from '../../../checks/stores/commands.ts';
import { discoverTrustStores } from '../../../checks/stores/index.ts';
import type { TrustStore } from '../../../checks/types.ts';
import { makeCa } from '../../helpers/private-ca.ts';
import { lacking } from '../../helpers/programs.ts';
import { r1 } from '../example-roots.ts';
import { assertFixed, runFixes } from '../fix-lab.ts';
import { lay, readStore, temporaryFolder, verdictIn } from '../read-store.ts';

const runCommand = commandRunner('linux', {});

const run = promisify(execFile);
const lacksPostfix = await lacking('postconf', 'update-ca-certificates');
const copyScript = '/usr/lib/postfix/configure-instance.sh';
const cannotCopy =
  lacksPostfix ||
  (await lacking('cpio', 'openssl')) ||
  (process.getuid?.() === 0 ? false : 'needs root') ||
  (await readFile(copyScript).then(
    () => false,
    () => "needs Debian's Postfix",
  ));

/** The real postconf on a configuration of the test's own, and no other program. */
const postfixOnly =
  (folder: string): RunCommand =>
  (program, args) =>
    program === 'postconf'
      ? runCommand('postconf', ['-c', folder, ...args])
      : Promise.resolve({ absent: true });

interface Layout {
  readonly main: string;
  /** Lines that take the place of the SMTP client's. */
  readonly master?: string;
  readonly files?: Readonly<Record<string, string>>;
}

const client = (chroot: 'y' | 'n' | '-', ...options: readonly string[]): string =>
  `smtp unix - - ${chroot} - - smtp${options.map((option) => ` -o ${option}`).join('')}\n`;

const layPostfix = async (t: TestContext, { main, master, files }: Layout): Promise<string> => {
  const folder = await temporaryFolder(t);
  const basic = `compatibility_level = 3.6\nqueue_directory = ${folder}/queue\nmyhostname = mx.test\n`;
  await lay(folder, {
    'conf/main.cf': `${basic}${main.replaceAll('FOLDER', folder)}\n`,
    'conf/master.cf': `${master ?? client('y')}smtpd unix n - y - - smtpd\n`.replaceAll(
      'FOLDER',
      folder,
    ),
    ...Object.fromEntries(
      Object.entries(files ?? {}).map(([name, text]) => [name, text.replaceAll('FOLDER', folder)]),
    ),
  });
  await mkdir(join(folder, 'queue'));
  return folder;
};

/** The stores of Postfix and the system's, by name, with what mail depends on them for. */
const storesOf = async (folder: string): Promise<ReadonlyMap<string, TrustStore>> => {
  const run = postfixOnly(join(folder, 'conf'));
  const stores = await discoverTrustStores({ platform: 'linux', env: {}, run });
  const wanted = stores.filter(({ kind }) => ['postfix', 'debian'].includes(kind));
  return new Map(wanted.map((store) => [store.name.replaceAll(folder, 'FOLDER'), store]));
};

const system = '/etc/ssl/certs';
const bundle = '/etc/ssl/certs/ca-certificates.crt';

describe("Postfix's stores", { skip: lacksPostfix }, () => {
  const cases: Readonly<Record<string, Layout & { expected: Record<string, string> }>> = {
    'nothing is configured': { main: '', expected: { [system]: 'unused' } },
    'mail goes in spite of the roots': {
      main: `smtp_tls_security_level = may\nsmtp_tls_CAfile = ${bundle}`,
      expected: { [system]: 'unused' },
    },
    "the system's bundle is verified with": {
      main: `smtp_tls_security_level = verify\nsmtp_tls_CAfile = ${bundle}`,
      expected: { [system]: 'verifies' },
    },
    "the system's folder is verified with": {
      main: `smtp_tls_security_level = secure\nsmtp_tls_CApath = ${system}`,
      master: client('n'),
      expected: { [system]: 'verifies' },
    },
    'DANE needs no roots': {
      main: `smtp_tls_security_level = dane-only\nsmtp_tls_CAfile = ${bundle}`,
      expected: { [system]: 'unused' },
    },
    'encryption alone needs none either': {
      main: `smtp_tls_security_level = encrypt\nsmtp_tls_CAfile = ${bundle}`,
      expected: { [system]: 'unused' },
    },
    'the older parameters enforce': {
      main: `smtp_enforce_tls = yes\nsmtp_tls_CAfile = ${bundle}`,
      expected: { [system]: 'verifies' },
    },
    'the older parameters enforce without the name': {
      main: `smtp_enforce_tls = yes\nsmtp_tls_enforce_peername = no\nsmtp_tls_CAfile = ${bundle}`,
      expected: { [system]: 'unused' },
    },
    'a file of its own': {
      main: 'smtp_tls_security_level = verify\nsmtp_tls_CAfile = $config_directory/roots.pem',
      expected: { [system]: 'unused', 'FOLDER/conf/roots.pem': 'verifies' },
    },
    'a file of its own and the defaults': {
      main: 'smtp_tls_security_level = verify\nsmtp_tls_CAfile = FOLDER/roots.pem\ntls_append_default_CA = yes',
      expected: { [system]: 'unused', 'FOLDER/roots.pem,system': 'verifies' },
    },
    'a file by a path that begins in the queue': {
      main: 'smtp_tls_security_level = Verify\nsmtp_tls_CAfile = roots.pem\ntls_append_default_CA = YES',
      expected: { [system]: 'unused', 'FOLDER/queue/roots.pem,system': 'verifies' },
    },
    'a folder by a path that begins in the queue': {
      main: 'smtp_tls_security_level = verify\nsmtp_tls_CApath = roots',
      expected: { [system]: 'unused', 'FOLDER/queue/roots': 'verifies' },
    },
    'a transport gives its own value to what others are made of': {
      main: `level = may\nroots = ${bundle}\nsmtp_tls_security_level = $level\nsmtp_tls_CAfile = $roots`,
      master: `${client('y')}secure unix - - y - - smtp\n  -o level=secure\n  -o { roots = FOLDER/roots.pem }\n`,
      expected: { [system]: 'unused', 'FOLDER/roots.pem': 'verifies' },
    },
    'a policy in braces': {
      main: 'smtp_tls_security_level = may\nsmtp_tls_policy_maps = inline:{ { outlook.com = secure { tafile = FOLDER/queue/roots.pem } } }',
      master: client('n'),
      expected: { [system]: 'unused', 'FOLDER/queue/roots.pem': 'verifies outlook.com' },
    },
    'it verifies without any roots': {
      main: 'smtp_tls_security_level = verify',
      expected: { [system]: 'unused', 'FOLDER/conf/main.cf': 'verifies' },
    },
    'one transport of several verifies': {
      main: `smtp_tls_security_level = may\nsmtp_tls_CAfile = ${bundle}`,
      master: `${client('y')}secure unix - - y - - smtp\n  -o smtp_tls_security_level=secure\n  -o smtp_tls_CAfile=FOLDER/roots.pem\n`,
      expected: { [system]: 'unused', 'FOLDER/roots.pem': 'verifies' },
    },
    'a policy table verifies some destinations': {
      main: `smtp_tls_security_level = may\nsmtp_tls_CAfile = ${bundle}\nsmtp_tls_policy_maps = hash:FOLDER/policy`,
      files: { policy: '# outlook verify\nexample.org encrypt\noutlook.com secure match=.x\n' },
      expected: { [system]: 'verifies' },
    },
    'a policy table verifies none': {
      main: `smtp_tls_security_level = may\nsmtp_tls_CAfile = ${bundle}\nsmtp_tls_policy_maps = texthash:FOLDER/policy`,
      files: { policy: '# outlook.com verify\nexample.org encrypt\nverify.example may\n' },
      expected: { [system]: 'unused' },
    },
    'a policy stands in the configuration': {
      main: `smtp_tls_security_level = may\nsmtp_tls_CAfile = ${bundle}\nsmtp_tls_policy_maps = inline:{{outlook.com = verify}}`,
      expected: { [system]: 'verifies' },
    },
    'policies come from a socket': {
      main: `smtp_tls_security_level = may\nsmtp_tls_CAfile = ${bundle}\nsmtp_tls_policy_maps = socketmap:inet:127.0.0.1:8461:postfix`,
      expected: { [system]: 'unknown' },
    },
    'a policy has roots of its own for a destination': {
      main: `smtp_tls_security_level = may\nsmtp_tls_CAfile = ${bundle}\nsmtp_tls_policy_maps = texthash:FOLDER/policy`,
      master: client('n'),
      files: {
        policy:
          'outlook.com SECURE match=.x.example\n  tafile=FOLDER/ta.pem\nexample.org may tafile=FOLDER/unused.pem\n',
      },
      expected: { [system]: 'unused', 'FOLDER/ta.pem': 'verifies outlook.com .x.example' },
    },
    'a policy has several files for one destination, others none': {
      main: `smtp_tls_security_level = may\nsmtp_tls_CAfile = ${bundle}\nsmtp_tls_policy_maps = inline:{ { a.example = verify tafile=FOLDER/1.pem, tafile=FOLDER/2.pem }, { b.example = secure } }`,
      master: client('n'),
      expected: { [system]: 'verifies', 'FOLDER/1.pem,FOLDER/2.pem': 'verifies a.example' },
    },
    'policies with one file for two destinations': {
      main: `smtp_tls_policy_maps = inline:{ { a.example = verify tafile=FOLDER/ta.pem }, { [b.example]:587 = secure tafile=FOLDER/ta.pem } }`,
      master: client('n'),
      expected: { [system]: 'unused', 'FOLDER/ta.pem': 'verifies a.example [b.example]:587' },
    },
    'a policy by pattern has roots of its own': {
      main: 'smtp_tls_policy_maps = regexp:FOLDER/policy',
      master: client('n'),
      files: { policy: '/^(.*\\.)?outlook\\.com$/i secure tafile=FOLDER/ta.pem\n' },
      expected: { [system]: 'unused', 'FOLDER/ta.pem': 'verifies' },
    },
    'anchors of a locked-in client lie in its queue': {
      main: 'smtp_tls_policy_maps = static:{secure tafile=/etc/ta.pem}',
      expected: { [system]: 'unused', 'FOLDER/queue/etc/ta.pem': 'verifies' },
    },
    'trust anchors take the place of all other roots': {
      main: `smtp_tls_security_level = verify\nsmtp_tls_CAfile = ${bundle}\ntls_append_default_CA = yes\nsmtp_tls_trust_anchor_file = FOLDER/ta.pem`,
      master: client('n'),
      expected: { [system]: 'unused', 'FOLDER/ta.pem': 'verifies' },
    },
    'one transport has its own file, another its own policy': {
      main: `smtp_tls_security_level = may\nsmtp_tls_CAfile = ${bundle}`,
      master: `${client('n', 'smtp_tls_CAfile=FOLDER/own.pem', 'smtp_tls_security_level=secure')}relay unix - - n - - smtp\n  -o { smtp_tls_policy_maps = inline:{ { outlook.com = secure tafile=FOLDER/ta.pem } } }\n`,
      expected: {
        [system]: 'unused',
        'FOLDER/own.pem': 'verifies',
        'FOLDER/ta.pem': 'verifies outlook.com',
      },
    },
    'a policy of DANE needs no roots': {
      main: `smtp_tls_CAfile = ${bundle}\nsmtp_tls_policy_maps = inline:{outlook.com=dane-only, example.org=fingerprint}`,
      expected: { [system]: 'unused' },
    },
    'an older table says MUST': {
      main: `smtp_use_tls = yes\nsmtp_tls_CAfile = ${bundle}\nsmtp_tls_per_site = hash:FOLDER/sites`,
      files: { sites: 'outlook.com MUST\n' },
      expected: { [system]: 'verifies' },
    },
  };
  for (const [what, { expected, ...layout }] of Object.entries(cases))
    it(`are known: ${what}`, async (t) => {
      const stores = await storesOf(await layPostfix(t, layout));
      assert.deepEqual(
        Object.fromEntries(
          [...stores].map(([name, { mail, destinations = [] }]) => [
            name,
            [mail, ...destinations].join(' '),
          ]),
        ),
        expected,
      );
    });

  it('are read: a file of its own lacks what the system has', async (t) => {
    const folder = await layPostfix(t, {
      main: 'smtp_tls_security_level = verify\nsmtp_tls_CAfile = FOLDER/roots.pem',
      files: { 'roots.pem': r1.pem },
    });
    const store = (await storesOf(folder)).get('FOLDER/roots.pem');
    assert.ok(store);
    assert.equal(await verdictIn(store, r1.der), 'ok');
    assert.equal(await verdictIn(store, makeCa({ name: 'CN=Other' }).der), 'root-missing absent');
  });

  it('are empty where it verifies without roots', async (t) => {
    const folder = await layPostfix(t, { main: 'smtp_tls_security_level = verify' });
    const store = (await storesOf(folder)).get('FOLDER/conf/main.cf');
    assert.equal(await verdictIn(store ?? assert.fail(), r1.der), 'root-missing absent');
  });

  it('are empty where what it reads is not there', async (t) => {
    for (const setting of ['CAfile', 'CApath']) {
      const main = `smtp_tls_security_level = verify\nsmtp_tls_${setting} = FOLDER/roots`;
      const store = (await storesOf(await layPostfix(t, { main }))).get('FOLDER/roots');
      assert.equal(await verdictIn(store ?? assert.fail(), r1.der), 'root-missing absent');
    }
  });

  it('are named by the commands where the configuration names none', async (t) => {
    const folder = await layPostfix(t, { main: 'smtp_tls_security_level = verify' });
    const setting = (await storesOf(folder)).get('FOLDER/conf/main.cf') ?? assert.fail();
    await runFixes(t, setting, 'root-missing absent', { programs: { systemctl: 'true' } });
    const stores = await storesOf(folder);
    assert.deepEqual([...stores.keys()], [system]);
    assert.equal(stores.get(system)?.mail, 'verifies');
  });

  it('are unknown where Postfix refuses its configuration', async (t) => {
    const folder = await layPostfix(t, { main: '' });
    await rm(join(folder, 'conf/master.cf'));
    const stores = await storesOf(folder);
    assert.equal(stores.get(system)?.mail, 'unknown');
    assert.ok(
      'unreadable' in (await readStore(stores.get('/etc/postfix/main.cf') ?? assert.fail())),
    );
  });
});

describe("Postfix's copy in its queue", { skip: cannotCopy }, () => {
  const copy = (folder: string): Promise<unknown> =>
    run('sh', [copyScript], {
      env: { PATH: process.env['PATH'], MAIL_CONFIG: join(folder, 'conf') },
    });
  const layCopied = async (t: TestContext): Promise<string> => {
    const folder = await layPostfix(t, {
      main: 'smtp_tls_security_level = verify\nsmtp_tls_CApath = FOLDER/roots',
      files: { 'roots/other.pem': makeCa({ name: 'CN=Other' }).pem },
    });
    await run('openssl', ['rehash', join(folder, 'roots')]);
    await copyFile('/etc/postfix/dynamicmaps.cf', join(folder, 'conf/dynamicmaps.cf'));
    await copy(folder);
    return folder;
  };
  const copied = async (folder: string): Promise<TrustStore> =>
    (await storesOf(folder)).get('FOLDER/queueFOLDER/roots') ?? assert.fail('no copy');

  it('is what a locked-in client reads, until the service starts again', async (t) => {
    const folder = await layCopied(t);
    await lay(folder, { 'roots/r1.pem': r1.pem });
    await run('openssl', ['rehash', join(folder, 'roots')]);
    const before = await copied(folder);
    assert.deepEqual([before.kind, before.mail], ['postfix', 'verifies']);
    assert.equal(await verdictIn(before, r1.der), 'root-missing not-taken-over');
    await copy(folder);
    assert.equal(await verdictIn(await copied(folder), r1.der), 'ok');
  });

  it('still trusts what was taken away meanwhile', async (t) => {
    const folder = await layCopied(t);
    await lay(folder, { 'roots/r1.pem': r1.pem });
    await run('openssl', ['rehash', join(folder, 'roots')]);
    await copy(folder);
    await rm(join(folder, 'roots/r1.pem'));
    assert.equal(await verdictIn(await copied(folder), r1.der), 'ok');
  });

  const uncopied: Layout = {
    main: 'smtp_tls_security_level = verify\nsmtp_tls_CApath = FOLDER/roots',
    files: { 'roots/r1.pem': r1.pem },
  };
  it('is the original as long as there is no copy', async (t) => {
    assert.ok((await storesOf(await layPostfix(t, uncopied))).has('FOLDER/roots'));
  });

  it('is empty where Postfix runs without one', async (t) => {
    const folder = await layPostfix(t, uncopied);
    await run('openssl', ['rehash', join(folder, 'roots')]);
    await lay(folder, { 'queue/pid/master.pid': `${process.pid}\n` });
    assert.equal(await verdictIn(await copied(folder), r1.der), 'root-missing not-taken-over');
  });

  it('is not read where the client is not locked in', async (t) => {
    const folder = await layCopied(t);
    for (const [level, name] of [
      ['3.6', 'FOLDER/roots'],
      ['0', 'FOLDER/queueFOLDER/roots'],
    ] as const) {
      const main = await readFile(join(folder, 'conf/main.cf'), 'utf8');
      await lay(folder, {
        'conf/main.cf': main.replace(
          /^compatibility_level = .*$/m,
          `compatibility_level = ${level}`,
        ),
        'conf/master.cf': client('-'),
      });
      assert.ok((await storesOf(folder)).has(name), level);
    }
  });

  it('has the root once the commands have run', async (t) => {
    for (const [isAdded, gap] of [
      [false, 'root-missing absent'],
      [true, 'root-missing not-taken-over'],
    ] as const) {
      const folder = await layCopied(t);
      if (isAdded) await lay(folder, { 'roots/r1.pem': r1.pem });
      await run('openssl', ['rehash', join(folder, 'roots')]);
      const systemctl = `[ "$*" = 'restart postfix' ]\nMAIL_CONFIG='${folder}/conf' exec sh ${copyScript}`;
      await assertFixed(t, () => copied(folder), gap, { programs: { systemctl } });
    }
  });
});
