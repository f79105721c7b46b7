/** From which of its addresses this host spoke: whoever looks for a rule or a log line needs it. */

import { isIP } from 'node:net';
import type { Finding, Json } from '../types.ts';
import { sourceAddress } from './ipv6.ts';

const texts = (value: Json | undefined): readonly string[] =>
  (Array.isArray(value) ? value : [value]).filter(
    (item): item is string => typeof item === 'string',
  );

/** Where the packets went: the address that was dialled, or the resolvers that were asked. */
const destinations = ({ code, evidence }: Finding): readonly string[] => {
  const resolvers = texts(evidence['resolvers']).map((server) =>
    server.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1'),
  );
  const addresses = code === 'dns-sinkhole' ? [] : texts(evidence['addresses']);
  return [...texts(evidence['address']), ...resolvers, ...addresses].filter(
    (text) => isIP(text) !== 0,
  );
};

/** The finding with `localAddress`, where the way or the routes tell it; of both protocols, `localAddresses`. */
export const withLocalAddress = async (finding: Finding): Promise<Finding> => {
  const known = texts(finding.evidence['localAddress']);
  const there = destinations(finding);
  const other = there.find((address) => isIP(address) !== isIP(known[0] ?? there[0] ?? ''));
  const asked = [...(known.length > 0 ? [] : there.slice(0, 1)), ...(other ? [other] : [])];
  const found = await Promise.all(asked.map(sourceAddress));
  const all = [...known, ...found.filter((address) => address !== undefined)];
  const [localAddress] = all;
  if (localAddress === undefined) return finding;
  return {
    ...finding,
    evidence: { ...finding.evidence, localAddress, ...(all.length > 1 && { localAddresses: all }) },
  };
};
