/** A way to a host: its name resolved, its addresses dialled, each stage timed and each fault named. */

import type { Socket } from 'node:net';
import type { AddressResult, Finding, HostPort, Stage } from '../types.ts';
import { hostPort, parseAddress } from './address.ts';
import { type DeadAddress, connectAny } from './connect.ts';
import type { Resolution } from './dns.ts';
import { createNames } from './names.ts';
import { type NetworkOptions, connectTarget, overriddenAddresses } from './options.ts';

/** Where a target leads, after --connect-to and --resolve. */
export interface Route {
  readonly stages: readonly Stage[];
  /** The port that is dialled; findings still name the target's own. */
  readonly port: number;
  readonly resolution: Resolution;
}

/** An open connection, or why there is none; the stages `dns` (where a name was asked for) and `connect`. */
export type Dialled = {
  readonly stages: readonly Stage[];
  /** The addresses that were dialled so far, in the order of their results. */
  readonly addresses: readonly AddressResult[];
} & (
  | {
      /** The caller destroys it. */
      readonly socket: Socket;
      readonly address: string;
      readonly finding?: undefined;
    }
  | { readonly socket?: undefined; readonly finding: Finding }
);

export interface DialOptions {
  readonly signal: AbortSignal;
  /** The most that resolving and connecting may take together, milliseconds; each has its own bound as well. */
  readonly budgetMs?: number;
}

/** Opens TCP connections straight to hosts: no proxy. */
export interface Dialer {
  /** Resolves a name, or takes the addresses that the user gave it. */
  route(target: HostPort, options: DialOptions): Promise<Route>;
  /**
   * Connects to the first address that answers: the next one is dialled every 250 ms and none abandoned. A
   * fault is asked twice before it is one. @throws the signal's reason when the run is aborted
   */
  dial(target: HostPort, options: DialOptions): Promise<Dialled>;
}

/** Told apart by how often they occur, then in this order, so that every check of a host says the same. */
const precedence = [
  'connect-timeout',
  'connect-unreachable',
  'connect-refused',
  'connection-reset',
] as const;

/** The one code that stands for several dead addresses: IPv4's where there are any. */
export const commonFault = (dead: readonly DeadAddress[]): DeadAddress => {
  const ipv4 = dead.filter(({ family }) => family === 4);
  const judged = ipv4.length > 0 ? ipv4 : dead;
  const count = (code: string): number => judged.filter((result) => result.code === code).length;
  const [common] = [...precedence].sort((one, other) => count(other) - count(one));
  const fault = judged.find(({ code }) => code === common) ?? judged[0];
  if (fault === undefined) throw new Error('no dead address to judge');
  return fault;
};

/** What a connection fault shows: every address with its result. */
export const addressEvidence = (
  results: readonly AddressResult[],
  { address, error, ms }: DeadAddress,
): Finding['evidence'] => ({
  addresses: results.map((result) => result.address),
  address,
  stage: 'connect',
  ms,
  ...(error !== undefined && { error }),
  results: results.map((result) => ({
    address: result.address,
    result: result.code ?? 'ok',
    ...(result.error !== undefined && { error: result.error }),
    ms: result.ms,
  })),
});

export const createDialer = (options: NetworkOptions): Dialer => {
  const { elapsed, platform } = options;
  const names = createNames({
    elapsed,
    platform,
    ...(options.dnsServers && { servers: options.dnsServers }),
  });
  const budgetOf = ({ budgetMs = Infinity }: DialOptions): number =>
    Math.max(0, Math.min(options.connectTimeoutMs, budgetMs));

  const addressesOf = (target: HostPort): Resolution | undefined => {
    const overridden = overriddenAddresses(target, options.resolve);
    if (overridden) return { source: 'override', addresses: overridden };
    const literal = parseAddress(target.host);
    return literal && { source: 'literal', addresses: [literal] };
  };

  const route = async (target: HostPort, dialOptions: DialOptions): Promise<Route> => {
    const place = connectTarget(target, options.connectTo) ?? target;
    const given = addressesOf(place);
    if (given) return { stages: [], port: place.port, resolution: given };
    const start = elapsed();
    const resolution = await names.resolve(place.host, {
      budgetMs: budgetOf(dialOptions),
      signal: dialOptions.signal,
    });
    const detail = resolution.finding
      ? resolution.finding.code
      : resolution.addresses.map(({ address }) => address).join(', ');
    const stage: Stage = { name: 'dns', ms: Math.round(elapsed() - start), detail };
    // The hosts file answered: that says nothing of the resolver, so it is no stage of it.
    const stages = resolution.source === 'hosts' ? [] : [stage];
    return { stages, port: place.port, resolution };
  };

  const connectTo = async (
    target: HostPort,
    { stages, port, resolution }: Route,
    dialOptions: DialOptions,
  ): Promise<Dialled> => {
    if (resolution.finding) return { stages, addresses: [], finding: resolution.finding };
    const start = elapsed();
    const outcome = await connectAny(resolution.addresses, {
      port,
      elapsed,
      budgetMs: budgetOf(dialOptions),
      signal: dialOptions.signal,
    });
    const ms = Math.round(elapsed() - start);
    const stage = (detail: string): readonly Stage[] => [
      ...stages,
      { name: 'connect', ms, detail },
    ];
    if (outcome.fault === undefined) {
      const { socket, address } = outcome.value;
      return {
        stages: stage(address.address),
        addresses: [{ ...address, ms }],
        socket,
        address: address.address,
      };
    }
    const fault = commonFault(outcome.fault);
    const evidence = { ...addressEvidence(outcome.fault, fault), port };
    return {
      stages: stage(fault.code),
      addresses: outcome.fault,
      finding: { code: fault.code, target: hostPort(target), evidence },
    };
  };

  return {
    route,
    async dial(target, dialOptions) {
      const start = elapsed();
      const found = await route(target, dialOptions);
      const spent = elapsed() - start;
      return connectTo(target, found, {
        ...dialOptions,
        ...(dialOptions.budgetMs !== undefined && { budgetMs: dialOptions.budgetMs - spent }),
      });
    },
  };
};
