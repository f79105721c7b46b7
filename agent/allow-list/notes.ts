/** What whoever makes rules of an allow-list has to know. */

import type { Profile } from '../../checks/types.ts';
import type { AllowListEntry } from './schema.ts';

export const changingAddresses =
  'Addresses of content delivery networks change without notice, some within minutes: allow the name where the firewall can, and make this list again where it takes addresses alone.';

const proxyNote = (proxies: readonly string[]): string =>
  `This host goes out through the proxy ${proxies.join(', ')}: the firewall has to let this host reach the proxy, and the proxy reach the rest. The proxy resolves those names itself, so their addresses are to be looked up there.`;

const httpNote =
  'Plain HTTP is intended: CRLs, OCSP responses and certificates of CAs carry signatures of their own. A proxy or firewall must hand them on unchanged: no login, no block page, no TLS in their place.';

const mailNote =
  'Mail itself is not on this list: it needs TCP port 25 to your mail host. Name it by --smtp HOST, or in the configuration, and it is.';

const successorNote = (successor: string): string =>
  `This change has a successor, ${successor}: it needs a list of its own (certready profile show ${successor} --allow-list).`;

export const notesOn = (
  entries: readonly AllowListEntry[],
  { supersededBy }: Profile,
): readonly string[] => {
  const proxies = [...new Set(entries.flatMap(({ proxy }) => proxy ?? []))];
  const has = (service: AllowListEntry['service']): boolean =>
    entries.some((entry) => entry.service === service);
  return [
    changingAddresses,
    ...(proxies.length > 0 ? [proxyNote(proxies)] : []),
    ...(has('http') ? [httpNote] : []),
    ...(has('smtp') ? [] : [mailNote]),
    ...(supersededBy === undefined ? [] : [successorNote(supersededBy)]),
  ];
};
