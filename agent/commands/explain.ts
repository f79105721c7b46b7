/** `certready explain [CODE]`: what a gap means, its consequence, its fix. */

import type { Command } from 'commander';
import { didYouMean } from '../documents/suggest.ts';
import { AgentError } from '../errors.ts';
import { platformOf } from '../platform.ts';
import type { Invocation } from './surroundings.ts';

const epilogue = `
Example:
  $ certready explain connect-timeout`;

export const addExplainCommand = (program: Command, invocation: Invocation): void => {
  program
    .command('explain')
    .argument('[CODE]', 'the code of a gap; without it all codes are listed')
    .description('what a gap means, its consequence, its fix')
    .addHelpText('after', epilogue)
    .action(async (code: string | undefined) => {
      const { explainGap, isGapCode, listGaps, gapCodes } = await import('./gap-words.ts');
      const { columns } = invocation.stdout;
      if (code === undefined) return invocation.stdout.write(listGaps(columns));
      if (!isGapCode(code))
        throw new AgentError(
          'usage',
          `explain: unknown code "${code}"${didYouMean(code, gapCodes)}; "certready explain" lists all`,
        );
      return invocation.stdout.write(
        explainGap(code, { columns, platform: platformOf(invocation.platform) }),
      );
    });
};
