/** Which hosts are reached without the proxy: NO_PROXY as curl reads it, and WinHTTP's bypass list. */

import { BlockList } from 'node:net';
import type { HostPort } from '../types.ts';
import { parseAddress, parsePort } from './address.ts';

export type Bypass = (target: HostPort) => boolean;

const never: Bypass = () => false;

/** `HOST:PORT` in two; a lone IPv6 address has no port. */
const splitPort = (entry: string): { host: string; port: number | undefined } => {
  const whole = { host: entry, port: undefined };
  if (parseAddress(entry)) return whole;
  const [, host, digits] = /^(.+):(\d+)$/.exec(entry) ?? [];
  const port = digits === undefined ? undefined : parsePort(digits);
  return host === undefined || port === undefined ? whole : { host, port };
};

const plainHost = (host: string): string => host.toLowerCase().replace(/\.$/, '');

/** `10.0.0.0/8`, `2001:db8::/32`; undefined where the text is no network. */
const network = (text: string): Bypass | undefined => {
  const [address = '', prefix] = text.split('/');
  const parsed = parseAddress(address);
  if (!parsed || prefix === undefined || !/^\d{1,3}$/.test(prefix)) return undefined;
  if (Number(prefix) > (parsed.family === 4 ? 32 : 128)) return never;
  const family = parsed.family === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(parsed.address, Number(prefix), family);
  return ({ host }) => {
    const own = parseAddress(host);
    return own?.family === parsed.family && list.check(own.address, family);
  };
};

const address = (text: string): Bypass | undefined => {
  const parsed = parseAddress(text);
  if (!parsed) return undefined;
  const list = new BlockList();
  const family = parsed.family === 4 ? 'ipv4' : 'ipv6';
  list.addAddress(parsed.address, family);
  return ({ host }) => {
    const own = parseAddress(host);
    return own?.family === parsed.family && list.check(own.address, family);
  };
};

/** A domain is itself and everything below it; a leading dot or `*.` changes nothing. */
const domain = (text: string): Bypass => {
  const name = plainHost(text.replace(/^\*?\.+/, ''));
  if (name === '') return never;
  return ({ host }) => {
    const own = plainHost(host);
    return own === name || own.endsWith(`.${name}`);
  };
};

const atPort = (port: number | undefined, bypass: Bypass): Bypass =>
  port === undefined ? bypass : (target) => target.port === port && bypass(target);

const anyOf =
  (rules: readonly Bypass[]): Bypass =>
  (target) =>
    rules.some((rule) => rule(target));

/**
 * Reads NO_PROXY: names, suffixes, addresses and networks separated by commas or spaces, each with a port
 * if it has one; `*` is everything. An entry that means nothing matches nothing.
 */
export const parseNoProxy = (list: string): Bypass =>
  anyOf(
    list
      .split(/[\s,]+/)
      .filter((entry) => entry !== '')
      .map((entry) => {
        if (entry === '*') return () => true;
        const whole = network(entry);
        if (whole) return whole;
        const { host, port } = splitPort(entry);
        return atPort(port, address(host) ?? domain(host));
      }),
  );

/** `*` stands for any characters; matched without a regular expression, because the list is data. */
const wildcard = (pattern: string): Bypass => {
  const [first = '', ...rest] = plainHost(pattern).split('*');
  const last = rest.pop();
  return ({ host }) => {
    const own = plainHost(host);
    if (last === undefined) return own === first;
    if (!own.startsWith(first) || !own.endsWith(last)) return false;
    const end = own.length - last.length;
    let at = first.length;
    for (const part of rest) {
      const found = own.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return at <= end;
  };
};

/**
 * Reads a WinHTTP bypass list: names and addresses with `*` anywhere, separated by semicolons or spaces, each
 * with a scheme and a port if it has them; `<local>` is every name without a dot.
 */
export const parseWinHttpBypass = (list: string): Bypass =>
  anyOf(
    list
      .split(/[\s;]+/)
      .filter((entry) => entry !== '')
      .map((entry) => {
        if (entry.toLowerCase() === '<local>') return ({ host }) => !/[.:]/.test(host);
        const { host, port } = splitPort(entry.replace(/^[a-z]+:\/\//i, ''));
        return atPort(port, wildcard(host.replace(/^\[(.*)\]$/, '$1')));
      }),
  );
