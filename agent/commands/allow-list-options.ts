/** The options of `certready profile show … --allow-list`. */

import { type Command, Option } from 'commander';
import type { ResolveOverride } from '../../checks/net/options.ts';
import type { HostPort } from '../../checks/types.ts';
import { AgentError } from '../errors.ts';
import {
  configOption,
  connectTimeoutOption,
  proxyOption,
  resolveOption,
  smtpOption,
} from './once-options.ts';
import { oneOf } from './options.ts';

export const allowListFormats = ['text', 'json', 'csv'] as const;
export type AllowListFormat = (typeof allowListFormats)[number];

export interface AllowListOptions {
  readonly format?: AllowListFormat;
  readonly config?: string;
  readonly smtp?: readonly HostPort[];
  readonly proxy?: string;
  readonly resolve?: readonly ResolveOverride[];
  /** Milliseconds. */
  readonly connectTimeout?: number;
}

const only = 'with --allow-list';

export const addAllowListOptions = (command: Command): Command => {
  command.option('--allow-list', 'what a firewall must allow: names, ports, addresses seen now');
  const options = [
    new Option('-f, --format <FORMAT>', `${only}: ${allowListFormats.join(', ')}`).argParser(
      oneOf(allowListFormats),
    ),
    configOption(),
    smtpOption('mail host to list'),
    proxyOption(),
    resolveOption(),
    connectTimeoutOption('resolving one name'),
  ];
  for (const option of options) command.addOption(option);
  return command;
};

const alone: Readonly<Record<keyof AllowListOptions, string>> = {
  format: '--format',
  config: '--config',
  smtp: '--smtp',
  proxy: '--proxy',
  resolve: '--resolve',
  connectTimeout: '--connect-timeout',
};

/** @throws AgentError `usage` where one of them stands without `--allow-list` */
export const refuseAllowListOptions = (options: AllowListOptions): void => {
  for (const [key, name] of Object.entries(alone))
    if (options[key as keyof AllowListOptions] !== undefined)
      throw new AgentError('usage', `${name}: needed with it: --allow-list`);
};
