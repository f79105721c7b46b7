/** Windows' own certificate functions (crypt32.dll). */

import { StoreError } from '../store-error.ts';
import type { Libraries } from './native.ts';
import type { PhysicalStore } from './physical-stores.ts';
import { type SerializedEntry, type WindowsReader, refused, requireRoom } from './reader.ts';

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

const bind = ({ crypt32, kernel32 }: Libraries) => ({
  openStore: crypt32.func(
    'void * __stdcall CertOpenStore(intptr_t provider, uint32 encoding, uintptr_t crypt, uint32 flags, str16 name)',
  ),
  enumerate: crypt32.func(
    'void * __stdcall CertEnumCertificatesInStore(void *store, void *previous)',
  ),
  serialize: crypt32.func(
    'int __stdcall CertSerializeCertificateStoreElement(void *context, uint32 flags, _Out_ uint8 *element, _Inout_ uint32 *length)',
  ),
  free: crypt32.func('int __stdcall CertFreeCertificateContext(void *context)'),
  closeStore: crypt32.func('int __stdcall CertCloseStore(void *store, uint32 flags)'),
  lastError: kernel32.func('uint32 __stdcall GetLastError()'),
});

type Read = (store: PhysicalStore) => readonly SerializedEntry[];

const readerBy = ({ serialize, ...functions }: ReturnType<typeof bind>): Read => {
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
    const { openStore, enumerate, free, closeStore, lastError } = functions;
    const handle: unknown = openStore(flags.provider, 0, 0, location | flags.readExisting, store);
    if (handle === null) {
      const code = Number(lastError());
      if (notFound.has(code)) return [];
      throw refused(name, `Windows refuses to open it (0x${code.toString(16)})`);
    }
    const entries: SerializedEntry[] = [];
    let context: unknown = null;
    try {
      // Each call frees the context that it is given
      while ((context = enumerate(handle, context)) !== null) {
        requireRoom(entries.length, name);
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

/** @throws Error where a function is not there */
export const bindCrypt32 = (libraries: Libraries): WindowsReader['certificates'] => {
  const read = readerBy(bind(libraries));
  return (store) =>
    new Promise((resolve) => {
      resolve(read(store));
    });
};
