/** What a firewall must allow for a profile, with the addresses that this host sees now. */

import { gaps } from '../../checks/gaps.ts';
import { mailPorts } from '../../checks/net/proxy.ts';
import type { Host, HostPort, Profile, ResolveResult } from '../../checks/types.ts';
import { parseHostPort } from '../host-port.ts';
import { type Need, needsOf } from './needs.ts';
import { notesOn } from './notes.ts';
import { rootUpdateSources } from './root-updates.ts';
import type { AllowList, AllowListEntry } from './schema.ts';

export interface AllowListOptions {
  /** Mail hosts. */
  readonly smtp: readonly HostPort[];
  readonly signal: AbortSignal;
}

const serviceOf = ({ port, purposes }: Need): AllowListEntry['service'] => {
  if (purposes.includes('proxy')) return 'http-proxy';
  if (purposes.includes('smtp') || mailPorts.has(port)) return 'smtp';
  return port === 443 ? 'https' : 'http';
};

const unresolved = ({ addresses, finding }: ResolveResult): Pick<AllowListEntry, 'problem'> => {
  if (addresses.length > 0 || !finding) return {};
  const { code } = finding;
  return { problem: { code, summary: gaps[code].summary(finding) } };
};

const entryOf = (need: Need, result: ResolveResult): AllowListEntry => ({
  name: need.host,
  port: need.port,
  protocol: 'tcp',
  service: serviceOf(need),
  purposes: need.purposes,
  urls: need.urls,
  addresses: result.addresses,
  ...unresolved(result),
});

/** A destination that a proxy connects to, which also resolves its name. */
const entryBehind = (proxy: string, need: Need): AllowListEntry => ({
  ...entryOf(need, { addresses: [], localAddresses: [] }),
  proxy,
});

/** The proxies themselves, each once. */
const proxyEntries = (results: readonly ResolveResult[]): readonly AllowListEntry[] => {
  const byProxy = new Map(
    results.flatMap((result) => (result.proxy === undefined ? [] : [[result.proxy, result]])),
  );
  return [...byProxy].flatMap(([proxy, result]) => {
    const place = parseHostPort(proxy, 80);
    return place ? [entryOf({ ...place, purposes: ['proxy'], urls: [] }, result)] : [];
  });
};

/**
 * Resolves all names at once; one that does not resolve says why.
 * @throws the signal's reason when it aborts
 */
export const buildAllowList = async (
  profile: Profile,
  host: Host,
  { smtp, signal }: AllowListOptions,
): Promise<AllowList> => {
  const rootUpdates = await rootUpdateSources(host, signal);
  const resolvedAt = host.now().toISOString();
  const needs = needsOf(profile, { smtp, rootUpdates: rootUpdates.urls });
  const resolved = await Promise.all(
    needs.map(async (need) => ({ need, result: await host.network.resolve(need, signal) })),
  );
  const results = resolved.map(({ result }) => result);
  const all = resolved.map(({ need, result }) =>
    result.proxy === undefined ? entryOf(need, result) : entryBehind(result.proxy, need),
  );
  const entries = [
    ...proxyEntries(results),
    ...all.filter(({ proxy }) => proxy === undefined),
    ...all.filter(({ proxy }) => proxy !== undefined),
  ];
  return {
    schemaVersion: 1,
    profile: { id: profile.id, title: profile.title },
    resolvedAt,
    host: {
      name: host.name,
      addresses: [...new Set(results.flatMap(({ localAddresses }) => localAddresses))],
    },
    entries,
    notes: [...notesOn(entries, profile), ...rootUpdates.notes],
  };
};
