/** `certready licenses`: the licence of certready and of everything inside it. */

import type { Command } from 'commander';
import type { Invocation } from './surroundings.ts';

export const addLicensesCommand = (program: Command, { stdout }: Invocation): void => {
  program
    .command('licenses')
    .description('the licence of certready and of everything inside it')
    .addHelpText('after', '\nExample:\n  $ certready licenses | less')
    .action(async () => {
      const { notices } = await import('../third-party.ts');
      await stdout.write(notices);
    });
};
