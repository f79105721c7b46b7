/** Windows' registry below HKEY_LOCAL_MACHINE (winreg.h), as far as an installer needs it. */

import { loadNative } from './native.ts';
import { WindowsError, windowsErrors } from './windows-error.ts';

export type RegistryValue =
  /** REG_SZ, and REG_EXPAND_SZ: with names of environment variables. */
  | { readonly type: 'text' | 'expandable'; readonly data: string }
  /** REG_MULTI_SZ */
  | { readonly type: 'texts'; readonly data: readonly string[] }
  /** REG_DWORD */
  | { readonly type: 'number'; readonly data: number };

/** Keys are paths below HKEY_LOCAL_MACHINE. @throws WindowsError */
export interface Registry {
  /** undefined where there is no such key or value. */
  read(key: string, name: string): RegistryValue | undefined;
  /** Makes the key where it is missing. */
  write(key: string, name: string, value: RegistryValue): void;
  /** Nothing where there is no such value. */
  removeValue(key: string, name: string): void;
  /** With all below it; nothing where there is no such key. */
  removeKey(key: string): void;
  /** The names of the keys directly below; none where there is no such key. */
  subkeys(key: string): string[];
}

/** HKEY_LOCAL_MACHINE, a negative number as pointers of 64 bits have it */
const localMachine = 0x80000002 | 0;
/** KEY_READ | KEY_WOW64_64KEY, KEY_WRITE | KEY_WOW64_64KEY */
const access = { read: 0x20019 | 0x100, write: 0x20006 | 0x100 } as const;
const types = { text: 1, expandable: 2, number: 4, texts: 7 } as const;
const maxValueBytes = 65_536;
const maxNameLength = 256;
const absent: ReadonlySet<number> = new Set([
  windowsErrors.fileNotFound,
  windowsErrors.pathNotFound,
]);

const wide = (text: string): Buffer => Buffer.from(`${text}\0`, 'utf16le');

export const encodeValue = (value: RegistryValue): Buffer => {
  switch (value.type) {
    case 'number': {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32LE(value.data);
      return bytes;
    }
    case 'texts':
      return Buffer.concat([...value.data.map(wide), wide('')]);
    case 'text':
    case 'expandable':
      return wide(value.data);
  }
};

/** undefined for a type that is not ours. */
export const decodeValue = (type: number, bytes: Buffer): RegistryValue | undefined => {
  const text = bytes.toString('utf16le').replace(/\0+$/, '');
  switch (type) {
    case types.text:
      return { type: 'text', data: text };
    case types.expandable:
      return { type: 'expandable', data: text };
    case types.texts:
      return { type: 'texts', data: text === '' ? [] : text.split('\0') };
    case types.number:
      return bytes.length === 4 ? { type: 'number', data: bytes.readUInt32LE() } : undefined;
    default:
      return undefined;
  }
};

/** @throws ServiceError where Windows' functions cannot be called */
export const bindRegistry = async (): Promise<Registry> => {
  const { advapi32 } = await loadNative();
  const open = advapi32.func(
    'int32 __stdcall RegOpenKeyExW(intptr_t root, str16 path, uint32 options, uint32 access, _Out_ void **key)',
  );
  const create = advapi32.func(
    'int32 __stdcall RegCreateKeyExW(intptr_t root, str16 path, uint32 reserved, str16 class, uint32 options, uint32 access, void *security, _Out_ void **key, void *disposition)',
  );
  const close = advapi32.func('int32 __stdcall RegCloseKey(void *key)');
  const query = advapi32.func(
    'int32 __stdcall RegQueryValueExW(void *key, str16 name, void *reserved, _Out_ uint32 *type, _Out_ uint8 *data, _Inout_ uint32 *size)',
  );
  const set = advapi32.func(
    'int32 __stdcall RegSetValueExW(void *key, str16 name, uint32 reserved, uint32 type, const uint8 *data, uint32 size)',
  );
  const deleteValue = advapi32.func('int32 __stdcall RegDeleteValueW(void *key, str16 name)');
  const deleteTree = advapi32.func('int32 __stdcall RegDeleteTreeW(intptr_t root, str16 path)');
  const enumerate = advapi32.func(
    'int32 __stdcall RegEnumKeyExW(void *key, uint32 index, _Out_ uint8 *name, _Inout_ uint32 *length, void *reserved, void *class, void *classLength, void *written)',
  );

  const check = (path: string, code: unknown): void => {
    if (code !== 0) throw new WindowsError(Number(code), `HKLM\\${path}`);
  };
  /** undefined where there is no such key. */
  const withKey = <T>(path: string, rights: number, use: (key: unknown) => T): T | undefined => {
    const key: unknown[] = [null];
    const code: unknown = open(localMachine, path, 0, rights, key);
    if (absent.has(Number(code))) return undefined;
    check(path, code);
    try {
      return use(key[0]);
    } finally {
      close(key[0]);
    }
  };
  return {
    read: (path, name) =>
      withKey(path, access.read, (key) => {
        const data = Buffer.alloc(maxValueBytes);
        const [type, size] = [[0], [data.length]];
        const code: unknown = query(key, name, null, type, data, size);
        if (absent.has(Number(code))) return undefined;
        check(path, code);
        return decodeValue(type[0] ?? 0, data.subarray(0, size[0]));
      }),
    write(path, name, value) {
      const key: unknown[] = [null];
      check(path, create(localMachine, path, 0, null, 0, access.write, null, key, null));
      try {
        const data = encodeValue(value);
        check(path, set(key[0], name, 0, types[value.type], data, data.length));
      } finally {
        close(key[0]);
      }
    },
    removeValue(path, name) {
      withKey(path, access.write, (key) => {
        const code: unknown = deleteValue(key, name);
        if (!absent.has(Number(code))) check(path, code);
      });
    },
    removeKey(path) {
      const code: unknown = deleteTree(localMachine, path);
      if (!absent.has(Number(code))) check(path, code);
    },
    subkeys: (path) =>
      withKey(path, access.read, (key) => {
        const names: string[] = [];
        const name = Buffer.alloc(2 * maxNameLength);
        for (;;) {
          const length = [maxNameLength];
          if (enumerate(key, names.length, name, length, null, null, null, null) !== 0)
            return names;
          names.push(name.toString('utf16le', 0, 2 * (length[0] ?? 0)));
        }
      }) ?? [],
  };
};
