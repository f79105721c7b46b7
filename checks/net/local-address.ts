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

/** The finding with `localAddress`, where the way or the routes tell it. */
export const withLocalAddress = async (finding: Finding): Promise<Finding> => {
  const [destination] = destinations(finding);
  if (destination === undefined || finding.evidence['localAddress'] !== undefined) return finding;
  const localAddress = await sourceAddress(destination);
  return localAddress === undefined
    ? finding
    : { ...finding, evidence: { ...finding.evidence, localAddress } };
};
