/** TCP connections: to one address, or to the first of several that answers. */

import { type Socket, connect } from 'node:net';
import type { AddressResult, GapCode } from '../types.ts';
import type { Address } from './address.ts';
import { asError, connectGap, errorCode, isLocalExhaustion } from './faults.ts';
import { type Outcome, twice } from './retry.ts';

export interface Connected {
  readonly socket: Socket;
  readonly address: Address;
}

/** An address that could not be connected to. */
export interface DeadAddress extends AddressResult {
  readonly code: GapCode;
}

/** This host's own address, as long as the connection stands. */
export const ownAddress = ({ localAddress }: Socket): { readonly localAddress?: string } =>
  localAddress === undefined ? {} : { localAddress };

export interface ConnectOptions {
  readonly port: number;
  readonly budgetMs: number;
  readonly elapsed: () => number;
  readonly signal: AbortSignal;
}

/** One SYN to one address; an abort of `signal` is silence. @throws when this machine has no socket to give */
const connectOnce = (
  address: Address,
  { port, elapsed, signal }: Omit<ConnectOptions, 'budgetMs'>,
): Promise<Outcome<Connected, DeadAddress>> =>
  new Promise((resolve, reject) => {
    const start = elapsed();
    const socket = connect({ host: address.address, port, family: address.family, noDelay: true });
    const fail = (code: GapCode, error?: string): void => {
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      const ms = Math.round(elapsed() - start);
      resolve({
        fault: { ...address, ms, code, ...(error !== undefined && { error }) },
      });
    };
    const onAbort = (): void => fail('connect-timeout');
    const onError = (error: Error): void => {
      if (!isLocalExhaustion(error)) fail(connectGap(error), errorCode(error));
      else {
        signal.removeEventListener('abort', onAbort);
        reject(error);
      }
    };
    socket.once('error', onError);
    socket.once('connect', () => {
      signal.removeEventListener('abort', onAbort);
      socket.off('error', onError);
      // Whoever takes the socket listens too; until then an error must not end the process.
      socket.on('error', () => undefined);
      resolve({ value: { socket, address } });
    });
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });

/**
 * Ends a connection over which nothing was said, by a reset: a server that serves one connection at a
 * time (`openssl ocsp` does) waits for a request for ever when it sees an ordinary end instead.
 */
export const letGo = ({ socket }: Connected): void => {
  socket.resetAndDestroy();
};

/** Dials one address, twice within the budget before it is called dead. */
export const connectAddress = (
  address: Address,
  options: ConnectOptions,
): Promise<Outcome<Connected, DeadAddress>> =>
  twice(({ signal }) => connectOnce(address, { ...options, signal }), {
    ...options,
    dispose: letGo,
  });

/** The families in turn, beginning with the resolver's first (RFC 8305 section 4). */
export const interleave = (addresses: readonly Address[]): readonly Address[] => {
  const first = addresses.filter(({ family }) => family === addresses[0]?.family);
  const second = addresses.filter(({ family }) => family !== addresses[0]?.family);
  return Array.from({ length: Math.max(first.length, second.length) }, (_, index) => [
    first[index],
    second[index],
  ])
    .flat()
    .filter((address) => address !== undefined);
};

/** How long an address is waited for before the next one is dialled as well (RFC 8305 section 5). */
const staggerMs = 250;

/**
 * The next address after 250 ms or at the failure of the one before; none is abandoned, the first that
 * answers wins. Its fault is the list of all that were dialled.
 */
const connectFirst = (
  addresses: readonly Address[],
  options: Omit<ConnectOptions, 'budgetMs'>,
): Promise<Outcome<Connected, readonly DeadAddress[]>> =>
  new Promise((resolve, reject) => {
    const waiting = [...addresses];
    const dead: DeadAddress[] = [];
    const stop = new AbortController();
    let running = 0;
    let settled = false;
    let timer: NodeJS.Timeout | undefined;
    const finish = (end: () => void): void => {
      settled = true;
      clearTimeout(timer);
      options.signal.removeEventListener('abort', onAbort);
      end();
      stop.abort();
    };
    const onAbort = (): void => {
      waiting.length = 0;
      clearTimeout(timer);
      stop.abort();
    };
    const take = (outcome: Outcome<Connected, DeadAddress>): void => {
      running--;
      if (outcome.fault === undefined) {
        if (settled) letGo(outcome.value);
        else finish(() => resolve(outcome));
        return;
      }
      dead.push(outcome.fault);
      if (settled) return;
      if (waiting.length > 0) next();
      else if (running === 0) finish(() => resolve({ fault: dead }));
    };
    const next = (): void => {
      clearTimeout(timer);
      const address = waiting.shift();
      if (address === undefined) return;
      running++;
      connectOnce(address, { ...options, signal: stop.signal }).then(take, (error: unknown) =>
        finish(() => reject(asError(error))),
      );
      if (waiting.length > 0) timer = setTimeout(next, staggerMs);
    };
    options.signal.addEventListener('abort', onAbort, { once: true });
    next();
  });

/** Connects to the first address that answers; the whole list is dialled twice within the budget. */
export const connectAny = (
  addresses: readonly Address[],
  options: ConnectOptions,
): Promise<Outcome<Connected, readonly DeadAddress[]>> =>
  twice(({ signal }) => connectFirst(interleave(addresses), { ...options, signal }), {
    ...options,
    dispose: letGo,
  });
