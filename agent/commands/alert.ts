/** `certready alert …`: the receivers of alerts. */

import { type Command, InvalidArgumentError, Option } from 'commander';
import { group } from './group.ts';
import { configOption, proxyOption } from './once-options.ts';
import type { Invocation } from './surroundings.ts';

export interface AlertTestOptions {
  readonly config?: string;
  /** Goes before the configuration's. */
  readonly proxy?: string;
  /** Position in the configuration, from 1 on. */
  readonly receiver?: number;
}

const position = (text: string): number => {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Allowed: the position of a receiver in alerts, from 1 on.');
};

const epilogue = `
A test that opens an incident at PagerDuty closes it again; Alertmanager lets it end after five minutes.

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
    .addOption(proxyOption())
    .addOption(
      new Option('--receiver <N>', 'only the receiver at this position').argParser(position),
    )
    .addHelpText('after', epilogue)
    .action(async (options: AlertTestOptions) => {
      const { config, proxy } = program.opts<AlertTestOptions>();
      const before = {
        ...(config !== undefined && { config }),
        ...(proxy !== undefined && { proxy }),
      };
      const { alertTest } = await import('./alert-test.ts');
      invocation.exitStatus(await alertTest({ ...before, ...options }, invocation));
    });
};
