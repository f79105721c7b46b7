/** Runs a piece of code in a network namespace of its own, where nothing but what is set up exists. */

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { lacking } from '../helpers/programs.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

/** Why there can be no namespaces here, or false. */
export const namespacesLack = async (): Promise<string | false> =>
  process.getuid?.() === 0 ? await lacking('unshare', 'ip') : 'needs root, for a network namespace';

/** `setup` are lines of `ip`; the loopback interface is up before them. `script` is a module that prints JSON. */
export const inNamespace = async (setup: readonly string[], script: string): Promise<unknown> => {
  const lines = ['ip link set lo up', ...setup.map((line) => `ip ${line}`), 'exec "$@"'].join(
    ' && ',
  );
  const node = [process.execPath, '--import', 'tsx', '--input-type=module', '-e', script];
  const { stdout } = await run('unshare', ['--net', 'sh', '-c', lines, 'sh', ...node], {
    cwd: root,
    timeout: 120_000,
  });
  return JSON.parse(stdout) as unknown;
};
