import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { commandRunner } from '../../../checks/stores/commands.ts';
import { discoverTrustStores } from '../../../checks/stores/index.ts';
import { makeCa } from '../../helpers/private-ca.ts';
import { type SmtpServer, startSmtpServer } from '../../helpers/smtp-server.ts';
import { lay, temporaryFolder, verdictIn } from '../read-store.ts';
import { exim, skip, userId, withUser } from './exim-lab.ts';

const run = promisify(execFile);
const runCommand = commandRunner('linux', {});

/** Exim has no other clock than the machine's. */
const always = { notBefore: new Date('2020-01-01'), notAfter: new Date('2099-01-01') };
const root = makeCa({ name: 'O=Example, CN=Verified Root', key: 'rsa', ...always });
const other = makeCa({ name: 'O=Example, CN=Other Root', key: 'rsa', ...always });
const leaf = root.issue({ name: 'CN=mx.test', key: 'rsa', ...always });

const blockOf = (label: string, bytes: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(bytes).toString('base64')}\n-----END ${label}-----\n`;

const isRoot = process.getuid?.() === 0;

describe("Exim's client agrees", { skip: isRoot ? skip : 'needs root' }, () => {
  let server: SmtpServer;
  before(async () => {
    server = await startSmtpServer({
      ehlo: ['250-mx.test', '250 STARTTLS'], // Exim knows it in capitals alone
      tls: { cert: leaf.pem, key: leaf.keyPem },
    });
  });
  after(() => server.close());

  const cases: Readonly<
    Record<string, readonly [files: Readonly<Record<string, string | Uint8Array>>, says: string]>
  > = {
    'that a file has the root': [{ roots: other.pem + root.pem }, 'ok'],
    'that it has not': [{ roots: other.pem }, 'root-missing absent'],
    'that it is put together with another': [{ roots: other.pem.trimEnd() + root.pem }, 'ok'],
    'that it begins and ends within lines': [{ roots: `R1: ${root.pem.trimEnd()} R1\n` }, 'ok'],
    'that a certificate for OpenSSL alone is none': [
      { roots: blockOf('TRUSTED CERTIFICATE', root.der) },
      'root-missing absent',
    ],
    'that nothing is read beside a damaged one': [
      { roots: root.pem + blockOf('CERTIFICATE', other.der.subarray(0, 99)) },
      'root-missing file-refused',
    ],
    'that nothing is read beside a request': [
      { roots: root.pem + blockOf('CERTIFICATE REQUEST', other.der.subarray(0, 99)) },
      'root-missing file-refused',
    ],
    'that a damaged CRL or key hides nothing': [
      { roots: blockOf('X509 CRL', root.der) + blockOf('PRIVATE KEY', root.der) + root.pem },
      'ok',
    ],
    'that a folder needs no links, nor names': [{ 'roots/the-root': root.pem }, 'ok'],
    'that a damaged file in a folder hides no other': [
      { 'roots/a.pem': '-----BEGIN CERTIFICATE-----\nMIIB\n', 'roots/b.pem': root.pem },
      'ok',
    ],
    'that a damaged file in a folder hides what else is in it': [
      { 'roots/a.pem': `${root.pem}-----BEGIN CERTIFICATE-----\nMIIB\n` },
      'root-missing absent',
    ],
    'that DER in a folder is none': [{ 'roots/root.der': root.der }, 'root-missing absent'],
  };
  for (const [what, [files, says]] of Object.entries(cases))
    it(what, async (t) => {
      const folder = await temporaryFolder(t);
      await chmod(folder, 0o755); // Exim gives root's rights up before it delivers
      await lay(folder, files);
      await lay(folder, {
        'exim.conf': [
          'keep_environment =',
          'primary_hostname = client.test',
          `exim_path = ${exim ?? ''}`,
          `spool_directory = ${folder}/spool`,
          `log_file_path = ${folder}/spool/%slog`,
          'begin routers',
          'there:',
          '  driver = manualroute',
          `  route_list = * ${server.host}::${server.port} byname`,
          '  self = send',
          '  transport = out',
          'begin transports',
          'out:',
          '  driver = smtp',
          '  hosts_require_tls = *',
          '  hosts_try_dane = :',
          '  tls_verify_hosts = *',
          '  tls_verify_cert_hostnames = :',
          `  tls_verify_certificates = ${folder}/roots`,
          'begin retry',
          '* * F,1h,1h',
          '',
        ].join('\n'),
      });
      await mkdir(join(folder, 'spool'));
      await chown(join(folder, 'spool'), await userId(), await userId());
      const command = [...(await withUser(t)), exim ?? '', '-C', join(folder, 'exim.conf')];
      const [program = '', ...args] = command;

      const stores = await discoverTrustStores({
        platform: 'linux',
        env: {},
        run: (name, options) =>
          name === 'exim4'
            ? runCommand(program, [...args, ...options])
            : Promise.resolve({ absent: true }),
      });
      const store = stores.find(({ kind, mail }) => kind === 'exim' && mail === 'verifies');
      const verdict = await verdictIn(store ?? assert.fail(), root.der);
      assert.equal(verdict, says);

      const said = server.lines.length;
      const sending = run(program, [...args, '-odi', '-oi', '-f', 'a@client.test', 'b@mx.test']);
      sending.child.stdin?.end('Subject: test\n\ntest\n');
      await sending.catch(() => undefined);
      const greetings = server.lines.slice(said).filter((line) => line.startsWith('EHLO'));
      assert.ok(greetings.length > 0);
      // The second is said once the server is known to be the right one
      assert.equal(greetings.length > 1, verdict === 'ok');
    });
});
