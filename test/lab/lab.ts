/** The firewall lab, ready to ask: what `npm run lab` opens by hand and the fault table runs through. */

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Report } from '../../agent/report/report.ts';
import { makeOpensslPki } from '../helpers/openssl-pki.ts';
import { lacking } from '../helpers/programs.ts';
import type { Fault } from './faults.ts';
import { type Namespaces, bringUp, ipv4 } from './namespaces.ts';
import { startServices } from './services.ts';

export const program = fileURLToPath(new URL('../../dist/certready.js', import.meta.url));

/** Why the lab cannot run here, or false. */
export const labLacks = async (): Promise<string | false> => {
  if (process.getuid?.() !== 0) return 'needs root, for network namespaces';
  return lacking(
    'ip',
    'nft',
    'nsenter',
    'unshare',
    'openssl',
    'nginx',
    'dnsmasq',
    'unbound',
    'squid',
  );
};

const profileText = (extraHost?: string): string => `id: lab-r1
title: The lab moves to Lab Root R1
endpoints: [crl.lab.test, secure.lab.test, ocsp.lab.test${extraHost === undefined ? '' : `, ${extraHost}`}]
authorities:
  - { id: r1, name: Lab Root R1, root: true, certificate: root.crt }
  - { id: inter, name: Lab Issuing CA, issuer: r1, url: "http://secure.lab.test/inter.crt" }
crls:
  - { url: "http://crl.lab.test/root.crl", issuer: r1 }
  - { url: "http://crl.lab.test/inter.crl", issuer: inter }
ocsp:
  - { url: "http://ocsp.lab.test/root", issuer: r1, certificate: inter }
`;

export interface Answer {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly elapsedMs: number;
}

export interface FirewallLab {
  readonly net: Namespaces;
  readonly folder: string;
  /** The words that run a command on the mail server, with its own resolv.conf. */
  onMailServer(command: readonly string[], resolvers?: readonly string[]): Promise<string[]>;
  /** Makes the fault, asks certready, undoes the fault. */
  ask(fault: Fault): Promise<Answer & { readonly report: Report }>;
  down(): Promise<void>;
}

/** Short waits, so that a table of faults is over soon, seconds. */
export const timeouts = { connect: 1.5, request: 3 } as const;

const answerOf = (command: readonly string[], environment: NodeJS.ProcessEnv): Promise<Answer> =>
  new Promise((resolve) => {
    const [file = '', ...args] = command;
    const started = performance.now();
    execFile(
      file,
      args,
      { env: environment, timeout: 60_000, maxBuffer: 2 ** 24 },
      (error, stdout, stderr) => {
        const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ exitCode, stdout, stderr, elapsedMs: performance.now() - started });
      },
    );
  });

export const openLab = async (): Promise<FirewallLab> => {
  const folder = await mkdtemp(join(tmpdir(), 'certready-firewall-'));
  await makeOpensslPki(folder, { revoked: 5000 });
  const net = await bringUp();
  const down = async (): Promise<void> => {
    await net.down();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await startServices(net, folder);
  } catch (error) {
    await down();
    throw error;
  }

  const onMailServer = async (
    command: readonly string[],
    resolvers: readonly string[] = [ipv4('dns')],
  ) => {
    const file = join(folder, 'resolv.conf');
    await writeFile(
      file,
      [
        ...resolvers.map((address) => `nameserver ${address}`),
        'options timeout:1 attempts:2',
        '',
      ].join('\n'),
    );
    return net.on(
      'mx',
      'unshare',
      '--mount',
      'sh',
      '-c',
      'mount --bind "$0" /etc/resolv.conf && exec "$@"',
      file,
      ...command,
    );
  };

  return {
    net,
    folder,
    onMailServer,
    async ask(fault) {
      const profile = join(folder, 'lab.yaml');
      await writeFile(profile, profileText(fault.extraHost));
      const proxy = fault.options?.includes('--proxy') === true ? [] : ['--proxy', 'none'];
      const command = [
        ...[process.execPath, program, '--once', '--format', 'json', '--profile', profile],
        ...['--trust-store', join(folder, 'root.crt')],
        ...['--connect-timeout', String(timeouts.connect), '--timeout', String(timeouts.request)],
        ...proxy,
        ...(fault.options ?? []),
      ];
      await fault.make?.(net);
      try {
        const words = await onMailServer(command, fault.resolvers);
        const answer = await answerOf(words, { PATH: process.env['PATH'], ...fault.environment });
        return { ...answer, report: JSON.parse(answer.stdout) as Report };
      } finally {
        await net.reset();
      }
    },
    down,
  };
};
