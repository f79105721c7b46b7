/** The options of `certready --once`. */

import { type Command, Option } from 'commander';
import type { ConnectRule, ResolveOverride } from '../../checks/net/options.ts';
import { type CheckKind, type HostPort, checkKinds } from '../../checks/types.ts';
import { type LogLevel, logLevels } from '../diagnostics.ts';
import { useCompilers } from '../engine.ts';
import { AgentError } from '../errors.ts';
import { type ReportFormat, reportFormats } from '../report/render.ts';
import { unknownSubcommand } from './group.ts';
import {
  connectRule,
  each,
  nonEmpty,
  oneOf,
  resolveOverride,
  seconds,
  smtpHost,
  time,
} from './options.ts';
import type { Invocation } from './surroundings.ts';

export interface OnceOptions {
  readonly once?: true;
  readonly config?: string;
  readonly profile?: readonly string[];
  readonly format: ReportFormat;
  readonly output: string;
  readonly check?: readonly CheckKind[];
  readonly skip?: readonly CheckKind[];
  readonly trustStore?: readonly string[];
  readonly smtp?: readonly HostPort[];
  readonly at?: Date;
  readonly resolve?: readonly ResolveOverride[];
  readonly connectTo?: readonly ConnectRule[];
  readonly proxy?: string;
  /** Milliseconds. */
  readonly connectTimeout?: number;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly quiet?: true;
  readonly verbose: number;
  readonly color: boolean;
  readonly logLevel?: LogLevel;
}

export const configOption = (): Option =>
  new Option(
    '-c, --config <FILE>',
    'configuration, YAML or JSON; else $CERTREADY_CONFIG, else the default place',
  ).argParser(nonEmpty);

export const smtpOption = (description: string): Option =>
  new Option('--smtp <HOST[:PORT]>', `${description}; repeatable`).argParser(each(smtpHost));

export const resolveOption = (): Option =>
  new Option('--resolve <HOST:PORT:ADDR[,ADDR]>', 'as in curl; repeatable').argParser(
    each(resolveOverride),
  );

export const proxyOption = (): Option =>
  new Option('--proxy <URL|system|none>', 'how to get out (default: system)').argParser(nonEmpty);

export const connectTimeoutOption = (description: string): Option =>
  new Option('--connect-timeout <S>', `seconds for ${description} (default: 5)`).argParser(seconds);

const askOptions = (): readonly Option[] => [
  new Option('--once', 'run every check once, print the report, exit'),
  configOption(),
  new Option('-p, --profile <ID|FILE>', 'profile to ask about; repeatable').argParser(
    each(nonEmpty),
  ),
  new Option('--check <KIND>', 'ask only this kind; repeatable')
    .choices(checkKinds)
    .argParser(each(oneOf(checkKinds))),
  new Option('--skip <KIND>', 'do not ask this kind; repeatable')
    .choices(checkKinds)
    .argParser(each(oneOf(checkKinds))),
  new Option(
    '--trust-store <PATH>',
    'PEM bundle, folder of certificates or keystore instead of the discovered stores; repeatable',
  ).argParser(each(nonEmpty)),
  smtpOption('mail host whose STARTTLS certificate is judged'),
  new Option('--at <TIME>', 'judge validity as of this ISO 8601 time').argParser(time),
];

const networkOptions = (): readonly Option[] => [
  resolveOption(),
  new Option('--connect-to <HOST1:PORT1:HOST2:PORT2>', 'as in curl; repeatable').argParser(
    each(connectRule),
  ),
  proxyOption(),
  connectTimeoutOption('one TCP connection'),
  new Option('--timeout <S>', 'seconds for one whole request (default: 15)').argParser(seconds),
];

const outputOptions = (): readonly Option[] => [
  new Option('-f, --format <FORMAT>', "the report's form")
    .choices(reportFormats)
    .argParser(oneOf(reportFormats))
    .default('text'),
  new Option('-o, --output <FILE>', 'write the report there, atomically; - is standard output')
    .argParser(nonEmpty)
    .default('-'),
  new Option('-q, --quiet', 'errors alone on standard error, no progress'),
  new Option('-v, --verbose', 'say more on standard error; twice for all')
    .argParser((_value, previous: number) => previous + 1)
    .default(0, 'off'),
  new Option('--no-color', 'no colours'),
  new Option('--log-level <LEVEL>', 'what goes to standard error')
    .choices(logLevels)
    .argParser(oneOf(logLevels)),
];

/** How much is said, where an option says it. */
export const toldLogLevel = ({
  logLevel,
  quiet,
  verbose,
}: Pick<OnceOptions, 'logLevel' | 'quiet' | 'verbose'>): LogLevel | undefined => {
  if (logLevel) return logLevel;
  if (quiet) return 'error';
  return verbose === 0 ? undefined : verbose === 1 ? 'info' : 'debug';
};

/** Makes the program itself run the checks: once, or on schedule. */
export const addOnce = (program: Command, invocation: Invocation): void => {
  for (const option of [...askOptions(), ...networkOptions(), ...outputOptions()])
    program.addOption(option);
  program
    .allowExcessArguments()
    .hook('preSubcommand', () => {
      if (program.opts<OnceOptions>().once)
        throw new AgentError('usage', '--once stands alone: it takes no command');
    })
    .action(async (options: OnceOptions) => {
      if (program.args.length > 0) throw unknownSubcommand(program);
      if (options.once) {
        useCompilers();
        const { once } = await import('./once.ts');
        invocation.exitStatus(await once(options, invocation));
      } else {
        const { runAgent } = await import('./agent.ts');
        invocation.exitStatus(await runAgent(options, invocation));
      }
    });
};
