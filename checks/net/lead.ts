/** Where would this host connect to for a target? Names are resolved, nothing is dialled. */

import type { HostPort, ResolveResult } from '../types.ts';
import { hostPort } from './address.ts';
import type { Dialer } from './dial.ts';
import { sourceAddress } from './ipv6.ts';
import { probeUrl } from './probe-proxy.ts';
import type { Ways } from './way.ts';

/** This host's own addresses, one of each protocol, by its routes. */
const sourceAddresses = async (
  addresses: readonly { readonly address: string; readonly family: 4 | 6 }[],
): Promise<readonly string[]> => {
  const asked = ([4, 6] as const).flatMap(
    (family) => addresses.find((address) => address.family === family)?.address ?? [],
  );
  const found = await Promise.all(asked.map(sourceAddress));
  return found.filter((address) => address !== undefined);
};

/** @throws the signal's reason when the run is aborted */
export const resolveTarget = async (
  { dialer, ways }: { readonly dialer: Dialer; readonly ways: Ways },
  target: HostPort,
  signal: AbortSignal,
): Promise<ResolveResult> => {
  const proxy = ways.proxyFor(probeUrl(target));
  const { resolution } = proxy
    ? await ways.proxyDialer.route(proxy, { signal })
    : await dialer.route(target, { signal });
  const { addresses = [], finding } = resolution;
  return {
    ...(proxy && { proxy: hostPort(proxy) }),
    addresses: addresses.map(({ address }) => address),
    localAddresses: await sourceAddresses(addresses),
    ...(finding && { finding }),
  };
};
