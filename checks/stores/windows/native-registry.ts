/** Values of Windows' registry by its own function (advapi32.dll): reg.exe takes a process for each key. */

import type { Libraries } from './native.ts';
import { type ReadValues, type RegistryValues, refused } from './reader.ts';

/** HKEY_LOCAL_MACHINE, as a handle. */
const localMachine = -0x7ffffffe;
/** RRF_RT_ANY | RRF_NOEXPAND */
const anyType = 0x1000ffff;

/** ERROR_SUCCESS, ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND */
const errors = { success: 0, notFound: 2, pathNotFound: 3 } as const;

/** No value that is read here is larger: lists of roots are some 200 KB. */
const maxBytes = 8 * 1024 * 1024;

/** REG_SZ and the like, with their data as reg.exe shows it. */
const shownAs: Readonly<Record<number, readonly [type: string, show: (bytes: Buffer) => string]>> =
  {
    1: ['REG_SZ', (bytes) => bytes.toString('utf16le').replace(/\0.*$/s, '')],
    2: ['REG_EXPAND_SZ', (bytes) => bytes.toString('utf16le').replace(/\0.*$/s, '')],
    3: ['REG_BINARY', (bytes) => bytes.toString('hex')],
    4: ['REG_DWORD', (bytes) => `0x${bytes.subarray(0, 4).reverse().toString('hex')}`],
  };

/** @throws Error where the function is not there */
export const bindRegistry = ({ advapi32 }: Libraries): ReadValues => {
  const readValue = advapi32.func(
    'int32 __stdcall RegGetValueW(intptr_t key, str16 path, str16 name, uint32 flags, _Out_ uint32 *type, _Out_ uint8 *data, _Inout_ uint32 *length)',
  );
  const readOne = (key: string, name: string): { type: string; data: string } | undefined => {
    const path = key.replace(/^HKLM\\/, '');
    const [type, length] = [[0], [0]];
    const ask = (data: Buffer | null): number =>
      Number(readValue(localMachine, path, name, anyType, type, data, length));
    let status = ask(null);
    if (status === errors.notFound || status === errors.pathNotFound) return undefined;
    const bytes = Buffer.alloc(Math.min(length[0] ?? 0, maxBytes));
    length[0] = bytes.length; // no more may be written
    if (status === errors.success) status = ask(bytes);
    if (status !== errors.success)
      throw refused(`${key}\\${name}`, `Windows refuses to read it (${status})`);
    const [shown, show] = shownAs[type[0] ?? 0] ?? ['REG_NONE', () => ''];
    return { type: shown, data: show(bytes.subarray(0, length[0])) };
  };
  return (key, names) => {
    const values = names.flatMap((name) => {
      const value = readOne(key, name);
      return value ? [[name.toLowerCase(), value] as const] : [];
    });
    return Promise.resolve<RegistryValues>(new Map(values));
  };
};
