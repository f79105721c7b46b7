/** What the network client is told: overrides as in curl, waits, proxies. */

import type { HostPort, Platform } from '../types.ts';
import { type Address, parseAddress, parsePort } from './address.ts';
import type { ProxySettings } from './proxy.ts';

/** Addresses that stand in for what a name resolves to. */
export interface ResolveOverride {
  /** A name in lower case, an address without brackets, or `*` for every host without an entry of its own. */
  readonly host: string;
  readonly port: number;
  readonly addresses: readonly Address[];
}

/** Connections to one place are made to another; an absent `from` matches all, an absent `to` changes nothing. */
export interface ConnectRule {
  readonly fromHost?: string;
  readonly fromPort?: number;
  readonly toHost?: string;
  readonly toPort?: number;
}

export interface NetworkOptions {
  readonly platform: Platform;
  /** This host's name, said to mail hosts. */
  readonly hostName: string;
  /** A clock that only goes forward, milliseconds. */
  readonly elapsed: () => number;
  /** The wall clock. */
  readonly now: () => Date;
  /** One name resolved, and one TCP connection. */
  readonly connectTimeoutMs: number;
  /** One request with all its redirects. */
  readonly requestTimeoutMs: number;
  readonly resolve: readonly ResolveOverride[];
  readonly connectTo: readonly ConnectRule[];
  readonly proxy: ProxySettings;
  /** DNS servers to ask instead of the configured ones, as ADDRESS or ADDRESS:PORT. */
  readonly dnsServers?: readonly string[];
  /** Sent as User-Agent. */
  readonly userAgent?: string;
}

/** Splits at colons outside brackets, into at most `parts`; the last takes the rest. */
const splitColons = (text: string, parts: number): string[] => {
  const found: string[] = [];
  let depth = 0;
  let from = 0;
  for (let index = 0; index < text.length && found.length < parts - 1; index++) {
    const character = text[index];
    if (character === '[') depth++;
    else if (character === ']') depth--;
    else if (character === ':' && depth === 0) {
      found.push(text.slice(from, index));
      from = index + 1;
    }
  }
  return [...found, text.slice(from)];
};

const hostPattern = /^(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}\.?$/i;

/** A name in lower case without its final dot, or an address without brackets. */
const parseHost = (text: string): string | undefined => {
  const address = parseAddress(text);
  if (address) return address.address;
  return hostPattern.test(text) && text.length <= 254
    ? text.toLowerCase().replace(/\.$/, '')
    : undefined;
};

/**
 * Reads `HOST:PORT:ADDR[,ADDR]` as curl's --resolve does: IPv6 in brackets or bare, HOST may be `*`, a leading
 * `+` is allowed and means nothing here.
 * @throws an Error of one line that says what was found and what was expected
 */
export const parseResolve = (text: string): ResolveOverride => {
  const expected = 'expected HOST:PORT:ADDRESS[,ADDRESS]';
  if (text.startsWith('-'))
    throw new Error(`"${text}": entries cannot be removed here; ${expected}`);
  const [host = '', port = '', list] = splitColons(text.replace(/^\+/, ''), 3);
  if (list === undefined) throw new Error(`"${text}": ${expected}`);
  const name = host === '*' ? host : parseHost(host);
  if (name === undefined)
    throw new Error(`"${text}": "${host}" is no host name, address or *; ${expected}`);
  const number = parsePort(port);
  if (number === undefined)
    throw new Error(`"${text}": "${port}" is no port from 1 to 65535; ${expected}`);
  const addresses = list.split(',').map((part) => {
    const address = parseAddress(part.trim());
    if (!address) throw new Error(`"${text}": "${part}" is no IP address; ${expected}`);
    return address;
  });
  return { host: name, port: number, addresses };
};

/**
 * Reads `HOST1:PORT1:HOST2:PORT2` as curl's --connect-to does; each part may be empty, IPv6 stands in brackets.
 * @throws an Error of one line that says what was found and what was expected
 */
export const parseConnectTo = (text: string): ConnectRule => {
  const expected = 'expected HOST1:PORT1:HOST2:PORT2, each part may be empty';
  const parts = splitColons(text, 4);
  if (parts.length !== 4) throw new Error(`"${text}": ${expected}`);
  const host = (part = ''): string | undefined => {
    const name = part === '' ? undefined : parseHost(part);
    if (part !== '' && name === undefined)
      throw new Error(`"${text}": "${part}" is no host name or address; ${expected}`);
    return name;
  };
  const port = (part = ''): number | undefined => {
    const number = part === '' ? undefined : parsePort(part);
    if (part !== '' && number === undefined)
      throw new Error(`"${text}": "${part}" is no port from 1 to 65535; ${expected}`);
    return number;
  };
  const fromHost = host(parts[0]);
  const fromPort = port(parts[1]);
  const toHost = host(parts[2]);
  const toPort = port(parts[3]);
  return {
    ...(fromHost !== undefined && { fromHost }),
    ...(fromPort !== undefined && { fromPort }),
    ...(toHost !== undefined && { toHost }),
    ...(toPort !== undefined && { toPort }),
  };
};

const sameHost = (one: string, other: string): boolean =>
  one.toLowerCase().replace(/\.$/, '') === other.toLowerCase().replace(/\.$/, '');

/** Where connections to `target` go by the first rule that matches; undefined where none does. */
export const connectTarget = (
  target: HostPort,
  rules: readonly ConnectRule[],
): HostPort | undefined => {
  const rule = rules.find(
    ({ fromHost, fromPort }) =>
      (fromHost === undefined || sameHost(fromHost, target.host)) &&
      (fromPort === undefined || fromPort === target.port),
  );
  return rule && { host: rule.toHost ?? target.host, port: rule.toPort ?? target.port };
};

/** The addresses that an override gives to `target`; of several entries the last, `*` only where no other. */
export const overriddenAddresses = (
  target: HostPort,
  overrides: readonly ResolveOverride[],
): readonly Address[] | undefined => {
  const atPort = overrides.filter(({ port }) => port === target.port);
  const match =
    atPort.findLast(({ host }) => host !== '*' && sameHost(host, target.host)) ??
    atPort.findLast(({ host }) => host === '*');
  return match?.addresses;
};
