/** The way out of this host: what checks ask of the network, and what each failure of it means. */

import { setMaxListeners } from 'node:events';
import type { Finding, Network } from '../types.ts';
import { createDialer } from './dial.ts';
import { fetchUrl } from './fetch.ts';
import type { NetworkOptions } from './options.ts';
import { probeDirectly } from './probe.ts';
import { probeThroughProxy, probeUrl } from './probe-proxy.ts';
import { createWays } from './way.ts';

export type { NetworkOptions } from './options.ts';

/** Loaded here: where all is well nobody asks for routes. */
const placed = async (finding: Finding): Promise<Finding> => {
  const { withLocalAddress } = await import('./local-address.ts');
  return withLocalAddress(finding);
};

const placedAll = async <T extends { readonly findings: readonly Finding[] }>(
  result: T,
): Promise<T> => ({ ...result, findings: await Promise.all(result.findings.map(placed)) });

export const createNetwork = (options: NetworkOptions): Network => {
  const dialer = createDialer(options);
  const ways = createWays(options, dialer);
  /** One signal ends a whole run: many requests listen to it, and that is no leak. */
  const shared = (signal: AbortSignal): AbortSignal => {
    setMaxListeners(0, signal);
    return signal;
  };
  return {
    async probe(target, signal) {
      const proxy = ways.proxyFor(probeUrl(target));
      return placedAll(
        proxy
          ? await probeThroughProxy({ options, ways, proxy }, target, shared(signal))
          : await probeDirectly({ options, dialer }, target, shared(signal)),
      );
    },
    async fetch(request, signal) {
      const result = await fetchUrl({ options, ways }, request, shared(signal));
      return result.finding ? { ...result, finding: await placed(result.finding) } : result;
    },
    async resolve(target, signal) {
      // Loaded here: a run has no use for it.
      const { resolveTarget } = await import('./lead.ts');
      return resolveTarget({ dialer, ways }, target, shared(signal));
    },
    async starttls(target, starttlsOptions, signal) {
      // Loaded here: most runs ask no mail host.
      const { starttls } = await import('./starttls.ts');
      const { elapsed, hostName, requestTimeoutMs: timeoutMs } = options;
      const context = { dialer, elapsed, hostName, timeoutMs, signal: shared(signal) };
      return placedAll(await starttls(target, starttlsOptions, context));
    },
  };
};
