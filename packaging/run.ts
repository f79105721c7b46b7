/** Running the programs that packages are made with. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

export interface RunOptions {
  readonly cwd?: string;
  /** Beyond the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * @returns what it said on standard output
 * @throws Error with all that it said, where it fails
 */
export const run = async (
  command: string,
  args: readonly string[],
  { cwd, env = {} }: RunOptions = {},
): Promise<string> => {
  try {
    const { stdout } = await execute(command, args, {
      ...(cwd !== undefined && { cwd }),
      // The language and the time zone of the machine must not show in what is made
      env: { ...process.env, LC_ALL: 'C.UTF-8', TZ: 'UTC', ...env },
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${args.join(' ')} failed\n${stdout}${stderr}`.trimEnd(), {
      cause: error,
    });
  }
};
