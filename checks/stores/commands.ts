/** Asking a program of this machine: without a shell, with bounds on time and output, and in one language. */

import { execFile } from 'node:child_process';
import type { Platform } from '../types.ts';

export type CommandResult =
  | { readonly output: string }
  /** No such program. */
  | { readonly absent: true }
  /** It failed, was not allowed to run, took too long or said too much. */
  | { readonly failure: string };

export type RunCommand = (program: string, args: readonly string[]) => Promise<CommandResult>;

const limits = { timeoutMs: 5000, bytes: 32 * 1024 * 1024 } as const;

/** System administrators' programs are looked for even where an account's own path lacks their folders. */
const posixEnvironment = {
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin',
  LC_ALL: 'C',
} as const;

/** Windows' programs do not start without the first two, and only its own folder is looked into. */
const windowsEnvironment = (
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> => {
  const windows = env['SystemRoot'] ?? env['windir'] ?? 'C:\\Windows';
  return {
    SystemRoot: windows,
    SystemDrive: env['SystemDrive'] ?? windows.slice(0, 2),
    PATH: `${windows}\\System32`,
  };
};

const failureOf = (program: string, error: Error, stderr: string): string => {
  const said = stderr.trim().split('\n').at(-1)?.slice(0, 200) ?? '';
  if ('killed' in error && error.killed === true)
    return `${program} took longer than ${limits.timeoutMs} ms, or said too much`;
  const isRefused =
    /permission denied|not permitted/i.test(said) || ('code' in error && error.code === 'EACCES');
  const account = isRefused ? '; run certready as root' : '';
  return `${program} failed${said === '' ? '' : `: ${said}`}${account}`;
};

/** Runs programs of this machine with an environment that is made for that alone. */
export const commandRunner =
  (platform: Platform, env: Readonly<Record<string, string | undefined>>): RunCommand =>
  (program, args) =>
    new Promise((resolve) => {
      const options = {
        timeout: limits.timeoutMs,
        maxBuffer: limits.bytes,
        env: platform === 'win32' ? windowsEnvironment(env) : posixEnvironment,
        windowsHide: true,
      };
      try {
        const child = execFile(program, args, options, (error, stdout, stderr) => {
          if (error === null) resolve({ output: stdout });
          else if (error.code === 'ENOENT') resolve({ absent: true });
          else resolve({ failure: failureOf(program, error, stderr) });
        });
        child.stdin?.end();
      } catch (error) {
        // Node throws where the system has no process to give (ENOMEM, E2BIG)
        if (!(error instanceof Error)) throw error;
        resolve({ failure: failureOf(program, error, error.message) });
      }
    });
