/**
 * A healthy certificate authority on loopback, of real parts: an openssl CA, nginx for CRLs and
 * certificates, `openssl ocsp` as responder. Its names end in lab.test and lead here by --connect-to.
 */

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { access, chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The path of a program of this machine, or undefined. */
export const findProgram = async (name: string): Promise<string | undefined> => {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  for (const folder of folders) {
    const path = join(folder, name);
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return undefined;
};

/** Which of these programs this machine lacks, as a reason to skip; false where all are there. */
export const lacking = async (...names: string[]): Promise<string | false> => {
  const missing = [];
  for (const name of names) if ((await findProgram(name)) === undefined) missing.push(name);
  return missing.length === 0 ? false : `needs ${missing.join(', ')}`;
};

/** A TCP port of loopback that was free a moment ago. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

const opensslConfig = `
[req]
distinguished_name = dn
prompt = no
[dn]
CN = unused
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[inter]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[leaf]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:mx.lab.test
[ocsp]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,OCSPSigning
noCheck = ignored
[ca]
default_ca = inter_ca
[root_ca]
database = root.txt
serial = root.srl
crlnumber = root.crlno
new_certs_dir = .
default_md = sha256
default_days = 3650
default_crl_days = 30
policy = any
certificate = root.crt
private_key = root.key
crl_extensions = crl
[inter_ca]
database = inter.txt
serial = inter.srl
crlnumber = inter.crlno
new_certs_dir = .
default_md = sha256
default_days = 365
default_crl_days = 7
policy = any
certificate = inter.crt
private_key = inter.key
crl_extensions = crl
[crl]
authorityKeyIdentifier = keyid
[any]
commonName = supplied
`;

const makePki = async (folder: string): Promise<void> => {
  const openssl = (...args: string[]) => run('openssl', args, { cwd: folder });
  await writeFile(join(folder, 'ca.cnf'), opensslConfig);
  for (const ca of ['root', 'inter']) {
    await writeFile(join(folder, `${ca}.txt`), '');
    await writeFile(join(folder, `${ca}.srl`), '1000\n');
    await writeFile(join(folder, `${ca}.crlno`), '01\n');
  }
  const key = (name: string) =>
    openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', `${name}.key`);
  const request = (name: string, subject: string) =>
    openssl(
      'req',
      '-new',
      '-key',
      `${name}.key`,
      '-subj',
      `/CN=${subject}`,
      '-config',
      'ca.cnf',
      '-out',
      `${name}.csr`,
    );
  const sign = (name: string, ca: string) =>
    openssl(
      'ca',
      '-batch',
      '-notext',
      '-config',
      'ca.cnf',
      '-name',
      ca,
      '-extensions',
      name.split('-')[0] ?? name,
      '-in',
      `${name}.csr`,
      '-out',
      `${name}.crt`,
    );
  await Promise.all(['root', 'inter', 'leaf', 'ocsp-root', 'ocsp-inter'].map(key));
  await openssl(
    'req',
    '-x509',
    '-new',
    '-key',
    'root.key',
    '-subj',
    '/CN=Lab Root R1',
    '-days',
    '3650',
    '-config',
    'ca.cnf',
    '-extensions',
    'root',
    '-out',
    'root.crt',
  );
  await request('inter', 'Lab Issuing CA');
  await sign('inter', 'root_ca');
  await request('leaf', 'mx.lab.test');
  await sign('leaf', 'inter_ca');
  await request('ocsp-root', 'Lab Root OCSP');
  await sign('ocsp-root', 'root_ca');
  await request('ocsp-inter', 'Lab Issuing OCSP');
  await sign('ocsp-inter', 'inter_ca');
  await mkdir(join(folder, 'www'));
  for (const ca of ['root', 'inter']) {
    await openssl(
      'ca',
      '-config',
      'ca.cnf',
      '-name',
      `${ca}_ca`,
      '-gencrl',
      '-out',
      `${ca}.crl.pem`,
    );
    await openssl('crl', '-in', `${ca}.crl.pem`, '-outform', 'DER', '-out', `www/${ca}.crl`);
    await openssl('x509', '-in', `${ca}.crt`, '-outform', 'DER', '-out', `www/${ca}.crt`);
  }
};

const listening = async (port: number): Promise<void> => {
  const { connect } = await import('node:net');
  for (let attempt = 0; attempt < 100; attempt++) {
    const up = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (up) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing listens on port ${port}`);
};

const startNginx = async (folder: string, port: number): Promise<ChildProcess> => {
  const config = join(folder, 'nginx.conf');
  await writeFile(
    config,
    `daemon off; pid ${folder}/nginx.pid; error_log ${folder}/nginx.err; worker_processes 1;
     events {}
     http {
       access_log off; types { application/pkix-crl crl; application/pkix-cert crt; }
       ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/tmp-${name};`).join(' ')}
       server { listen 127.0.0.1:${port}; root ${folder}/www; }
     }`,
  );
  const nginx = spawn(
    (await findProgram('nginx')) ?? 'nginx',
    ['-c', config, '-e', join(folder, 'nginx.err')],
    { stdio: 'ignore' },
  );
  await listening(port);
  return nginx;
};

const startOcsp = async (
  folder: string,
  ca: string,
): Promise<{ child: ChildProcess; port: number }> => {
  const port = await freePort();
  const args = [
    'ocsp',
    '-port',
    String(port),
    '-index',
    `${ca}.txt`,
    '-CA',
    `${ca}.crt`,
    '-rsigner',
    `ocsp-${ca}.crt`,
    '-rkey',
    `ocsp-${ca}.key`,
    '-nmin',
    '60',
    '-ignore_err',
  ];
  const child = spawn('openssl', args, { cwd: folder, stdio: 'ignore' });
  await listening(port);
  return { child, port };
};

export interface LoopbackLab {
  readonly folder: string;
  /** What nginx serves: write here to change it. */
  readonly www: string;
  readonly profile: string;
  /** PEM of the root. */
  readonly root: string;
  readonly ports: { readonly web: number; readonly ocsp: number };
  /** Options of `certready --once` that lead the lab's names to it. */
  readonly options: readonly string[];
  stop(): Promise<void>;
}

/** Up in about a second; needs openssl and nginx. */
export const startLoopbackLab = async (): Promise<LoopbackLab> => {
  const folder = await mkdtemp(join(tmpdir(), 'certready-lab-'));
  await chmod(folder, 0o755);
  await makePki(folder);
  const web = await freePort();
  const nginx = await startNginx(folder, web);
  const ocsp = await startOcsp(folder, 'root');
  const profile = join(folder, 'lab.yaml');
  await writeFile(
    profile,
    `id: lab-r1
title: The lab moves to Lab Root R1
effective: 2018-09-03
endpoints: [crl.lab.test, secure.lab.test, ocsp.lab.test]
authorities:
  - { id: r1, name: Lab Root R1, root: true, certificate: root.crt }
  - { id: inter, name: Lab Issuing CA, issuer: r1, url: "http://secure.lab.test/inter.crt" }
crls:
  - { url: "http://crl.lab.test/root.crl", issuer: r1 }
  - { url: "http://crl.lab.test/inter.crl", issuer: inter }
ocsp:
  - { url: "http://ocsp.lab.test/root", issuer: r1, certificate: inter }
`,
  );
  const to = (host: string, port: number) => ['--connect-to', `${host}:80:127.0.0.1:${port}`];
  return {
    folder,
    www: join(folder, 'www'),
    profile,
    root: await readFile(join(folder, 'root.crt'), 'utf8'),
    ports: { web, ocsp: ocsp.port },
    options: [
      ...['--profile', profile, '--trust-store', join(folder, 'root.crt'), '--proxy', 'none'],
      ...to('crl.lab.test', web),
      ...to('secure.lab.test', web),
      ...to('ocsp.lab.test', ocsp.port),
    ],
    async stop() {
      await Promise.all([nginx, ocsp.child].map(ended));
      await rm(folder, { recursive: true, force: true });
    },
  };
};

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null) resolve();
    else {
      child.once('exit', () => resolve());
      child.kill('SIGTERM');
    }
  });
