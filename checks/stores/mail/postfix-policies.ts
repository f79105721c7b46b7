/** Postfix's per-destination TLS policies: does any of them verify (postconf(5), smtp_tls_policy_maps)? */

import type { TrustStore } from '../../types.ts';
import { readStoreFile } from '../files.ts';
import { StoreError } from '../store-error.ts';

/** Tables that are made from a text file of the same name, or are one. */
const textTypes = new Set([
  'hash',
  'btree',
  'lmdb',
  'cdb',
  'dbm',
  'texthash',
  'regexp',
  'pcre',
  'cidr',
]);

/** `verify` and `secure` are levels; `MUST` is what the older per-site tables say. */
const verifying = /(?:^|[\s=:{])(?:verify|secure|MUST)(?:\s|[;},]|$)/;

const says = (text: string): TrustStore['mail'] => (verifying.test(text) ? 'verifies' : 'unused');

const withoutComments = (text: string): string =>
  text
    .split('\n')
    .filter((line) => !/^\s*#/.test(line))
    .join('\n');

/** Splits at commas and spaces outside of braces and parentheses, `proxy:` taken off. */
export const splitTables = (maps: string): string[] =>
  (maps.match(/(?:\{[^}]*\}|[^\s,{])+/g) ?? []).map((table) => table.replace(/^proxy:/, ''));

const readTable = async (table: string): Promise<TrustStore['mail']> => {
  const [, type = '', rest = ''] = /^([a-z0-9_]+):(.*)$/s.exec(table) ?? [];
  if (type === 'inline' || type === 'static') return says(rest);
  if (!textTypes.has(type) || !rest.startsWith('/')) return 'unknown';
  try {
    const bytes = await readStoreFile(rest, AbortSignal.timeout(5000));
    return says(withoutComments(bytes.toString('utf8')));
  } catch (error) {
    if (error instanceof StoreError) return 'unknown';
    throw error;
  }
};

/**
 * Whether a list of lookup tables makes any destination verified. Tables that are asked over a socket
 * or a database cannot be listed: not knowing is `unknown`.
 */
export const readPolicies = async (maps: string): Promise<TrustStore['mail']> => {
  const found = await Promise.all(splitTables(maps).map(readTable));
  if (found.includes('verifies')) return 'verifies';
  return found.includes('unknown') ? 'unknown' : 'unused';
};
