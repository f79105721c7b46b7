/** `certready completion SHELL`: what a shell needs to complete certready's command line. */

import { Argument, type Command } from 'commander';
import type { CommandLine } from '../completion/command-line.ts';
import { oneOf } from './options.ts';
import type { Invocation } from './surroundings.ts';

const shells = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof shells)[number];

const renderers: Readonly<Record<Shell, () => Promise<(program: CommandLine) => string>>> = {
  bash: async () => (await import('../completion/bash.ts')).bashCompletion,
  zsh: async () => (await import('../completion/zsh.ts')).zshCompletion,
  fish: async () => (await import('../completion/fish.ts')).fishCompletion,
};

const epilogue = `
Example:
  $ certready completion bash > /etc/bash_completion.d/certready`;

export const addCompletionCommand = (program: Command, { stdout }: Invocation): void => {
  program
    .command('completion')
    .description("a shell's completion of certready's command line")
    .addArgument(
      new Argument('<SHELL>', 'whose script').choices(shells).argParser<Shell>(oneOf(shells)),
    )
    .addHelpText('after', epilogue)
    .action(async (shell: Shell) => {
      const { commandLine } = await import('../completion/command-line.ts');
      const render = await renderers[shell]();
      await stdout.write(render(commandLine(program)));
    });
};
