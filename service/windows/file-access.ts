/** Who may read and change a file, by Windows' access lists (aclapi.h, sddl.h). */

import { mkdir, rmdir, stat } from 'node:fs/promises';
import { ServiceError } from '../service-error.ts';
import { loadNative } from './native.ts';
import { WindowsError } from './windows-error.ts';

export interface FileAccess {
  /** What is at a path; undefined where there is nothing. @throws ServiceError `unsuitable` where that is not told */
  kindOf(path: string): Promise<'file' | 'folder' | undefined>;
  /** With all above it. @returns the uppermost folder that was made */
  makeFolder(path: string): Promise<string | undefined>;
  /** Removes an empty folder. */
  removeFolder(path: string): Promise<void>;
  /** The access list in Windows' text form: access-list.ts. @throws WindowsError */
  read(path: string): string;
  /** Replaces it, and what is inherited from it. @throws WindowsError */
  write(path: string, list: string): void;
}

/** SE_FILE_OBJECT, DACL_SECURITY_INFORMATION */
const fileObject = 1;
const accessList = 0x4;
/** PROTECTED_DACL_SECURITY_INFORMATION, UNPROTECTED_DACL_SECURITY_INFORMATION */
const inheritance = { cut: 0x80000000, kept: 0x20000000 } as const;
/** SDDL_REVISION_1 */
const revision = 1;

const bindLists = async (): Promise<Pick<FileAccess, 'read' | 'write'>> => {
  const { koffi, advapi32, kernel32, lastError } = await loadNative();
  const free = kernel32.func('void * __stdcall LocalFree(void *memory)');
  const readInfo = advapi32.func(
    'uint32 __stdcall GetNamedSecurityInfoW(str16 name, int type, uint32 what, void *owner, void *group, void *dacl, void *sacl, _Out_ void **descriptor)',
  );
  const writeInfo = advapi32.func(
    'uint32 __stdcall SetNamedSecurityInfoW(str16 name, int type, uint32 what, void *owner, void *group, void *dacl, void *sacl)',
  );
  const toText = advapi32.func(
    'int __stdcall ConvertSecurityDescriptorToStringSecurityDescriptorW(void *descriptor, uint32 revision, uint32 what, _Out_ void **text, void *length)',
  );
  const toDescriptor = advapi32.func(
    'int __stdcall ConvertStringSecurityDescriptorToSecurityDescriptorW(str16 text, uint32 revision, _Out_ void **descriptor, void *size)',
  );
  const listOf = advapi32.func(
    'int __stdcall GetSecurityDescriptorDacl(void *descriptor, _Out_ int *present, _Out_ void **list, _Out_ int *defaulted)',
  );

  /** Uses memory that a call gave, and frees it. */
  const freeing = <T>(memory: unknown, use: (memory: unknown) => T): T => {
    try {
      return use(memory);
    } finally {
      free(memory);
    }
  };
  const required = (done: unknown): void => {
    if (done === 0) throw new WindowsError(lastError());
  };
  const checked = (path: string, code: unknown): void => {
    if (code !== 0) throw new WindowsError(Number(code), path);
  };
  return {
    read(path) {
      const descriptor: unknown[] = [null];
      checked(path, readInfo(path, fileObject, accessList, null, null, null, null, descriptor));
      return freeing(descriptor[0], (given) => {
        const text: unknown[] = [null];
        required(toText(given, revision, accessList, text, null));
        return freeing(text[0], (chars) => String(koffi.decode(chars, 'char16', -1)));
      });
    },
    write(path, list) {
      const descriptor: unknown[] = [null];
      required(toDescriptor(list, revision, descriptor, null));
      freeing(descriptor[0], (given) => {
        const entries: unknown[] = [null];
        required(listOf(given, [0], entries, [0]));
        const what = accessList | (/^D:[A-Z]*P/.test(list) ? inheritance.cut : inheritance.kept);
        checked(path, writeInfo(path, fileObject, what >>> 0, null, null, entries[0], null));
      });
    },
  };
};

/** @throws ServiceError where Windows' functions cannot be called */
export const bindFileAccess = async (): Promise<FileAccess> => ({
  ...(await bindLists()),
  async kindOf(path) {
    try {
      return (await stat(path)).isDirectory() ? 'folder' : 'file';
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw new ServiceError('unsuitable', `${path}: cannot be looked at (${code})`, error);
    }
  },
  makeFolder: (path) => mkdir(path, { recursive: true }),
  removeFolder: (path) => rmdir(path),
});
