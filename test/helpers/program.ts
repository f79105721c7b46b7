/** Runs certready inside the test: what it says on either stream, and how it ends. */

import { runCommand } from '../../agent/commands/program.ts';
import type { Output } from '../../agent/commands/surroundings.ts';
import { AgentError, errorLines } from '../../agent/errors.ts';
import { failureExitCode } from '../../agent/report/exit-code.ts';

export interface ProgramEnd {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The code of the error that ended it. */
  readonly code?: string;
}

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly platform?: NodeJS.Platform;
  /** Whether the streams are terminals. */
  readonly isTTY?: boolean;
  readonly signal?: AbortSignal;
}

export const runProgram = async (
  argv: readonly string[],
  { env = {}, platform = 'linux', isTTY = false, signal }: ProgramOptions = {},
): Promise<ProgramEnd> => {
  const said = { stdout: '', stderr: '' };
  const output = (name: keyof typeof said): Output => ({
    isTTY,
    columns: 80,
    write: (text) => {
      said[name] += text;
      return Promise.resolve();
    },
  });
  const end = { stdout: output('stdout'), stderr: output('stderr') };
  try {
    const status = await runCommand(argv, {
      // No file of this machine's is to be found by default.
      env: { CERTREADY_CONFIG: '/dev/null', ...env },
      platform,
      signal: signal ?? new AbortController().signal,
      pid: process.pid,
      program: [process.execPath],
      serve: () => undefined,
      ...end,
    });
    return { status, ...said };
  } catch (error) {
    said.stderr += errorLines(error);
    const code = error instanceof AgentError ? error.code : 'fault';
    return { status: failureExitCode, code, ...said };
  }
};
