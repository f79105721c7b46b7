/** The push that the configuration asks for: where to, with which secrets, by which way, and what. */

import { hostname, platform } from 'node:os';
import type { Deliver } from '../alerts/delivery.ts';
import { type Config, type OtlpReceiver, defaultConfig } from '../config/config.ts';
import { milliseconds } from '../config/duration.ts';
import { readSecret } from '../config/secret.ts';
import type { Collector } from './collector.ts';
import type { MetricsOptions } from './facade.ts';
import { otlpRequest } from './otlp.ts';
import { Pusher, type PusherOptions } from './pusher.ts';

const defaultInterval = '60s';
const defaultPath = '/v1/metrics';

type Env = MetricsOptions['env'];
type Network = Pick<Config, 'proxy' | 'timeouts'>;

/** @throws AgentError as readSecret */
const readPlace = async (
  { url: text, headers = {}, interval = defaultInterval }: OtlpReceiver,
  env: Env,
): Promise<Pick<PusherOptions, 'url' | 'headers' | 'intervalMs'>> => {
  const url = new URL(await readSecret(text, env));
  if (url.pathname === '/') url.pathname = defaultPath;
  const read = Object.entries(headers).map(
    async ([name, value]) => [name.toLowerCase(), await readSecret(value, env)] as const,
  );
  return {
    url: url.href,
    headers: Object.fromEntries(await Promise.all(read)),
    intervalMs: milliseconds(interval),
  };
};

/** What there is to deliver with; it is opened anew when the configuration's network has changed. */
const wayOut = ({ env, version, now, network }: MetricsOptions): (() => Promise<Deliver>) => {
  const open = async (config: Network): Promise<Deliver> => {
    const { openWayOut } = await import('../alerts/way-out.ts');
    const clock = { now, elapsed: () => performance.now() };
    const host = { hostName: hostname(), platform: platform(), agentVersion: version };
    return openWayOut({ config, env, clock, ...host });
  };
  let opened: { readonly key: string; readonly deliver: Deliver } | undefined;
  return async () => {
    const { proxy, timeouts } = network?.() ?? defaultConfig('');
    const key = JSON.stringify([proxy, timeouts]);
    if (opened?.key !== key) opened = { key, deliver: await open({ proxy, timeouts }) };
    return opened.deliver;
  };
};

/** @throws AgentError as readSecret */
export const openPusher = async (
  otlp: OtlpReceiver,
  options: MetricsOptions,
  { collector, done }: { readonly collector: Collector } & Pick<PusherOptions, 'done'>,
): Promise<Pusher> => {
  const { env, version, now } = options;
  const source = {
    ...{ version, hostName: hostname(), platform: platform() },
    startedAt: collector.createdAt,
  };
  const body = async (): Promise<string> =>
    JSON.stringify(otlpRequest(await collector.values(), { ...source, now: now() }));
  const place = await readPlace(otlp, env);
  return new Pusher({ ...place, body, deliver: wayOut(options), now, random: Math.random, done });
};
