/** `certready service …`: the agent as a service of the system. */

import { type Command, InvalidArgumentError, Option } from 'commander';
import { isServiceName, serviceNameText } from '../../service/service-manager.ts';
import { group } from './group.ts';
import { configOption } from './once-options.ts';
import { oneOf } from './options.ts';
import type { Invocation } from './surroundings.ts';

export const statusFormats = ['text', 'json'] as const;

export interface ServiceOptions {
  readonly name: string;
  readonly config?: string;
  readonly dryRun?: true;
  readonly format: (typeof statusFormats)[number];
}

const verbs = {
  install: 'register the service to start with the system, or update it; it is not started yet',
  uninstall: 'stop and remove the service; configuration and state stay',
  start: 'start it, and wait until it is ready',
  stop: 'stop it, and wait until it has ended',
} as const;
export type ServiceVerb = keyof typeof verbs;

const serviceName = (text: string): string => {
  if (isServiceName(text)) return text;
  throw new InvalidArgumentError(`Allowed: ${serviceNameText}.`);
};

const nameOption = (): Option =>
  new Option('--name <NAME>', 'of the service, for several instances')
    .argParser(serviceName)
    .default('certready');

const changeEpilogue = (verb: ServiceVerb): string => `
Exit status: 0 done, or nothing to do; 3 not done, and whatever was begun is undone.

Example:
  $ certready service ${verb}${verb === 'install' ? ' --config /etc/certready/config.yaml' : ''}`;

const statusEpilogue = `
Exit status, as of systemctl: 0 running, 3 not running, 4 not installed or not known.

Example:
  $ certready service status --format json`;

export const addServiceCommand = (program: Command, invocation: Invocation): void => {
  const service = group(program.command('service'))
    .description('the agent as a service of the system')
    .addHelpText('after', '\nExample:\n  $ certready service install --dry-run');
  // What the program itself knows too is taken by it wherever it stands.
  const withProgramOptions = (options: ServiceOptions): ServiceOptions => ({
    ...program.opts<Pick<ServiceOptions, 'config'>>(),
    ...options,
  });
  for (const [verb, description] of Object.entries(verbs) as [ServiceVerb, string][]) {
    const command = service.command(verb).description(description).addOption(nameOption());
    if (verb === 'install') command.addOption(configOption());
    command
      .addOption(new Option('--dry-run', 'print what would be done, and do nothing'))
      .addHelpText('after', changeEpilogue(verb))
      .action(async (options: ServiceOptions) => {
        const { changeService } = await import('./service-change.ts');
        await changeService(verb, withProgramOptions(options), invocation);
      });
  }
  service
    .command('status')
    .description('state, last run, verdict, next run, outbox, problems')
    .addOption(nameOption())
    .addOption(
      new Option('-f, --format <FORMAT>', statusFormats.join(', '))
        .argParser(oneOf(statusFormats))
        .default('text'),
    )
    .addHelpText('after', statusEpilogue)
    .action(async (options: ServiceOptions) => {
      const { serviceStatus } = await import('./service-status.ts');
      invocation.exitStatus(await serviceStatus(options, invocation));
    });
};
