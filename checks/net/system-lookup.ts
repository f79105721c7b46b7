/** What this system itself makes of a name: hosts file, resolver configuration, getaddrinfo. */

import { lookup } from 'node:dns';
import { readFile } from 'node:fs/promises';
import type { Platform } from '../types.ts';
import type { Address } from './address.ts';
import { errorCode } from './faults.ts';

const files = {
  posix: { hosts: '/etc/hosts', resolvers: '/etc/resolv.conf' },
  win32: { hosts: 'C:\\Windows\\System32\\drivers\\etc\\hosts', resolvers: undefined },
} as const;

const filesOf = (platform: Platform) => (platform === 'win32' ? files.win32 : files.posix);

/** A block list may be long; beyond this the file is taken as saying nothing. */
const maxHostsFileBytes = 16 * 1024 * 1024;

const readText = async (path: string): Promise<string> => {
  try {
    const bytes = await readFile(path);
    return bytes.length > maxHostsFileBytes ? '' : bytes.toString('latin1');
  } catch {
    return ''; // absent or unreadable: it names nobody
  }
};

/** Whether a hosts file's text gives the name an address (hosts(5)). */
export const hostsFileNames = (text: string, name: string): boolean => {
  const wanted = name.toLowerCase();
  const lower = text.toLowerCase();
  for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, at + 1)) {
    const start = lower.lastIndexOf('\n', at) + 1;
    const end = lower.indexOf('\n', at);
    const line = lower.slice(start, end < 0 ? undefined : end).replace(/#.*/, '');
    const [, ...names] = line.trim().split(/\s+/);
    if (names.includes(wanted)) return true;
  }
  return false;
};

/** Whether this system's hosts file names it. */
export const isInHostsFile = async (name: string, platform: Platform): Promise<boolean> =>
  hostsFileNames(await readText(filesOf(platform).hosts), name);

/**
 * Whether somebody configured a resolver. Without one, both libc and c-ares ask 127.0.0.1, so that
 * the server list alone does not tell.
 */
export const hasResolver = async (
  servers: readonly string[],
  platform: Platform,
): Promise<boolean> => {
  if (servers.length === 0) return false;
  if (servers.length > 1 || servers[0] !== '127.0.0.1') return true;
  const { resolvers } = filesOf(platform);
  return resolvers !== undefined && /^\s*nameserver\s/m.test(await readText(resolvers));
};

export type LookupResult =
  | { readonly addresses: readonly Address[]; readonly error?: undefined }
  | { readonly addresses?: undefined; readonly error: string };

/** getaddrinfo(3), which honours hosts and nsswitch.conf as the other programs of this machine do. */
export const systemLookup = (name: string): Promise<LookupResult> =>
  new Promise((resolve) => {
    lookup(name, { all: true, verbatim: true }, (error, found) => {
      if (error) {
        resolve({ error: errorCode(error) ?? 'EUNKNOWN' });
        return;
      }
      const addresses = found.map(({ address, family }): Address => ({
        address,
        family: family === 6 ? 6 : 4,
      }));
      // getaddrinfo may repeat an address, one for each socket type
      const unique = new Map(addresses.map((address) => [address.address, address]));
      resolve({ addresses: [...unique.values()] });
    });
  });
