/** Windows' own certificate functions (crypt32.dll), called through koffi. */

import { StoreError } from '../store-error.ts';
import { storeLimits } from '../files.ts';
import type { PhysicalStore } from './physical-stores.ts';
import type { SerializedEntry } from './registry.ts';

/** Reads one physical store. @throws StoreError where Windows refuses */
export type ReadPhysicalStore = (store: PhysicalStore) => readonly SerializedEntry[];

const flags = {
  /** CERT_STORE_PROV_SYSTEM_W */
  provider: 10,
  /** CERT_STORE_READONLY_FLAG | CERT_STORE_OPEN_EXISTING_FLAG */
  readExisting: 0x8000 | 0x4000,
} as const;

/** ERROR_FILE_NOT_FOUND, CRYPT_E_NOT_FOUND: this machine has no such store. */
const notFound: ReadonlySet<number> = new Set([2, 0x80092004]);

/** No serialised certificate is larger. */
const maxElementBytes = 1024 * 1024;

/** Binds crypt32; undefined where koffi or the library is not there (another platform, a lean build). */
export const bindCrypt32 = async (): Promise<ReadPhysicalStore | undefined> => {
  let koffi;
  let crypt32;
  let kernel32;
  try {
    koffi = (await import('koffi')).default;
    crypt32 = koffi.load('crypt32.dll');
    kernel32 = koffi.load('kernel32.dll');
  } catch {
    return undefined; // the registry is read instead
  }
  const openStore = crypt32.func(
    'void * __stdcall CertOpenStore(intptr_t provider, uint32 encoding, uintptr_t crypt, uint32 flags, str16 name)',
  );
  const enumerate = crypt32.func(
    'void * __stdcall CertEnumCertificatesInStore(void *store, void *previous)',
  );
  const serialize = crypt32.func(
    'int __stdcall CertSerializeCertificateStoreElement(void *context, uint32 flags, _Out_ uint8 *element, _Inout_ uint32 *length)',
  );
  const free = crypt32.func('int __stdcall CertFreeCertificateContext(void *context)');
  const closeStore = crypt32.func('int __stdcall CertCloseStore(void *store, uint32 flags)');
  const lastError = kernel32.func('uint32 __stdcall GetLastError()');

  const serialized = (context: unknown, name: string): Buffer => {
    const length = [0];
    if (!serialize(context, 0, null, length))
      throw new StoreError('unreadable', `${name}: a certificate cannot be read`);
    const [bytes = 0] = length;
    if (bytes > maxElementBytes)
      throw new StoreError('unreadable', `${name}: a certificate of ${bytes} bytes`);
    const element = Buffer.alloc(bytes);
    if (!serialize(context, 0, element, length))
      throw new StoreError('unreadable', `${name}: a certificate cannot be read`);
    return element;
  };

  return ({ name, location, store }) => {
    const handle: unknown = openStore(flags.provider, 0, 0, location | flags.readExisting, store);
    if (handle === null) {
      const code = Number(lastError());
      if (notFound.has(code)) return [];
      throw new StoreError(
        'unreadable',
        `${name}: Windows refuses to open it (0x${code.toString(16)}); run certready as an administrator`,
      );
    }
    const entries: SerializedEntry[] = [];
    let context: unknown = null;
    try {
      // Each call frees the context that it is given
      while ((context = enumerate(handle, context)) !== null) {
        if (entries.length >= storeLimits.certificates)
          throw new StoreError('unreadable', `${name}: more than ${entries.length} certificates`);
        const blob = serialized(context, name);
        entries.push({ origin: `${name}#${entries.length + 1}`, blob });
      }
    } finally {
      if (context !== null) free(context);
      closeStore(handle, 0);
    }
    return entries;
  };
};
