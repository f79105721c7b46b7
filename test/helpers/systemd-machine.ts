/**
 * A machine that systemd runs: booted in a container over this machine's own files (systemd-machine.sh), in about a
 * second. It shares this machine's network, so that a lab on loopback can be reached. Needs root.
 */

import { execFile, spawn } from 'node:child_process';
import { access, mkdtemp, readFile, readdir, rm, rmdir } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ended, leashed } from '../lab/leash.ts';
import { lacking } from './programs.ts';

export interface CommandEnd {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface SystemdMachine {
  /** Runs a command there. */
  readonly run: (...command: readonly string[]) => Promise<CommandEnd>;
  /** Runs a script there. @returns what it printed @throws when it fails */
  readonly shell: (script: string) => Promise<string>;
  readonly write: (path: string, text: string) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Why no machine can be booted here, as a reason to skip. */
export const noSystemdMachine = async (): Promise<string | false> => {
  if (userInfo().uid !== 0) return 'needs root';
  return lacking('systemd-nspawn', 'dbus-daemon', 'setpriv', 'nsenter', 'unshare');
};

const bootScript = fileURLToPath(new URL('systemd-machine.sh', import.meta.url));
const repository = fileURLToPath(new URL('../..', import.meta.url));

/** Where Node and the program are found there, wherever they lie here. */
export const nodeInside = '/usr/local/bin/node-under-test';
export const repositoryInside = '/mnt/certready';

const controlGroups = async (): Promise<string> => {
  const both = '/sys/fs/cgroup/unified';
  return access(both).then(
    () => both,
    () => '/sys/fs/cgroup',
  );
};

/** They vanish only from the inside out, and only when the last process is really gone. */
const removeGroups = async (folder: string): Promise<void> => {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries)
    if (entry.isDirectory()) await removeGroups(join(folder, entry.name));
  for (let attempt = 0; attempt < 200; attempt++)
    try {
      await rmdir(folder);
      return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EBUSY')) return;
      await wait(50);
    }
};

const childrenOf = async (parent: number): Promise<number[]> => {
  const path = `/proc/${parent}/task/${parent}/children`;
  return (await readFile(path, 'utf8').catch(() => '')).split(' ').filter(Boolean).map(Number);
};

/** The first program of the container: number 1 in a namespace within that of systemd-nspawn. */
const firstProgram = async (unshare: number): Promise<number | undefined> => {
  const [nspawn = 0] = await childrenOf(unshare);
  for (const child of await childrenOf(nspawn)) {
    const status = await readFile(`/proc/${child}/status`, 'utf8').catch(() => '');
    if (/^NSpid:(?:\s\d+){2}\s1$/m.test(status)) return child;
  }
  return undefined;
};

const environment = {
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C.UTF-8',
  SYSTEMD_PAGER: '',
  SYSTEMD_COLORS: '0',
};

const words = (first: number, command: readonly string[]): string[] => [
  ...['--target', String(first), '--all', '--root', '--wd', '--', '/usr/bin/env', '-i'],
  ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
  ...command,
];

const runInside = (first: number, command: readonly string[]): Promise<CommandEnd> =>
  new Promise((resolve) => {
    execFile('nsenter', words(first, command), (error, stdout, stderr) => {
      const status = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ status, stdout, stderr });
    });
  });

const feedInside = (first: number, script: string, input: string): Promise<number | null> => {
  const child = spawn('nsenter', words(first, ['sh', '-c', script]), {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  child.stdin.end(input);
  return new Promise((resolve) => child.once('close', resolve));
};

export const bootSystemd = async (): Promise<SystemdMachine> => {
  const folder = await mkdtemp(join(tmpdir(), 'certready-machine-'));
  const name = basename(folder).toLowerCase();
  const nspawn = leashed(
    [
      // A process namespace dies with its first program, systemd-nspawn's container not with it.
      ...['unshare', '--mount', '--pid', '--mount-proc', '--fork', '--kill-child=KILL', '--'],
      ...['sh', bootScript, folder, name],
      `--bind-ro=${process.execPath}:${nodeInside}`,
      `--bind-ro=${repository}:${repositoryInside}`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  nspawn.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const stop = async (): Promise<void> => {
    await ended(nspawn, 'SIGKILL');
    await removeGroups(join(await controlGroups(), name));
    await rm(folder, { recursive: true, force: true, maxRetries: 10 });
  };
  let first: number | undefined;
  while ((first = await firstProgram(nspawn.pid ?? 0)) === undefined) {
    if (nspawn.exitCode !== null) {
      await stop();
      throw new Error(`systemd does not boot: ${said.trim()}`);
    }
    await wait(20);
  }
  const leader = first;
  const run = (...command: readonly string[]): Promise<CommandEnd> => runInside(leader, command);
  const isUp = async (): Promise<boolean> => {
    const { stdout } = await run('systemctl', 'is-system-running', '--wait');
    return ['running', 'degraded'].includes(stdout.trim());
  };
  while (!(await isUp())) await wait(20);
  return {
    run,
    async shell(script) {
      const { status, stdout, stderr } = await run('sh', '-euc', script);
      if (status === 0) return stdout;
      throw new Error(`status ${status} of ${script}: ${stderr}`);
    },
    async write(path, text) {
      const status = await feedInside(leader, `cat > '${path}'`, text);
      if (status !== 0) throw new Error(`cannot write ${path} there`);
    },
    stop,
  };
};
