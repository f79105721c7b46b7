/** Windows by its own functions, called through koffi. */

import type Koffi from 'koffi';
import { bindCrypt32 } from './crypt32.ts';
import { bindRegistry } from './native-registry.ts';
import type { WindowsReader } from './reader.ts';

type Library = ReturnType<(typeof Koffi)['load']>;

export interface Libraries {
  /** Certificate stores. */
  readonly crypt32: Library;
  /** The registry. */
  readonly advapi32: Library;
  readonly kernel32: Library;
}

const load = async (): Promise<WindowsReader | undefined> => {
  try {
    const { default: koffi } = await import('koffi');
    const libraries: Libraries = {
      crypt32: koffi.load('crypt32.dll'),
      advapi32: koffi.load('advapi32.dll'),
      kernel32: koffi.load('kernel32.dll'),
    };
    return { certificates: bindCrypt32(libraries), values: bindRegistry(libraries) };
  } catch {
    return undefined; // reg.exe is asked instead
  }
};

let loaded: Promise<WindowsReader | undefined> | undefined;

/**
 * Loads and binds them, once: a process keeps what koffi has bound. Undefined where koffi or a library is not
 * there (another platform, a lean build).
 */
export const loadNative = (): Promise<WindowsReader | undefined> => (loaded ??= load());
