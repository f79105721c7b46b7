/** Windows' automatic root update: the policy that switches it off, its source, and the list that was fetched last. */

import type { RootUpdateState, RootUpdates } from '../../types.ts';
import type { RunCommand } from '../commands.ts';
import { StoreError } from '../store-error.ts';
import { isAbsentKey } from './registry.ts';

const policyKey = 'HKLM\\SOFTWARE\\Policies\\Microsoft\\SystemCertificates\\AuthRoot';
const updateKey = 'HKLM\\SOFTWARE\\Microsoft\\SystemCertificates\\AuthRoot\\AutoUpdate';

const defaultSource = 'http://ctldl.windowsupdate.com/msdownload/update/v3/static/trustedr/en';
const listName = 'authrootstl.cab';

type Values = ReadonlyMap<string, { readonly type: string; readonly data: string }>;

/** `    NAME    REG_TYPE    DATA` lines, names in lower case. */
export const parseValues = (output: string): Values => {
  const values = new Map<string, { type: string; data: string }>();
  for (const line of output.split(/\r?\n/)) {
    const match = /^ {4}(\S.*?) {4}(REG_[A-Z_]+)(?: {4}(.*))?$/.exec(line);
    if (match?.[1] !== undefined && match[2] !== undefined)
      values.set(match[1].toLowerCase(), { type: match[2], data: (match[3] ?? '').trim() });
  }
  return values;
};

/** The values of a key; none where it is not there. @throws StoreError where it is refused */
const readKey = async (run: RunCommand, key: string): Promise<Values> => {
  const answer = await run('reg.exe', ['query', key]);
  if ('output' in answer) return parseValues(answer.output);
  if ('absent' in answer) throw new StoreError('unreadable', 'reg.exe is not there');
  if (await isAbsentKey(run, key)) return new Map();
  throw new StoreError(
    'unreadable',
    `${key}: ${answer.failure}; run certready as an administrator`,
  );
};

/** A FILETIME counts 100 ns from 1601 on. */
const timeOf = (hex: string | undefined): Date | undefined => {
  if (hex === undefined || !/^[0-9A-F]{16}$/i.test(hex)) return undefined;
  const ticks = Buffer.from(hex, 'hex').readBigUInt64LE(0);
  const ms = Number(ticks / 10_000n) - 11_644_473_600_000;
  return ticks === 0n || ms > 8.64e15 ? undefined : new Date(ms);
};

const isSet = (values: Values, name: string): boolean =>
  Number(values.get(name.toLowerCase())?.data ?? 0) === 1;

const stateOf = (policy: Values, update: Values): RootUpdateState => {
  const redirect = update.get('rootdirurl')?.data ?? '';
  const base = redirect === '' ? defaultSource : redirect.replace(/[\\/]+$/, '');
  const lastSync = timeOf(update.get('lastsynctime')?.data);
  const list = update.get('encodedctl');
  const isList = list?.type === 'REG_BINARY' && /^(?:[0-9A-F]{2})+$/i.test(list.data);
  return {
    ...(isSet(policy, 'DisableRootAutoUpdate') && {
      disabledBy: `${policyKey}\\DisableRootAutoUpdate`,
    }),
    url: `${base}/${listName}`,
    isRedirected: redirect !== '',
    ...(lastSync && { lastSync }),
    ...(isList && { list: Buffer.from(list.data, 'hex') }),
  };
};

export const machineRootUpdates = (run: RunCommand): RootUpdates => ({
  name: 'LocalMachine\\AuthRoot',
  async read() {
    try {
      const [policy, update] = await Promise.all([
        readKey(run, policyKey),
        readKey(run, updateKey),
      ]);
      return stateOf(policy, update);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return { unreadable: error.message };
    }
  },
});
