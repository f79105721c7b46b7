import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { type Socket, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { starttls } from '../../checks/net/starttls.ts';
import type { StarttlsResult } from '../../checks/types.ts';
import { freePort } from '../helpers/free-port.ts';
import { makeCa } from '../helpers/private-ca.ts';
import { lacking } from '../helpers/programs.ts';
import { startSmtpServer } from '../helpers/smtp-server.ts';
import { untilOpen } from '../helpers/until-open.ts';
import { dnsName, subjectAltName } from '../helpers/x509-writer.ts';

const root = makeCa({ name: 'Root' });
const ca = root.issue({ name: 'CA', ca: true });
const leaf = ca.issue({
  name: 'CN=mx.example.com',
  key: 'rsa',
  extensions: [subjectAltName(dnsName('mx.example.com'))],
});

const dialled = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(socket)).once('error', reject);
  });

const ask = (port: number): Promise<StarttlsResult> =>
  starttls(
    { host: 'mx.example.com', port: 25 },
    {},
    {
      dialer: {
        dial: async () => {
          const socket = await dialled(port);
          const addresses = [{ address: '127.0.0.1', family: 4 as const, ms: 0 }];
          return { stages: [], addresses, socket, address: '127.0.0.1' };
        },
      },
      elapsed: () => performance.now(),
      hostName: 'client.example.org',
      timeoutMs: 60_000,
      signal: new AbortController().signal,
    },
  );

const stop = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
};

describe('openssl s_server behind STARTTLS', { skip: await lacking('openssl') }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'starttls-'));
  const staple = Buffer.from('30030a0106', 'hex'); // OCSPResponse: unauthorized
  writeFileSync(join(folder, 'leaf.pem'), leaf.pem);
  writeFileSync(join(folder, 'leaf.key'), leaf.keyPem);
  writeFileSync(join(folder, 'chain.pem'), ca.pem + root.pem);
  writeFileSync(join(folder, 'staple.der'), staple);
  after(() => rmSync(folder, { recursive: true }));

  for (const [option, protocol] of [
    ['-tls1_3', 'TLSv1.3'],
    ['-tls1_2', 'TLSv1.2'],
    ['-tls1_1', 'TLSv1.1'],
    ['-tls1', 'TLSv1'],
  ] as const)
    it(`${protocol}: chain as sent, and the stapled response`, async () => {
      const port = await freePort();
      const files = ['-cert', 'leaf.pem', '-key', 'leaf.key', '-cert_chain', 'chain.pem'];
      const how = ['-accept', `127.0.0.1:${port}`, option, '-cipher', 'DEFAULT@SECLEVEL=0'];
      const child = spawn(
        'openssl',
        ['s_server', '-quiet', ...how, ...files, '-status_file', 'staple.der'],
        { cwd: folder, stdio: ['pipe', 'ignore', 'ignore'] },
      );
      // it has no SMTP of its own: the front hands over after STARTTLS
      const front = await startSmtpServer({
        onStarttls: (socket) => socket.pipe(connect({ host: '127.0.0.1', port })).pipe(socket),
      });
      try {
        await untilOpen(child, port);
        const result = await ask(front.port);
        assert.deepEqual(result.findings, []);
        assert.equal(result.tls?.protocol, protocol);
        assert.deepEqual(
          result.tls.certificates.map((der) => Buffer.from(der)),
          [leaf.der, ca.der, root.der],
        );
        assert.deepEqual(Buffer.from(result.tls.stapledOcsp ?? []), staple);
      } finally {
        await front.close();
        await stop(child);
      }
    });
});

const postfixMissing =
  (await lacking('postfix', 'postconf')) ||
  (process.getuid?.() === 0 ? false : 'starting Postfix needs root');

describe('Postfix as a mail host', { skip: postfixMissing }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'starttls-postfix-'));
  const config = join(folder, 'conf');
  let port = 0;
  let master: ChildProcess | undefined;

  before(async () => {
    port = await freePort();
    chmodSync(folder, 0o755);
    mkdirSync(config);
    mkdirSync(join(folder, 'spool'));
    mkdirSync(join(folder, 'data'));
    execFileSync('chown', ['postfix', join(folder, 'data')]);
    const keyFile = join(folder, 'leaf.pem');
    writeFileSync(keyFile, leaf.keyPem + leaf.pem + ca.pem, { mode: 0o600 });
    const main = {
      compatibility_level: '3.6',
      queue_directory: join(folder, 'spool'),
      data_directory: join(folder, 'data'),
      mail_owner: 'postfix',
      setgid_group: 'postdrop',
      myhostname: 'mx.example.com',
      mydestination: '',
      inet_interfaces: '127.0.0.1',
      inet_protocols: 'ipv4',
      smtpd_tls_security_level: 'may',
      smtpd_tls_chain_files: keyFile,
      smtpd_relay_restrictions: 'reject',
      maillog_file: '/dev/stdout',
      maillog_file_prefixes: '/dev/stdout',
    };
    writeFileSync(
      join(config, 'main.cf'),
      Object.entries(main)
        .map(([key, value]) => `${key} = ${value}\n`)
        .join(''),
    );
    // every daemon that an idle smtpd asks for
    const services = [
      `127.0.0.1:${port} inet n - n - - smtpd`,
      'pickup unix n - n 60 1 pickup',
      'cleanup unix n - n - 0 cleanup',
      'qmgr unix n - n 300 1 qmgr',
      'tlsmgr unix - - n 1000? 1 tlsmgr',
      'rewrite unix - - n - - trivial-rewrite',
      'anvil unix - - n - 1 anvil',
      'proxymap unix - - n - - proxymap',
      'postlog unix-dgram n - n - 1 postlogd',
    ];
    writeFileSync(join(config, 'master.cf'), services.map((line) => `${line}\n`).join(''));
    master = spawn('postfix', ['-c', config, 'start-fg'], {
      stdio: ['ignore', 'ignore', 'ignore'],
      detached: true,
    });
    await untilOpen(master, port);
  });

  after(async () => {
    // The daemon's master has a session of its own, and its number in a file
    const pidFile = join(folder, 'spool/pid/master.pid');
    if (existsSync(pidFile)) {
      const ended = new Promise((resolve) => master?.once('exit', resolve));
      process.kill(Number(readFileSync(pidFile, 'latin1').trim()), 'SIGTERM');
      await ended;
    }
    rmSync(folder, { recursive: true, maxRetries: 10 }); // its daemons end after it
  });

  it('shows its greeting, its session and its chain', async () => {
    const result = await ask(port);
    assert.deepEqual(result.findings, []);
    assert.match(result.banner ?? '', /^220 mx\.example\.com ESMTP Postfix/);
    assert.equal(result.tls?.protocol, 'TLSv1.3');
    assert.deepEqual(
      result.tls.certificates.map((der) => Buffer.from(der)),
      [leaf.der, ca.der],
    );
  });
});
