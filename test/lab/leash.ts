/**
 * Programs that end with this process, however that ends. Those that keep their user are told by the kernel
 * when their parent dies; daemons that change it (squid, Postfix, dnsmasq) would not be, and so live in a process
 * namespace whose first program is told, and which dies with it.
 */

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';

export const leashed = (words: readonly string[], options: SpawnOptions): ChildProcess =>
  spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...words], options);

/** Ends a program and waits until it is gone. */
export const ended = (child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve();
      return;
    }
    const kill = setTimeout(() => child.kill('SIGKILL'), 2000);
    child.once('exit', () => {
      clearTimeout(kill);
      resolve();
    });
    child.kill(signal);
  });

/** Starts a program that does nothing but keep namespaces that unshare(1) makes. @throws where none can be made */
export const holdNamespaces = async (...options: readonly string[]): Promise<ChildProcess> => {
  const script = 'echo ready; exec sleep infinity';
  const words = ['unshare', ...options, '--', 'sh', '-c', script];
  const child = leashed(words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  await new Promise<void>((resolve, reject) => {
    child.stdout?.once('data', () => resolve());
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`no namespaces: ${errors.trim()}`)));
  });
  return child;
};

/** Keeps a process namespace too; all that runs in it is killed with the program that keeps it, by SIGKILL. */
export const holdProcesses = (...options: readonly string[]): Promise<ChildProcess> =>
  holdNamespaces('--pid', '--fork', '--kill-child=KILL', ...options);

/** Runs a command that reads its standard input. @throws with what it said when it fails */
export const feed = async (words: readonly string[], input: string): Promise<void> => {
  const [program = '', ...args] = words;
  const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const done = new Promise<number | null>((resolve) => child.once('close', resolve));
  child.stdin.end(input);
  if ((await done) !== 0)
    throw new Error(`${words.join(' ')} refused\n${input.trim()}\n${errors.trim()}`);
};
