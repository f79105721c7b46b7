/** What is asked of Windows: by its own functions (native.ts), else by reg.exe. */

import { StoreError } from '../store-error.ts';
import { storeLimits } from '../files.ts';
import type { PhysicalStore } from './physical-stores.ts';

/** A certificate as Windows serialises it. */
export interface SerializedEntry {
  readonly origin: string;
  /** The name of the registry's key that it lies under, where it was read from there. */
  readonly thumbprint?: string;
  readonly blob: Buffer;
}

/** Values of a key by their names in lower case; data as reg.exe shows it. */
export type RegistryValues = ReadonlyMap<string, { readonly type: string; readonly data: string }>;

/** Reads values of a key by name; none where it has none. @throws StoreError where it is refused */
export type ReadValues = (key: string, names: readonly string[]) => Promise<RegistryValues>;

export interface WindowsReader {
  readonly values: ReadValues;
  /** The certificates of one store; none where Windows has no such store. @throws StoreError */
  readonly certificates: (store: PhysicalStore) => Promise<readonly SerializedEntry[]>;
}

/** The bytes of a binary value; undefined where there are none. */
export const binaryOf = (values: RegistryValues, name: string): Buffer | undefined => {
  const value = values.get(name.toLowerCase());
  const isBytes = value?.type === 'REG_BINARY' && /^(?:[0-9A-F]{2})+$/i.test(value.data);
  return isBytes ? Buffer.from(value.data, 'hex') : undefined;
};

/** Whether a key below `Certificates` holds one: it is named by the SHA-1 of the certificate. */
export const isThumbprint = (name: string): boolean => /^[0-9A-F]{40}$/i.test(name);

/** @throws StoreError where a store has as many as are read of one */
export const requireRoom = (count: number, store: string): void => {
  if (count >= storeLimits.certificates)
    throw new StoreError('unreadable', `${store}: more than ${count} certificates`);
};

/** A key, or a store, that this account may not read. */
export const refused = (what: string, why: string): StoreError =>
  new StoreError('unreadable', `${what}: ${why}; run certready as an administrator`);
