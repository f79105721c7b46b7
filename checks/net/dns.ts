/** From a name to addresses, or to the reason why there are none. */

import type { Evidence, Finding, GapCode, Platform } from '../types.ts';
import { type Address, isUnroutable } from './address.ts';
import { type Answers, type QueryOptions, queryName, serverList, serverName } from './dns-query.ts';
import { throwIfStopped } from './retry.ts';
import { type LookupResult, hasResolver, isInHostsFile, systemLookup } from './system-lookup.ts';

export interface ResolveOptions extends QueryOptions {
  readonly platform: Platform;
}

/** Where addresses come from; `dns` also means whatever else nsswitch.conf names. */
export type AddressSource = 'literal' | 'override' | 'hosts' | 'dns';

export type Resolution =
  | {
      readonly addresses: readonly Address[];
      readonly source: AddressSource;
      readonly finding?: undefined;
    }
  | { readonly addresses?: undefined; readonly source: AddressSource; readonly finding: Finding };

const isLocalName = (name: string): boolean => /(?:^|\.)localhost$/i.test(name);

/** Resolves to `value`, or to undefined once `ms` have passed. */
const within = async <T>(value: Promise<T>, ms: number): Promise<T | undefined> => {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), Math.max(0, ms));
  });
  try {
    return await Promise.race([value, timeout]);
  } finally {
    clearTimeout(timer);
  }
};

const codes = {
  'not-found': 'dns-not-found',
  failure: 'dns-failure',
  silent: 'dns-timeout',
} as const satisfies Record<string, GapCode>;

/** What the system says wins where it says something; the servers know why it says nothing. */
const verdict = (
  lookup: LookupResult | undefined,
  { answer }: Answers,
): { addresses: readonly Address[] } | { code: GapCode; error: string } => {
  if (lookup?.addresses && lookup.addresses.length > 0) return { addresses: lookup.addresses };
  if (answer.kind !== 'found')
    return {
      code: codes[answer.kind],
      error: answer.kind === 'silent' ? 'ETIMEOUT' : answer.error,
    };
  // The servers know the name and the system is sure that it does not: nsswitch.conf may leave DNS out.
  if (lookup?.error === 'ENOTFOUND') return { code: 'dns-not-found', error: 'ENOTFOUND' };
  return { addresses: answer.addresses };
};

/**
 * Asks the servers first and the system only where its answer will come soon: a getaddrinfo that waits for
 * a dead server holds one of the few threads of the process, and even its exit, for up to half a minute.
 * On Windows it holds no exit, and knows rules that the servers do not (policies, VPNs): it is asked at once.
 */
const askAll = async (
  name: string,
  options: ResolveOptions,
): Promise<{ lookup: LookupResult | undefined; answers: Answers }> => {
  const start = options.elapsed();
  const left = (): number => start + options.budgetMs - options.elapsed();
  if (options.servers) return { lookup: undefined, answers: await queryName(name, options) };
  if (options.platform !== 'win32') {
    const answers = await queryName(name, options);
    const lookup = answers.prompt ? await within(systemLookup(name), left()) : undefined;
    return { lookup, answers };
  }
  const asked = systemLookup(name);
  const stop = new AbortController();
  const queried = queryName(name, {
    ...options,
    signal: AbortSignal.any([options.signal, stop.signal]),
  });
  queried.catch(() => undefined); // the stop below; an abort of the run is awaited further down
  const early = await within(asked, options.budgetMs / 2);
  if (early?.addresses) {
    stop.abort();
    return {
      lookup: early,
      answers: { answer: { kind: 'found', addresses: early.addresses }, prompt: true },
    };
  }
  const answers = await queried;
  const lookup =
    early ?? (answers.answer.kind === 'found' ? undefined : await within(asked, left()));
  return { lookup, answers };
};

/** A public name that leads nowhere is somebody's block list. */
const sinkhole = (
  name: string,
  addresses: readonly Address[],
  more: Evidence = {},
): Finding | undefined =>
  isLocalName(name) || addresses.length === 0 || !addresses.every(isUnroutable)
    ? undefined
    : {
        code: 'dns-sinkhole',
        target: name,
        evidence: { addresses: addresses.map(({ address }) => address), stage: 'dns', ...more },
      };

/** An unspecified address in a hosts file blocks; a loopback address may well be a local forwarder. */
const fromHostsFile = async (
  name: string,
  options: ResolveOptions,
): Promise<Resolution | undefined> => {
  if (options.servers || !(await isInHostsFile(name, options.platform))) return undefined;
  const start = options.elapsed();
  const { addresses } = (await within(systemLookup(name), options.budgetMs)) ?? {};
  const ms = Math.round(options.elapsed() - start);
  if (!addresses || addresses.length === 0) return undefined;
  const blocked = addresses.every(({ address }) => /^(?:0\.0\.0\.0|::)$/.test(address));
  const finding = blocked ? sinkhole(name, addresses, { ms, source: 'hosts file' }) : undefined;
  return finding ? { source: 'hosts', finding } : { source: 'hosts', addresses };
};

/** Why a name has no address. */
const unresolved = async (
  name: string,
  { code, error }: { code: GapCode; error: string },
  { servers: given, platform, elapsed, start }: ResolveOptions & { readonly start: number },
): Promise<Resolution> => {
  const servers = serverList(given);
  const configured = await hasResolver(servers, platform);
  const ms = Math.round(elapsed() - start);
  return {
    source: 'dns',
    finding: {
      code: configured || code === 'dns-not-found' ? code : 'dns-failure',
      target: name,
      evidence: {
        resolvers: configured ? servers.map(serverName) : ['none'],
        error,
        stage: 'dns',
        ms,
      },
    },
  };
};

/** What it means that no answer came since `start`. */
export const unanswered = (
  name: string,
  options: ResolveOptions,
  start: number,
): Promise<Resolution> =>
  unresolved(name, { code: 'dns-timeout', error: 'ETIMEOUT' }, { ...options, start });

/**
 * Resolves a name within the budget. Findings name it as their target and carry the servers that were asked
 * as `resolvers` (`none` where none is configured).
 * @throws the signal's reason when the run is aborted
 */
export const resolveName = async (name: string, options: ResolveOptions): Promise<Resolution> => {
  const start = options.elapsed();
  const local = await fromHostsFile(name, options);
  if (local) return local;
  const { lookup, answers } = await askAll(name, options);
  const found = verdict(lookup, answers);
  throwIfStopped(options.signal);
  if ('addresses' in found) {
    const ms = Math.round(options.elapsed() - start);
    const resolvers = serverList(options.servers).map(serverName);
    const finding = sinkhole(name, found.addresses, { ms, resolvers });
    if (finding) return { source: 'dns', finding };
    const routable = isLocalName(name)
      ? found.addresses
      : found.addresses.filter((address) => !isUnroutable(address));
    return { source: 'dns', addresses: routable };
  }
  return unresolved(name, found, { ...options, start });
};
