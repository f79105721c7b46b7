/** The machine that certready runs on, as checks see it. */

import { hostname, release } from 'node:os';
import {
  type ConnectRule,
  type NetworkOptions,
  type ResolveOverride,
} from '../checks/net/options.ts';
import { createNetwork } from '../checks/net/network.ts';
import { proxySettings } from '../checks/net/proxy.ts';
import { discoverTrustStores, nodeServiceStores, openTrustStore } from '../checks/stores/index.ts';
import type { NodeService } from '../checks/stores/node.ts';
import type { Host, TrustStore } from '../checks/types.ts';
import { AgentError } from './errors.ts';
import { platformOf } from './platform.ts';
import { version } from './version.ts';

export interface HostOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly resolve: readonly ResolveOverride[];
  readonly connectTo: readonly ConnectRule[];
  /** `system`, `none` or a URL. */
  readonly proxy: string;
  /** The paths that the user named, or the stores that this machine has. */
  readonly trustStores: 'auto' | readonly string[];
  /** Services whose roots are asked for besides. */
  readonly nodeServices?: readonly NodeService[];
}

const asUsage =
  (code: 'usage' | 'trust-store-unreadable') =>
  (error: unknown): never => {
    throw new AgentError(code, error instanceof Error ? error.message : String(error), error);
  };

const proxyOf = async ({ proxy, env, platform }: HostOptions): Promise<NetworkOptions['proxy']> => {
  const winHttpSettings =
    platform === 'win32' && proxy === 'system'
      ? await (await import('./winhttp-settings.ts')).readWinHttpSettings()
      : undefined;
  try {
    return proxySettings(proxy, {
      platform: platformOf(platform),
      environment: env,
      ...(winHttpSettings && { winHttpSettings }),
    });
  } catch (error) {
    return asUsage('usage')(error);
  }
};

/** Stores that are named must be there; the machine's own are looked for when they are asked for. */
const trustStoresOf = async ({
  trustStores,
  platform,
  env,
  nodeServices = [],
}: HostOptions): Promise<Host['trustStores']> => {
  const where = { platform: platformOf(platform), env, nodeServices };
  if (trustStores === 'auto') {
    let discovered: Promise<readonly TrustStore[]> | undefined;
    return () => (discovered ??= discoverTrustStores(where));
  }
  const opened = await Promise.all(
    [...new Set(trustStores)].map((path) =>
      openTrustStore(path).catch(asUsage('trust-store-unreadable')),
    ),
  );
  const all = [...opened, ...(await nodeServiceStores(where))];
  return () => Promise.resolve(all);
};

/** @throws AgentError `usage` for a wrong proxy, `trust-store-unreadable` for a store that is not there */
export const createHost = async (options: HostOptions): Promise<Host> => {
  const [proxy, trustStores] = await Promise.all([proxyOf(options), trustStoresOf(options)]);
  const now = (): Date => new Date();
  const elapsed = (): number => performance.now();
  const name = hostname();
  const platform = platformOf(options.platform);
  return {
    name,
    platform,
    release: release(),
    now,
    elapsed,
    network: createNetwork({
      platform,
      hostName: name,
      elapsed,
      now,
      connectTimeoutMs: options.connectTimeoutMs,
      requestTimeoutMs: options.requestTimeoutMs,
      resolve: options.resolve,
      connectTo: options.connectTo,
      proxy,
      userAgent: `certready/${version}`,
    }),
    trustStores,
  };
};
