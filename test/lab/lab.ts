/** The firewall lab, ready to ask: what `npm run lab` opens by hand and the fault tables run through. */

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Report } from '../../agent/report/report.ts';
import { lacking } from '../helpers/programs.ts';
import { addressIn, type Family, type Fault } from './faults/fault.ts';
import { ended, holdProcesses } from './leash.ts';
import { type Namespaces, bringUp } from './namespaces.ts';
import { makeLabPki } from './pki.ts';
import { profileText } from './profile.ts';
import { startServices } from './services/index.ts';

export const program = fileURLToPath(new URL('../../dist/certready.js', import.meta.url));

const parts = [
  'ip',
  'nft',
  'nsenter',
  'unshare',
  'setpriv',
  'ss',
  'perl',
  'openssl',
  'nginx',
  'dnsmasq',
];

/** Why the lab cannot run here, or false. */
export const labLacks = async (): Promise<string | false> => {
  if (process.getuid?.() !== 0) return 'needs root, for network namespaces';
  const missing = await lacking(...parts, 'unbound', 'squid', 'postfix');
  if (missing !== false) return missing;
  try {
    await ended(await holdProcesses('--net', '--mount'), 'SIGKILL');
    return false;
  } catch (error) {
    return (error as Error).message;
  }
};

export interface Answer {
  /** -1 where it was ended. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly elapsedMs: number;
}

/** Runs a command to its end, whatever that is. */
export const answerOf = (
  [file = '', ...args]: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<Answer> =>
  new Promise((resolve) => {
    const started = performance.now();
    const options = { env: environment, timeout: 60_000, maxBuffer: 2 ** 24 };
    execFile(file, args, options, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ exitCode, stdout, stderr, elapsedMs: performance.now() - started });
    });
  });

/** Short waits, so that a table of faults is over soon, seconds. */
export const shortTimeouts = { connect: 1.2, request: 2.4 } as const;
/** Those of certready itself. */
export const usualTimeouts = { connect: 5, request: 15 } as const;

export const timeoutsOf = ({ patient }: Fault): { connect: number; request: number } =>
  patient ? usualTimeouts : shortTimeouts;

/** The mail server's resolver: it knows the family's addresses, and is asked by that protocol. */
export const usualResolvers = (family: Family): readonly string[] => {
  if (family === 'both') return [addressIn('dns', 'ipv4')];
  return [addressIn(family === 'ipv4' ? 'dnsIpv4' : 'dnsIpv6', family)];
};

export interface FirewallLab {
  readonly net: Namespaces;
  readonly folder: string;
  /** The words that run a command on the mail server, with a resolv.conf of its own. */
  onMailServer(command: readonly string[], resolvers: readonly string[]): Promise<string[]>;
  /** The words that ask certready about a profile that the fault may add to. */
  certready(fault: Fault, family: Family, format?: string): Promise<string[]>;
  /** Makes the fault, acts, and undoes it. */
  during<T>(fault: Fault, act: () => Promise<T>): Promise<T>;
  /** Asks certready while the fault is there. */
  ask(fault: Fault, family: Family): Promise<Answer & { readonly report: Report }>;
  down(): Promise<void>;
}

export interface LabOptions {
  /** How many certificates the issuing CA's CRL names: its size. */
  readonly revoked?: number;
}

const open = async (folder: string, { revoked = 5000 }: LabOptions): Promise<FirewallLab> => {
  await makeLabPki(folder, revoked);
  const net = await bringUp();
  try {
    await startServices(net, folder);
  } catch (error) {
    await net.down();
    throw error;
  }
  let files = 0;
  const file = async (name: string, text: string): Promise<string> => {
    const path = join(folder, `${(files += 1)}-${name}`);
    await writeFile(path, text);
    return path;
  };

  const onMailServer: FirewallLab['onMailServer'] = async (command, resolvers) => {
    const lines = [...resolvers.map((address) => `nameserver ${address}`), 'options timeout:1', ''];
    const script = 'mount --bind "$0" /etc/resolv.conf && exec "$@"';
    const path = await file('resolv.conf', lines.join('\n'));
    return net.on('mx', 'unshare', '--mount', '--', 'sh', '-c', script, path, ...command);
  };

  const certready: FirewallLab['certready'] = async (fault, family, format = 'json') => {
    // Authorities' files stand beside the profile
    const profile = await file('profile.yaml', profileText(fault));
    const timeouts = timeoutsOf(fault);
    const options = [
      ...['--once', '--format', format, '--profile', profile],
      ...['--trust-store', join(folder, 'root.crt')],
      ...['--connect-timeout', String(timeouts.connect), '--timeout', String(timeouts.request)],
      ...(fault.mail ? ['--smtp', 'mx.lab.test'] : []),
      ...(fault.options?.(family) ?? ['--proxy', 'none']),
    ];
    const resolvers = (fault.resolvers ?? usualResolvers)(family);
    return onMailServer([process.execPath, program, ...options], resolvers);
  };

  return {
    net,
    folder,
    onMailServer,
    certready,
    async during(fault, act) {
      await fault.make?.(net);
      try {
        return await act();
      } finally {
        await net.reset();
      }
    },
    async ask(fault, family) {
      const words = await certready(fault, family);
      const environment = { PATH: process.env['PATH'], ...fault.environment };
      const answer = await answerOf(words, environment);
      if (!answer.stdout.startsWith('{'))
        throw new Error(`certready gave no report: ${answer.stderr.trim()}`);
      return { ...answer, report: JSON.parse(answer.stdout) as Report };
    },
    async down() {
      await net.down();
      // Its programs end soon after the one that held them
      await rm(folder, { recursive: true, force: true, maxRetries: 10 });
    },
  };
};

const prefix = 'certready-firewall-lab-';

/** Folders of labs whose process was killed before it could clean up. */
const removeLeftovers = async (): Promise<void> => {
  const names = await readdir(tmpdir());
  for (const name of names.filter((each) => each.startsWith(prefix))) {
    const folder = join(tmpdir(), name);
    const owner = await readFile(join(folder, 'owner'), 'latin1').catch(() => '');
    const isAlive = owner === '' || (await readFile(`/proc/${owner}/stat`).catch(() => undefined));
    if (isAlive === undefined) await rm(folder, { recursive: true, force: true });
  }
};

export const openLab = async (options: LabOptions = {}): Promise<FirewallLab> => {
  await removeLeftovers();
  const folder = await mkdtemp(join(tmpdir(), prefix));
  await writeFile(join(folder, 'owner'), String(process.pid));
  try {
    return await open(folder, options);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
};
