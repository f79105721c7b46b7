import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { commandRunner } from '../../../checks/stores/commands.ts';
import { discoverTrustStores } from '../../../checks/stores/index.ts';
import { subjectHash } from '../../../checks/stores/subject-name.ts';
import { pem } from '../../helpers/der-writer.ts';
import { makeCa } from '../../helpers/private-ca.ts';
import { lacking } from '../../helpers/programs.ts';
import { type SmtpServer, startSmtpServer } from '../../helpers/smtp-server.ts';
import { dnsName, subjectAltName } from '../../helpers/x509-writer.ts';
import { rehash } from '../example-roots.ts';
import { lay, temporaryFolder, verdictIn } from '../read-store.ts';

const run = promisify(execFile);
const runCommand = commandRunner('linux', {});
const lacks = await lacking('postconf', 'posttls-finger', 'openssl');

/** Postfix has no other clock than the machine's. */
const always = { notBefore: new Date('2020-01-01'), notAfter: new Date('2099-01-01') };
const root = makeCa({ name: 'O=Example, CN=Verified Root', key: 'rsa', ...always });
const twin = makeCa({ name: root.name, key: 'rsa', ...always });
const leaf = root.issue({
  name: 'CN=mx.test',
  key: 'rsa',
  extensions: [subjectAltName(dnsName('mx.test'))],
  ...always,
});

describe("Postfix's client agrees", { skip: lacks }, () => {
  let server: SmtpServer;
  before(async () => {
    server = await startSmtpServer({ tls: { cert: leaf.pem, key: leaf.keyPem } });
  });
  after(() => server.close());

  /** Whether the client trusts the server, told on its command line what `settings` say in main.cf. */
  const isVerified = async (folder: string, options: readonly string[]): Promise<boolean> => {
    const host = `[${server.host}]:${server.port}`;
    const { stdout, stderr } = await run(
      'posttls-finger',
      ['-c', '-l', 'verify', '-t', '5', '-T', '5', ...options, host, 'mx.test'],
      { env: { PATH: process.env['PATH'], MAIL_CONFIG: join(folder, 'conf') } },
    );
    const [, said] =
      /(?:(\w+) TLS connection established|: disabling TLS support)/.exec(stdout + stderr) ??
      assert.fail(stdout + stderr);
    assert.ok(said === 'Verified' || said === 'Untrusted' || said === undefined);
    return said === 'Verified';
  };

  interface Case {
    readonly settings: readonly string[];
    readonly options: readonly string[];
    readonly change?: (folder: string) => Promise<unknown>;
    readonly says: string;
  }
  const hash = subjectHash(root.der);
  const byPath = { settings: ['smtp_tls_CApath = FOLDER/roots'], options: ['-P', 'FOLDER/roots'] };
  const cases: Readonly<Record<string, Case>> = {
    'that a CAfile has the root': {
      settings: ['smtp_tls_CAfile = FOLDER/root.pem'],
      options: ['-F', 'FOLDER/root.pem'],
      says: 'ok',
    },
    'that trust anchors have it': {
      settings: ['smtp_tls_trust_anchor_file = FOLDER/root.pem'],
      options: ['-A', 'FOLDER/root.pem'],
      says: 'ok',
    },
    'that trust anchors without it hide the CAfile': {
      settings: [
        'smtp_tls_CAfile = FOLDER/root.pem',
        'smtp_tls_trust_anchor_file = FOLDER/twin.pem',
      ],
      options: ['-F', 'FOLDER/root.pem', '-A', 'FOLDER/twin.pem'],
      says: 'root-lookalike',
    },
    'that a policy with anchors without it hides the CAfile': {
      settings: [
        'smtp_tls_security_level = may',
        'smtp_tls_CAfile = FOLDER/root.pem',
        'smtp_tls_policy_maps = inline:{ { mx.test = secure tafile=FOLDER/twin.pem } }',
      ],
      options: ['-F', 'FOLDER/root.pem', '-A', 'FOLDER/twin.pem'],
      says: 'root-lookalike',
    },
    'that nothing is read of a CAfile with a certificate that cannot be': {
      settings: ['smtp_tls_CAfile = FOLDER/broken.pem'],
      options: ['-F', 'FOLDER/broken.pem'],
      says: 'root-missing file-refused',
    },
    'that nothing is read of a CAfile with a damaged key': {
      settings: ['smtp_tls_CAfile = FOLDER/key.pem'],
      options: ['-F', 'FOLDER/key.pem'],
      says: 'root-missing file-refused',
    },
    'that a CAfile with a CRL is read': {
      settings: ['smtp_tls_CAfile = FOLDER/crl.pem'],
      options: ['-F', 'FOLDER/crl.pem'],
      says: 'ok',
    },
    'that nothing is read of a folder beside a CAfile that is refused': {
      settings: ['smtp_tls_CAfile = FOLDER/key.pem', ...byPath.settings],
      options: ['-F', 'FOLDER/key.pem', ...byPath.options],
      change: rehash,
      says: 'root-missing file-refused',
    },
    'that a CAfile in which the root is put together with another lacks it': {
      settings: ['smtp_tls_CAfile = FOLDER/joined.pem'],
      options: ['-F', 'FOLDER/joined.pem'],
      says: 'root-missing absent',
    },
    'that a folder has it': { ...byPath, change: rehash, says: 'ok' },
    'that a folder without a link has not': { ...byPath, says: 'root-missing hash-link-missing' },
    'that it is not found behind a hole': {
      ...byPath,
      change: (folder) => rename(join(folder, 'root.pem'), join(folder, `${hash}.1`)),
      says: 'root-missing hash-link-missing',
    },
    'that it is not found under another hash': {
      ...byPath,
      change: (folder) => symlink('root.pem', join(folder, '00000000.0')),
      says: 'root-missing hash-link-missing',
    },
  };
  for (const [what, { settings, options, change, says }] of Object.entries(cases))
    it(what, async (t) => {
      const folder = await temporaryFolder(t);
      await chmod(folder, 0o755); // the client gives root's rights up before it reads a CApath
      const inFolder = (text: string): string => text.replaceAll('FOLDER', folder);
      await lay(folder, {
        'root.pem': root.pem,
        'twin.pem': twin.pem,
        'broken.pem': root.pem + pem('CERTIFICATE', root.der.subarray(0, -1)),
        'key.pem': root.pem + pem('RSA PRIVATE KEY', root.der),
        'crl.pem': root.pem + pem('X509 CRL', root.crl()),
        'joined.pem': leaf.pem.trimEnd() + root.pem,
        'roots/root.pem': root.pem,
        'conf/main.cf': [
          'compatibility_level = 3.6',
          'smtp_tls_security_level = verify',
          'smtp_host_lookup = native', // there may be no DNS
          'smtp_dns_support_level = disabled',
          ...settings.map(inFolder),
          '',
        ].join('\n'),
        'conf/master.cf': 'smtp unix - - n - - smtp\n',
      });
      await change?.(join(folder, 'roots'));
      const stores = await discoverTrustStores({
        platform: 'linux',
        env: {},
        run: (program, args) =>
          program === 'postconf'
            ? runCommand('postconf', ['-c', join(folder, 'conf'), ...args])
            : Promise.resolve({ absent: true }),
      });
      const store = stores.find(({ kind, mail }) => kind === 'postfix' && mail === 'verifies');
      const verdict = await verdictIn(store ?? assert.fail(), root.der);
      assert.equal(verdict, says);
      assert.equal(await isVerified(folder, options.map(inFolder)), verdict === 'ok');
    });
});
