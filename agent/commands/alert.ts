/** `certready alert …`: the receivers of alerts. */

import { type Command, InvalidArgumentError, Option } from 'commander';
import { group } from './group.ts';
import { configOption } from './once-options.ts';
import type { Invocation } from './surroundings.ts';

export interface AlertTestOptions {
  readonly config?: string;
  /** Position in the configuration, from 1 on. */
  readonly receiver?: number;
}

const position = (text: string): number => {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Allowed: the position of a receiver in alerts, from 1 on.');
};

const epilogue = `
Exit status: 0 all receivers took it, 2 some did not, 3 there are none, or the configuration is wrong.

Example:
  $ certready alert test --receiver 1`;

export const addAlertCommand = (program: Command, invocation: Invocation): void => {
  const alert = group(program.command('alert'))
    .description('the receivers of alerts')
    .addHelpText('after', '\nExample:\n  $ certready alert test');
  alert
    .command('test')
    .description('send a test to every configured receiver and print what it answers')
    .addOption(configOption())
    .addOption(
      new Option('--receiver <N>', 'only the receiver at this position').argParser(position),
    )
    .addHelpText('after', epilogue)
    .action(async (options: AlertTestOptions) => {
      const config = options.config ?? program.opts<AlertTestOptions>().config;
      const { alertTest } = await import('./alert-test.ts');
      const status = await alertTest(
        { ...options, ...(config !== undefined && { config }) },
        invocation,
      );
      invocation.exitStatus(status);
    });
};
