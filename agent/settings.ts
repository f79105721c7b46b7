/** What a run asks, and how: the command line over the configuration. */

import { type CheckKind, type HostPort, type Profile, checkKinds } from '../checks/types.ts';
import type { OnceOptions } from './commands/once-options.ts';
import { smtpPort } from './commands/options.ts';
import type { Surroundings } from './commands/surroundings.ts';
import type { Config } from './config/config.ts';
import { milliseconds } from './config/duration.ts';
import { type LoadedConfig, loadConfig } from './config/load.ts';
import { AgentError } from './errors.ts';
import type { HostOptions } from './host.ts';
import { parseHostPort } from './host-port.ts';
import { loadProfiles } from './profiles/load.ts';

/** The options that say what is asked, and how; `--once` and the agent have them alike. */
export type AskOptions = Pick<
  OnceOptions,
  | 'config'
  | 'profile'
  | 'check'
  | 'skip'
  | 'trustStore'
  | 'smtp'
  | 'at'
  | 'resolve'
  | 'connectTo'
  | 'proxy'
  | 'connectTimeout'
  | 'timeout'
>;

export interface Settings extends LoadedConfig {
  readonly profiles: readonly Profile[];
  readonly kinds: ReadonlySet<CheckKind>;
  readonly smtp: readonly HostPort[];
  readonly at?: Date;
  readonly host: HostOptions;
}

const kindsOf = ({ check = checkKinds, skip = [] }: AskOptions): ReadonlySet<CheckKind> => {
  const kinds = new Set(check.filter((kind) => !skip.includes(kind)));
  if (kinds.size > 0) return kinds;
  throw new AgentError('usage', '--check and --skip leave nothing to ask');
};

/** The proxy of the configuration may be kept elsewhere. */
const proxyOf = async (
  { proxy }: AskOptions,
  config: Config,
  env: Surroundings['env'],
): Promise<string> => {
  if (proxy !== undefined) return proxy;
  if (config.proxy === 'system' || config.proxy === 'none') return config.proxy;
  return (await import('./config/secret.ts')).readSecret(config.proxy, env);
};

const hostOptions = async (
  options: AskOptions,
  config: Config,
  { env, platform }: Pick<Surroundings, 'env' | 'platform'>,
): Promise<HostOptions> => ({
  env,
  platform,
  connectTimeoutMs: options.connectTimeout ?? milliseconds(config.timeouts.connect),
  requestTimeoutMs: options.timeout ?? milliseconds(config.timeouts.request),
  resolve: options.resolve ?? [],
  connectTo: options.connectTo ?? [],
  proxy: await proxyOf(options, config, env),
  trustStores:
    options.trustStore ??
    (config.trustStores === 'auto' ? 'auto' : config.trustStores.map(({ path }) => path)),
  nodeServices: options.trustStore ? [] : config.nodeServices,
});

/** @throws AgentError for whatever is wrong with the command line, the configuration or a profile */
export const loadSettings = async (
  options: AskOptions,
  surroundings: Pick<Surroundings, 'env' | 'platform'>,
): Promise<Settings> => {
  const kinds = kindsOf(options);
  const loaded = await loadConfig({ file: options.config, ...surroundings });
  const { config } = loaded;
  const [profiles, host] = await Promise.all([
    loadProfiles(options.profile ?? config.profiles),
    hostOptions(options, config, surroundings),
  ]);
  return {
    ...loaded,
    profiles,
    kinds,
    smtp: options.smtp ?? config.smtp.flatMap((text) => parseHostPort(text, smtpPort) ?? []),
    ...(options.at && { at: options.at }),
    host,
  };
};
