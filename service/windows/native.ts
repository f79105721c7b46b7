/** Windows' own libraries, called through koffi. */

import type KoffiModule from 'koffi';
import { ServiceError } from '../service-error.ts';

type Koffi = typeof KoffiModule;

export interface Native {
  readonly koffi: Koffi;
  /** advapi32.dll: services, the registry, access lists. */
  readonly advapi32: ReturnType<Koffi['load']>;
  readonly kernel32: ReturnType<Koffi['load']>;
  /** Why the last call failed (GetLastError). To be asked directly after it. */
  readonly lastError: () => number;
}

let loaded: Promise<Native> | undefined;

const load = async (): Promise<Native> => {
  try {
    const koffi = (await import('koffi')).default;
    const advapi32 = koffi.load('advapi32.dll');
    const kernel32 = koffi.load('kernel32.dll');
    const lastError = kernel32.func('uint32 __stdcall GetLastError()');
    return { koffi, advapi32, kernel32, lastError: () => Number(lastError()) };
  } catch (error) {
    const found = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
    throw new ServiceError(
      'no-service-manager',
      `Windows' services cannot be asked: koffi, which calls them, does not load (${found ?? ''}); expected: all files of certready's package in one place`,
      error,
    );
  }
};

/** @throws ServiceError `no-service-manager` where koffi or the libraries are not there */
export const loadNative = (): Promise<Native> => (loaded ??= load());
