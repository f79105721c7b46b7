/** `certready explain [CODE]`: what a gap means, its consequence, its fix. */

import type { Command } from 'commander';
import type { Invocation } from './surroundings.ts';

const epilogue = `
Example:
  $ certready explain connect-timeout`;

export const addExplainCommand = (program: Command, invocation: Invocation): void => {
  program
    .command('explain')
    .argument('[CODE]', 'the code or the id of a gap; without it all codes are listed')
    .description('what a gap means, its consequence, its fix')
    .addHelpText('after', epilogue)
    .action(async (code: string | undefined) => {
      const { explain } = await import('../explain.ts');
      await invocation.stdout.write(`${explain(code)}\n`);
    });
};
