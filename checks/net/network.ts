/** The way out of this host: what checks ask of the network, and what each failure of it means. */

import { setMaxListeners } from 'node:events';
import type { Network } from '../types.ts';
import { createDialer } from './dial.ts';
import { fetchUrl } from './fetch.ts';
import type { NetworkOptions } from './options.ts';
import { probeDirectly } from './probe.ts';
import { probeThroughProxy, probeUrl } from './probe-proxy.ts';
import { createWays } from './way.ts';

export type { NetworkOptions } from './options.ts';

export const createNetwork = (options: NetworkOptions): Network => {
  const dialer = createDialer(options);
  const ways = createWays(options, dialer);
  /** One signal ends a whole run: many requests listen to it, and that is no leak. */
  const shared = (signal: AbortSignal): AbortSignal => {
    setMaxListeners(0, signal);
    return signal;
  };
  return {
    probe(target, signal) {
      const proxy = ways.proxyFor(probeUrl(target));
      return proxy
        ? probeThroughProxy({ options, ways, proxy }, target, shared(signal))
        : probeDirectly({ options, dialer }, target, shared(signal));
    },
    fetch: (request, signal) => fetchUrl({ options, ways }, request, shared(signal)),
    async starttls(target, starttlsOptions, signal) {
      // Loaded here: most runs ask no mail host.
      const { starttls } = await import('./starttls.ts');
      const { elapsed, hostName, requestTimeoutMs: timeoutMs } = options;
      const context = { dialer, elapsed, hostName, timeoutMs, signal: shared(signal) };
      return starttls(target, starttlsOptions, context);
    },
  };
};
