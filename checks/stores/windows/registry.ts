/** Certificate stores as the registry holds them, by `reg query` (reg.exe), where crypt32 cannot be called. */

import type { RunCommand } from '../commands.ts';
import { StoreError } from '../store-error.ts';
import type { PhysicalStore } from './physical-stores.ts';

export interface SerializedEntry {
  readonly origin: string;
  readonly blob: Buffer;
}

/** `HKEY…\Certificates\SHA1` and the Blob below it. */
export const parseRegistry = (output: string, store: string): readonly SerializedEntry[] => {
  const entries: SerializedEntry[] = [];
  let key = '';
  for (const line of output.split(/\r?\n/)) {
    if (/^HKEY_/i.test(line)) key = line.slice(line.lastIndexOf('\\') + 1).trim();
    const hex = /^\s+Blob\s+REG_BINARY\s+((?:[0-9A-Fa-f]{2})+)\s*$/.exec(line)?.[1];
    if (hex !== undefined && /^[0-9A-Fa-f]{40}$/.test(key))
      entries.push({ origin: `${store}#${key.toUpperCase()}`, blob: Buffer.from(hex, 'hex') });
  }
  return entries;
};

const parentOf = (key: string): string => key.slice(0, Math.max(0, key.lastIndexOf('\\')));

/**
 * reg.exe says only in the system's language why it fails: a key may be absent or refused. Absent is
 * one that the nearest readable key above it does not list.
 */
export const isAbsentKey = async (run: RunCommand, key: string): Promise<boolean> => {
  for (let child = key, parent = parentOf(key); parent.includes('\\');) {
    const answer = await run('reg.exe', ['query', parent]);
    if ('output' in answer) {
      const name = child.slice(parent.length).toUpperCase();
      const lines = answer.output.toUpperCase().split(/\r?\n/);
      return !lines.some((line) => line.startsWith('HKEY_') && line.trim().endsWith(name));
    }
    child = parent;
    parent = parentOf(parent);
  }
  return false;
};

/** The entries of one store; an empty list where the registry has none of it. @throws StoreError */
export const readRegistryStore = async (
  run: RunCommand,
  { name, key }: PhysicalStore,
): Promise<readonly SerializedEntry[]> => {
  const certificates = `${key}\\Certificates`;
  const answer = await run('reg.exe', ['query', certificates, '/s']);
  if ('output' in answer) return parseRegistry(answer.output, name);
  if ('absent' in answer) throw new StoreError('unreadable', 'reg.exe is not there');
  if (await isAbsentKey(run, certificates)) return [];
  throw new StoreError(
    'unreadable',
    `${name}: ${answer.failure}; run certready as an administrator`,
  );
};

/** Values of a key by their names in lower case. */
export type RegistryValues = ReadonlyMap<string, { readonly type: string; readonly data: string }>;

/** `    NAME    REG_TYPE    DATA` lines, names in lower case. */
export const parseValues = (output: string): RegistryValues => {
  const values = new Map<string, { type: string; data: string }>();
  for (const line of output.split(/\r?\n/)) {
    const match = /^ {4}(\S.*?) {4}(REG_[A-Z_]+)(?: {4}(.*))?$/.exec(line);
    if (match?.[1] !== undefined && match[2] !== undefined)
      values.set(match[1].toLowerCase(), { type: match[2], data: (match[3] ?? '').trim() });
  }
  return values;
};

/** Reads values of a key by name; none where it has none. @throws StoreError where it is refused */
export type ReadValues = (key: string, names: readonly string[]) => Promise<RegistryValues>;

/** The values of a key; none where it is not there. @throws StoreError where it is refused */
const queryValues = async (run: RunCommand, key: string): Promise<RegistryValues> => {
  const answer = await run('reg.exe', ['query', key]);
  if ('output' in answer) return parseValues(answer.output);
  if ('absent' in answer) throw new StoreError('unreadable', 'reg.exe is not there');
  if (await isAbsentKey(run, key)) return new Map();
  throw new StoreError(
    'unreadable',
    `${key}: ${answer.failure}; run certready as an administrator`,
  );
};

/** By reg.exe, which shows all of a key. */
export const byRegExe =
  (run: RunCommand): ReadValues =>
  (key) =>
    queryValues(run, key);

/** The bytes of a binary value; undefined where there are none. */
export const binaryOf = (values: RegistryValues, name: string): Buffer | undefined => {
  const value = values.get(name.toLowerCase());
  const isBytes = value?.type === 'REG_BINARY' && /^(?:[0-9A-F]{2})+$/i.test(value.data);
  return isBytes ? Buffer.from(value.data, 'hex') : undefined;
};
