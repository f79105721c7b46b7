/** Postfix's per-destination TLS policies: which of them verify, and with which roots (postconf(5), smtp_tls_policy_maps). */

import type { TrustStore } from '../../types.ts';
import { readStoreFile } from '../files.ts';
import { StoreError } from '../store-error.ts';
import { graver } from './mail-trust.ts';

/** Destinations that are verified with files of their own alone (`tafile`). */
export interface AnchoredPolicy {
  /** What the table says of whom it is for, and whom they may be served by; `*` for all. */
  readonly destinations: readonly string[];
  readonly files: readonly string[];
}

export interface Policies {
  /** Whether any destination is verified with the roots that the client has for all. */
  readonly mail: TrustStore['mail'];
  readonly anchored: readonly AnchoredPolicy[];
}

interface Policy {
  readonly destination: string;
  readonly text: string;
}

/** Tables that are made from a text file of the same name, or are one. */
const keyedTypes = new Set(['hash', 'btree', 'lmdb', 'cdb', 'dbm', 'texthash', 'cidr']);
const patternTypes = new Set(['regexp', 'pcre']);

/** `verify` and `secure` are levels; `MUST` is what the older per-site tables say. */
const verifyingLevels = new Set(['verify', 'secure', 'must']);

/** Splits at commas and white space outside of braces. */
const splitList = (list: string): string[] => {
  const parts: string[] = [];
  let part = '';
  let depth = 0;
  for (const character of list) {
    if (character === '{') depth++;
    if (character === '}') depth--;
    if (depth > 0 || !/[\s,]/.test(character)) part += character;
    else if (part !== '') {
      parts.push(part);
      part = '';
    }
  }
  return part === '' ? parts : [...parts, part];
};

/** The tables of a list, `proxy:` taken off. */
export const splitTables = (maps: string): string[] =>
  splitList(maps).map((table) => table.replace(/^proxy:/, ''));

const withoutBraces = (text: string): string => /^\{(.*)\}$/s.exec(text.trim())?.[1] ?? text;

/** `inline:{ { key = value }, key=value }`. */
const inlinePolicies = (text: string): Policy[] =>
  splitList(withoutBraces(text)).map((pair) => {
    const [destination = '', ...value] = withoutBraces(pair).split('=');
    return { destination: destination.trim(), text: value.join('=') };
  });

/** Lines of a key and its policy; one that begins with white space continues the line before. */
const linePolicies = (text: string, key: RegExp): Policy[] =>
  text
    .split('\n')
    .filter((line) => !/^\s*(?:#|$)/.test(line))
    .join('\n')
    .replace(/\n\s+/g, ' ')
    .split('\n')
    .flatMap((line) => {
      const [, destination = '', policy] = key.exec(line) ?? [];
      return policy === undefined ? [] : [{ destination, text: policy }];
    });

const readTable = async (table: string): Promise<readonly Policy[] | undefined> => {
  const [, type = '', rest = ''] = /^([a-z0-9_]+):(.*)$/s.exec(table) ?? [];
  if (type === 'inline') return inlinePolicies(rest);
  if (type === 'static') return [{ destination: '*', text: withoutBraces(rest) }];
  const isPattern = patternTypes.has(type);
  if (!(isPattern || keyedTypes.has(type)) || !rest.startsWith('/')) return undefined;
  try {
    const text = (await readStoreFile(rest, AbortSignal.timeout(5000))).toString('utf8');
    if (!isPattern) return linePolicies(text, /^(\S+)\s+(.*)$/);
    // What a pattern fits is not worked out: it may be any
    const policies = linePolicies(text, /^!?(\W).*\1[a-zA-Z]*\s+(.*)$/);
    return policies.map((policy) => ({ ...policy, destination: '*' }));
  } catch (error) {
    if (error instanceof StoreError) return undefined;
    throw error;
  }
};

/** `match=hostname:.example.com` names who may serve the destination; the rest are words of Postfix. */
const namesOf = (destination: string, attributes: readonly string[]): string[] => {
  const patterns = attributes.flatMap((one) => /^match=(.*)$/i.exec(one)?.[1]?.split(':') ?? []);
  const words = new Set(['hostname', 'nexthop', 'dot-nexthop', '']);
  return [destination, ...patterns.filter((pattern) => !words.has(pattern))];
};

const policiesOf = (found: readonly Policy[]): Policies => {
  const anchored: AnchoredPolicy[] = [];
  let mail: TrustStore['mail'] = 'unused';
  for (const { destination, text } of found) {
    const [level = '', ...rest] = splitList(text);
    const attributes = rest.map((one) =>
      withoutBraces(one)
        .trim()
        .replace(/\s*=\s*/, '='),
    );
    if (!verifyingLevels.has(level.toLowerCase())) continue;
    const files = attributes.flatMap((one) => /^tafile=(.+)$/i.exec(one)?.[1] ?? []);
    if (files.length === 0) mail = 'verifies';
    else anchored.push({ destinations: namesOf(destination, attributes), files });
  }
  return { mail, anchored };
};

/**
 * What a list of lookup tables verifies. Tables that are asked over a socket or a database cannot be
 * listed: not knowing is `unknown`.
 */
export const readPolicies = async (maps: string): Promise<Policies> => {
  const tables = await Promise.all(splitTables(maps).map(readTable));
  const { mail, anchored } = policiesOf(tables.flatMap((policies) => policies ?? []));
  return { mail: graver(mail, tables.includes(undefined) ? 'unknown' : 'unused'), anchored };
};
