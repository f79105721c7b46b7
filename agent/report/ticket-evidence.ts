/** Reads what a ticket needs from evidence. It may come from outside: nothing is trusted to be there. */

import { isIP } from 'node:net';
import {
  destinationOf,
  hostPortText,
  parseHostPort,
  proxyOf,
  textsOf,
} from '../../checks/words/evidence.ts';
import type { Evidence, HostPort, Json } from '../../checks/types.ts';
import { harmless } from './harmless.ts';
import type { CheckResult, Gap, Report } from './report.ts';
import { type PathGap, pathWords } from './ticket-words.ts';
import { duration } from './words.ts';

/** An address that was tried, with what came of it where the evidence tells. */
export interface TriedAddress {
  readonly address: string;
  readonly outcome?: string;
}

const outcomeOf = (item: Evidence): string => {
  const { result, error, ms } = item;
  const facts = [
    typeof result === 'string' ? (result === 'ok' ? 'connected' : result) : undefined,
    typeof error === 'string' ? error : undefined,
    typeof ms === 'number' ? `${Math.round(ms)} ms` : undefined,
  ];
  return facts
    .filter((fact) => fact !== undefined)
    .map((fact) => harmless(fact, 100))
    .join(', ');
};

const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);
const isRecord = (value: Json): value is Evidence =>
  typeof value === 'object' && value !== null && !isList(value);

const triedAddress = (item: Json): TriedAddress[] => {
  const address = isRecord(item) ? item['address'] : item;
  if (typeof address !== 'string' || isIP(address) === 0) return [];
  const outcome = isRecord(item) ? outcomeOf(item) : '';
  return [{ address, ...(outcome !== '' && { outcome }) }];
};

/** `addresses` and `address` are plain; `results` tells per address what came of it. */
const addressesIn = (evidence: Evidence): TriedAddress[] =>
  [evidence['results'], evidence['addresses'], evidence['address']].flatMap((value) =>
    value === undefined ? [] : isList(value) ? value.flatMap(triedAddress) : triedAddress(value),
  );

const isRedirect = (code: Gap['code']): boolean => code === 'redirected-elsewhere';

/** The address where redirects end is not the destination's. */
const addressesOfGap = ({ code, evidence }: Gap): TriedAddress[] =>
  isRedirect(code) ? [] : addressesIn(evidence);

/** An endpoint check that passed has connected to each of its addresses. */
const addressesOfCheck = ({ kind, status, evidence }: CheckResult): TriedAddress[] => {
  if (kind !== 'endpoint') return [];
  const tried = addressesIn(evidence);
  return status === 'ok'
    ? tried.map((each) => ({ address: each.address, outcome: 'connected' }))
    : tried;
};

/** Every address that the gaps and their checks saw, each once, with its outcome where one is known. */
export const triedAddresses = (
  gaps: readonly Gap[],
  checks: readonly CheckResult[],
): readonly TriedAddress[] => {
  const seen = new Map<string, TriedAddress>();
  for (const tried of [...gaps.flatMap(addressesOfGap), ...checks.flatMap(addressesOfCheck)])
    if (seen.get(tried.address)?.outcome === undefined) seen.set(tried.address, tried);
  return [...seen.values()];
};

/** The addresses of the proxies that were asked. */
export const proxyAddresses = (gaps: readonly Gap[]): readonly string[] =>
  [...new Set(gaps.flatMap(({ evidence }) => triedAddress(evidence['proxyAddress'] ?? null)))].map(
    ({ address }) => address,
  );

/** The addresses that this host's packets left from. */
export const sourceAddresses = ({ gaps, checks }: Report): readonly string[] => {
  const stated = [...gaps, ...checks].flatMap(({ evidence }) => [
    evidence['localAddress'],
    ...(isList(evidence['localAddresses']) ? evidence['localAddresses'] : []),
  ]);
  return [...new Set(stated)].filter(
    (value): value is string => typeof value === 'string' && isIP(value) !== 0,
  );
};

/** Where a gap's packets went: a name's resolvers, a proxy, or the host itself. */
export interface Destination {
  /** HOST:PORT, several resolvers joined by a comma; empty where no resolver is known. */
  readonly place: string;
  /** Every one of them. */
  readonly hostPorts: readonly HostPort[];
  /** The proxy that was asked on the way, HOST:PORT. */
  readonly proxy?: string;
}

const resolversOf = (gap: PathGap): readonly HostPort[] => {
  const stated = gap.target.split(',').flatMap((part) => parseHostPort(part.trim()) ?? []);
  if (stated.length > 0) return stated;
  return textsOf(gap, 'resolvers')
    .filter((text) => text !== 'none')
    .map((text) => parseHostPort(text) ?? { host: text, port: 53 });
};

export const destinationOfGap = (gap: PathGap): Destination => {
  if (pathWords(gap.code).conversation === 'name') {
    const hostPorts = resolversOf(gap);
    return { place: harmless(hostPorts.map(hostPortText).join(', ')), hostPorts };
  }
  const hostPort = destinationOf(gap, gap.code === 'starttls-stripped' ? 25 : 80);
  const proxy = proxyOf(gap);
  const place = harmless(hostPortText(hostPort));
  return {
    place,
    hostPorts: [hostPort],
    ...(proxy !== undefined && proxy !== place && { proxy: harmless(proxy) }),
  };
};

/** The names that the resolver was asked for. */
export const namesAsked = (gap: PathGap): readonly string[] => {
  const names = textsOf(gap, 'names');
  return names.length > 0 ? names.map((name) => harmless(name)) : [harmless(gap.target)];
};

const shownElsewhere = new Set([
  'address',
  'addresses',
  'host',
  'names',
  'port',
  'profile',
  'proxy',
  'resolvers',
  'result',
  'localAddress',
  'localAddresses',
  'overwritten',
  'proxyAddress',
  'url',
]);

/** A plain value, or a list of texts; undefined where it is more than that. */
const plain = (value: Json): string | undefined => {
  if (!isList(value)) return isRecord(value) ? undefined : String(value);
  const texts = value.filter((item) => typeof item === 'string');
  return texts.length > 0 && texts.length === value.length ? texts.join(' ') : undefined;
};

const factText = (key: string, value: Json): string | undefined => {
  if (typeof value === 'number' && key === 'ms') return duration(value);
  if (typeof value === 'number' && key === 'timeoutMs') return `time-out ${duration(value)}`;
  const words = key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  const text = plain(value);
  return text === undefined ? undefined : `${harmless(words, 40)} ${harmless(text, 200)}`;
};

/** The other plain facts of a gap's evidence, e.g. `stage connect, error ECONNREFUSED, 3 ms`. */
export const otherFacts = ({ code, evidence }: Gap): string =>
  Object.entries(evidence)
    .filter(([key]) => !shownElsewhere.has(key) || (key === 'address' && isRedirect(code)))
    .flatMap(([key, value]) => factText(key, value) ?? [])
    .join(', ');
