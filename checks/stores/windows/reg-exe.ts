/** Windows' registry by `reg query` (reg.exe), where its own functions cannot be called. */

import type { CommandResult, RunCommand } from '../commands.ts';
import { StoreError } from '../store-error.ts';
import type { PhysicalStore } from './physical-stores.ts';
import {
  type RegistryValues,
  type SerializedEntry,
  type WindowsReader,
  binaryOf,
  isThumbprint,
  refused,
  requireRoom,
} from './reader.ts';

/** Values of keys, by the whole name of the key in upper case. */
type Keys = ReadonlyMap<string, RegistryValues>;

/** Keys are compared whatever their case; reg.exe writes HKLM out. */
const whole = (key: string): string =>
  key
    .trim()
    .toUpperCase()
    .replace(/^HKLM\\/, 'HKEY_LOCAL_MACHINE\\');

const parentOf = (key: string): string => key.slice(0, Math.max(0, key.lastIndexOf('\\')));

/** `HKEY_…` lines, each with its `    NAME    REG_TYPE    DATA` lines below; names of values in lower case. */
export const parseKeys = (output: string): Keys => {
  const keys = new Map<string, RegistryValues>();
  let values = new Map<string, { type: string; data: string }>();
  for (const line of output.split(/\r?\n/)) {
    if (line.startsWith('HKEY_')) keys.set(whole(line), (values = new Map()));
    const match = /^ {4}(\S.*?) {4}(REG_[A-Z_]+)(?: {4}(.*))?$/.exec(line);
    if (match?.[1] !== undefined && match[2] !== undefined)
      values.set(match[1].toLowerCase(), { type: match[2], data: (match[3] ?? '').trim() });
  }
  return keys;
};

/** The certificates that lie directly below a key. */
const certificatesBelow = (place: string, keys: Keys): (readonly [string, Buffer])[] => {
  const start = `${whole(place)}\\`;
  return [...keys].flatMap(([key, values]) => {
    if (!key.startsWith(start)) return [];
    const thumbprint = key.slice(start.length);
    const blob = isThumbprint(thumbprint) ? binaryOf(values, 'Blob') : undefined;
    return blob ? [[thumbprint, blob] as const] : [];
  });
};

/** Asks for each key once. */
const asker = (run: RunCommand): ((...args: readonly string[]) => Promise<CommandResult>) => {
  const asked = new Map<string, Promise<CommandResult>>();
  return (...args) => {
    const question = args.join(' ');
    const known = asked.get(question) ?? run('reg.exe', ['query', ...args]);
    asked.set(question, known);
    return known;
  };
};

/**
 * A registry that is asked for whole trees: a process for each is what takes time. What a tree does not show
 * is asked for by itself, since reg.exe may leave out what it may not read.
 */
export const regExe = (run: RunCommand): WindowsReader => {
  const ask = asker(run);
  const shown = new Map<string, Promise<Keys>>();

  /** All below a key; nothing where that cannot be had at once. */
  const tree = (key: string): Promise<Keys> => {
    const known =
      shown.get(key) ??
      ask(key, '/s').then((answer) => ('output' in answer ? parseKeys(answer.output) : new Map()));
    shown.set(key, known);
    return known;
  };

  /**
   * reg.exe says only in the system's language why it fails: a key may be absent or refused. Absent is one
   * that the nearest readable key above it does not list.
   */
  const isAbsent = async (key: string): Promise<boolean> => {
    for (let child = key, parent = parentOf(key); parent.includes('\\');) {
      const answer = await ask(parent);
      if ('output' in answer) return !parseKeys(answer.output).has(whole(child));
      child = parent;
      parent = parentOf(parent);
    }
    return false;
  };

  /** One key, with all below it or not; nothing where it is not there. @throws StoreError */
  const query = async (what: string, key: string, ...options: readonly string[]): Promise<Keys> => {
    const answer = await ask(key, ...options);
    if ('output' in answer) return parseKeys(answer.output);
    if ('absent' in answer) throw new StoreError('unreadable', 'reg.exe is not there');
    if (await isAbsent(key)) return new Map();
    throw refused(what, answer.failure);
  };

  const certificates = async ({ name, key }: PhysicalStore): Promise<SerializedEntry[]> => {
    const place = `${key}\\Certificates`;
    const [inTree, isNone] = await Promise.all([tree(parentOf(key)), isAbsent(key)]);
    let found = certificatesBelow(place, inTree);
    if (found.length === 0 && !isNone)
      found = certificatesBelow(place, await query(name, place, '/s'));
    requireRoom(found.length - 1, name);
    return found.map(([thumbprint, blob]) => ({
      origin: `${name}#${thumbprint}`,
      thumbprint,
      blob,
    }));
  };

  const values = async (key: string): Promise<RegistryValues> => {
    for (const keys of await Promise.all(shown.values())) {
      const known = keys.get(whole(key));
      if (known) return known;
    }
    return (await query(key, key)).get(whole(key)) ?? new Map();
  };

  return { certificates, values };
};
