/** Windows' automatic root update: the policy that switches it off, its source, and the list that was fetched last. */

import type { RootUpdateState, RootUpdates } from '../../types.ts';
import type { RunCommand } from '../commands.ts';
import { StoreError } from '../store-error.ts';
import { loadNative } from './native.ts';
import { regExe } from './reg-exe.ts';
import { type RegistryValues, binaryOf } from './reader.ts';
import { authRootsBarredBy, disallowedValue, updateKey } from './restrictions.ts';

const policyKey = 'HKLM\\SOFTWARE\\Policies\\Microsoft\\SystemCertificates\\AuthRoot';

const defaultSource = 'http://ctldl.windowsupdate.com/msdownload/update/v3/static/trustedr/en';
const listName = 'authrootstl.cab';

/** A FILETIME counts 100 ns from 1601 on. */
const timeOf = (hex: string | undefined): Date | undefined => {
  if (hex === undefined || !/^[0-9A-F]{16}$/i.test(hex)) return undefined;
  const ticks = Buffer.from(hex, 'hex').readBigUInt64LE(0);
  const ms = Number(ticks / 10_000n) - 11_644_473_600_000;
  return ticks === 0n || ms > 8.64e15 ? undefined : new Date(ms);
};

const isSet = (values: RegistryValues, name: string): boolean =>
  Number(values.get(name.toLowerCase())?.data ?? 0) > 0;

/** The setting by which no root is fetched, or by which what is fetched is not trusted. */
const disabledBy = (policy: RegistryValues, barredBy: string | undefined): string | undefined =>
  isSet(policy, 'DisableRootAutoUpdate') ? `${policyKey}\\DisableRootAutoUpdate` : barredBy;

const stateOf = (update: RegistryValues, disabled: string | undefined): RootUpdateState => {
  const redirect = update.get('rootdirurl')?.data ?? '';
  const base = redirect === '' ? defaultSource : redirect.replace(/[\\/]+$/, '');
  const lastSync = timeOf(update.get('lastsynctime')?.data);
  const list = binaryOf(update, 'EncodedCtl');
  const disallowed = binaryOf(update, disallowedValue);
  return {
    ...(disabled !== undefined && { disabledBy: disabled }),
    url: `${base}/${listName}`,
    isRedirected: redirect !== '',
    ...(lastSync && { lastSync }),
    ...(list && { list }),
    ...(disallowed && { disallowed }),
  };
};

export const machineRootUpdates = (run: RunCommand): RootUpdates => ({
  name: 'LocalMachine\\AuthRoot',
  async read() {
    try {
      const { values: read } = (await loadNative()) ?? regExe(run);
      const [policy, update, barredBy] = await Promise.all([
        read(policyKey, ['DisableRootAutoUpdate']),
        read(updateKey, ['RootDirUrl', 'LastSyncTime', 'EncodedCtl', disallowedValue]),
        authRootsBarredBy(read),
      ]);
      return stateOf(update, disabledBy(policy, barredBy));
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return { unreadable: error.message };
    }
  },
});
