/** certready's command line, as the program itself defines it. */

import { type CommandLine, commandLine } from '../agent/completion/command-line.ts';
import { createProgram } from '../agent/commands/program.ts';
import type { Output } from '../agent/commands/surroundings.ts';

const nowhere: Output = { isTTY: false, columns: 80, write: () => Promise.resolve() };

export const programDefinition = (): CommandLine =>
  commandLine(
    createProgram({
      env: {},
      platform: 'linux',
      program: ['/usr/bin/certready'],
      argv: [],
      stdout: nowhere,
      stderr: nowhere,
      signal: new AbortController().signal,
      pid: 0,
      serve: () => undefined,
      exitStatus: () => undefined,
    }),
  );
