/**
 * A healthy certificate authority on loopback, of real parts: an openssl CA, nginx for CRLs and
 * certificates, `openssl ocsp` as responder behind nginx: a connection without a request, as the endpoint
 * check makes it, leaves openssl spinning. The lab's names end in lab.test and lead here by --connect-to.
 */

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './free-port.ts';
import { labProfile } from './lab-profile.ts';
import { makeOpensslPki } from './openssl-pki.ts';
import { findProgram } from './programs.ts';
import { untilOpen } from './until-open.ts';

const run = promisify(execFile);

/** What is asked by GET is answered from a file, as caches do (RFC 5019 section 5). */
const cachedOcsp = 'if ($request_method = GET) { rewrite ^ /root.ocsp last; }';

const startNginx = async (
  folder: string,
  port: number,
  ocsp: { front: number; responder: number; cached: boolean },
): Promise<ChildProcess> => {
  const config = join(folder, 'nginx.conf');
  await writeFile(
    config,
    `daemon off; pid ${folder}/nginx.pid; error_log ${folder}/nginx.err; worker_processes 1;
     events {}
     http {
       access_log off; log_format asked '$request_method $status';
       types { application/pkix-crl crl; application/pkix-cert crt; application/ocsp-response ocsp; }
       ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/tmp-${name};`).join(' ')}
       server { listen 127.0.0.1:${port}; root ${folder}/www; }
       server {
         listen 127.0.0.1:${ocsp.front};
         access_log ${folder}/ocsp.log asked;
         location / {
           proxy_http_version 1.0; proxy_ignore_client_abort on;
           ${ocsp.cached ? cachedOcsp : ''}
           proxy_pass http://127.0.0.1:${ocsp.responder};
         }
         location = /root.ocsp { internal; root ${folder}/www; }
       }
     }`,
  );
  const nginx = spawn(
    (await findProgram('nginx')) ?? 'nginx',
    ['-c', config, '-e', join(folder, 'nginx.err')],
    { stdio: 'ignore' },
  );
  await untilOpen(nginx, port);
  return nginx;
};

/** It says so on its standard error when it waits for connections. */
const waiting = (child: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('waiting for OCSP client connections')) resolve();
    });
    child.once('exit', () => reject(new Error(`openssl ocsp ended: ${said}`)));
  });

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
  const child = spawn('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  await waiting(child);
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
  /** What nginx was asked for OCSP answers, and its status: `GET 304`, from the oldest on. */
  ocspLog(): Promise<readonly string[]>;
  /** Options of `certready --once` that lead the lab's names to it. */
  readonly options: readonly string[];
  stop(): Promise<void>;
}

/** One answer about the issuing CA, for an hour. */
const makeCachedOcsp = async (folder: string): Promise<void> => {
  const by = ['-index', 'root.txt', '-CA', 'root.crt', '-rsigner', 'ocsp-root.crt', '-rkey'];
  const about = ['-issuer', 'root.crt', '-cert', 'inter.crt', '-no_nonce'];
  const request = ['ocsp', ...about, '-reqout', 'root.req'];
  const args = ['ocsp', ...by, 'ocsp-root.key', '-nmin', '60', '-reqin', 'root.req'];
  await run('openssl', request, { cwd: folder });
  await run('openssl', [...args, '-respout', 'www/root.ocsp'], { cwd: folder });
};

export interface LabOptions {
  /** GET to the responder is answered from a file, with validators; see ocspLog. */
  readonly cachedOcsp?: boolean;
}

/** Seconds: all that the lab does comes, however busy this machine is. */
export const labTimeouts = { connect: 30, request: 60 } as const;

/** Up in about a second; needs openssl and nginx. */
export const startLoopbackLab = async (options: LabOptions = {}): Promise<LoopbackLab> => {
  const folder = await mkdtemp(join(tmpdir(), 'certready-lab-'));
  await chmod(folder, 0o755);
  await makeOpensslPki(folder);
  const { cachedOcsp: cached = false } = options;
  if (cached) await makeCachedOcsp(folder);
  const web = await freePort();
  const ocsp = await startOcsp(folder, 'root');
  const front = await freePort();
  const nginx = await startNginx(folder, web, { front, responder: ocsp.port, cached });
  const profile = join(folder, 'lab.yaml');
  await writeFile(profile, labProfile({ more: 'effective: 2018-09-03\n' }));
  const to = (host: string, port: number) => ['--connect-to', `${host}:80:127.0.0.1:${port}`];
  return {
    folder,
    www: join(folder, 'www'),
    profile,
    root: await readFile(join(folder, 'root.crt'), 'utf8'),
    ports: { web, ocsp: front },
    options: [
      ...['--profile', profile, '--trust-store', join(folder, 'root.crt'), '--proxy', 'none'],
      ...['--connect-timeout', String(labTimeouts.connect)],
      ...['--timeout', String(labTimeouts.request)],
      ...to('crl.lab.test', web),
      ...to('secure.lab.test', web),
      ...to('ocsp.lab.test', front),
    ],
    async ocspLog() {
      const log = await readFile(join(folder, 'ocsp.log'), 'utf8');
      return log.split('\n').filter((line) => line !== '');
    },
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
