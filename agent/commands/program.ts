/** The command line: what can be asked, and how a wrong one is answered. */

import { Command, CommanderError } from 'commander';
import { AgentError } from '../errors.ts';
import { version } from '../version.ts';
import { addAlertCommand } from './alert.ts';
import { addCompletionCommand } from './completion.ts';
import { addConfigCommand } from './config.ts';
import { addExplainCommand } from './explain.ts';
import { addHelperCommand } from './helper-process.ts';
import { addLicensesCommand } from './licenses.ts';
import { addOnce } from './once-options.ts';
import { addProfileCommand } from './profile.ts';
import { addServiceCommand } from './service.ts';
import type { Invocation, Surroundings } from './surroundings.ts';

const epilogue = `
Without a command and --once it is the agent: it runs by the configuration's schedule until it is told to
end, tells what changes, and reads the configuration again at SIGHUP or when a file changes.

Exit status of --once: 0 ready, 1 warning, 2 not ready, 3 unknown or usage error.

Example:
  $ certready --once --profile exchange-online-globalsign-r1
  $ certready --config /etc/certready/config.yaml`;

/** All commands and options, as commander knows them. */
export const createProgram = (invocation: Invocation): Command => {
  const program = new Command('certready')
    .description('Would this host survive the certificate change? Whose gap is it, and what to do?')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .enablePositionalOptions()
    .addHelpText('after', epilogue);
  addOnce(program, invocation);
  addExplainCommand(program, invocation);
  addProfileCommand(program, invocation);
  addConfigCommand(program, invocation);
  addAlertCommand(program, invocation);
  addHelperCommand(program, invocation);
  addServiceCommand(program, invocation);
  addCompletionCommand(program, invocation);
  addLicensesCommand(program, invocation);
  return program;
};

/** Makes a command and all below it throw what is wrong and collect what they print. */
const capture = (command: Command, texts: { out: string }): void => {
  // Only groups take words beyond their own, to say which ones they know.
  if (command.commands.length === 0) command.allowExcessArguments(false);
  command.exitOverride().configureOutput({
    writeOut: (text) => {
      texts.out += text;
    },
    writeErr: () => undefined, // what is thrown says it
  });
  for (const subcommand of command.commands) capture(subcommand, texts);
};

const usageError = ({ message }: CommanderError): AgentError =>
  new AgentError(
    'usage',
    message.replace(/^error: /, '').replace(/\n\(Did you mean (.*)\?\)$/s, ', did you mean $1?'),
  );

/**
 * Runs one command line (without the program's own name).
 * @returns the exit status
 * @throws AgentError `usage` for a wrong command line, and whatever the command throws
 */
export const runCommand = async (
  argv: readonly string[],
  surroundings: Surroundings,
): Promise<number> => {
  let status = 0;
  const texts = { out: '' };
  const program = createProgram({
    ...surroundings,
    argv,
    exitStatus: (given) => {
      status = given;
    },
  });
  capture(program, texts);
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw usageError(error);
    await surroundings.stdout.write(texts.out);
  }
  return status;
};
