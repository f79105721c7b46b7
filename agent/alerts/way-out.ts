/** How requests leave this host: proxy, waits and roots, as the configuration has them. */

import { type ProxySettings, proxySettings } from '../../checks/net/proxy.ts';
import type { Config } from '../config/config.ts';
import { milliseconds } from '../config/duration.ts';
import { readSecret } from '../config/secret.ts';
import { AgentError } from '../errors.ts';
import { platformOf } from '../platform.ts';
import { type Deliver, createDelivery } from './delivery.ts';
import type { AlertingOptions } from './facade.ts';
import { systemRoots } from './system-roots.ts';

export type WayOutOptions = Pick<AlertingOptions, 'env' | 'platform' | 'clock' | 'agentVersion'> & {
  readonly config: Pick<Config, 'proxy' | 'timeouts'>;
  readonly hostName: string;
};

/** @throws AgentError `config-invalid` for a wrong proxy, or as readSecret */
const readProxy = async ({ config, env, platform }: WayOutOptions): Promise<ProxySettings> => {
  const isWord = config.proxy === 'system' || config.proxy === 'none';
  const option = isWord ? config.proxy : await readSecret(config.proxy, env);
  const winHttpSettings =
    platform === 'win32' && option === 'system'
      ? await (await import('../winhttp-settings.ts')).readWinHttpSettings()
      : undefined;
  try {
    return proxySettings(option, {
      platform: platformOf(platform),
      environment: env,
      ...(winHttpSettings && { winHttpSettings }),
    });
  } catch (error) {
    throw new AgentError('config-invalid', (error as Error).message, error);
  }
};

/** @throws AgentError for a proxy that is wrong, or cannot be read */
export const openWayOut = async (options: WayOutOptions): Promise<Deliver> => {
  const { config, env, platform, clock } = options;
  return createDelivery({
    platform: platformOf(platform),
    hostName: options.hostName,
    proxy: await readProxy(options),
    connectTimeoutMs: milliseconds(config.timeouts.connect),
    requestTimeoutMs: milliseconds(config.timeouts.request),
    // Read for each request: there are few, and the list is large.
    roots: () => systemRoots(env),
    elapsed: () => clock.elapsed(),
    now: () => clock.now(),
    userAgent: `certready/${options.agentVersion}`,
  });
};
