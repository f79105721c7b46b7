/** The list of roots where an administrator has put it on a file server, for networks without a way out. */

import { posix, win32 } from 'node:path';
import type { Platform } from '../../types.ts';
import { fileFault, readStart } from '../files.ts';
import { StoreError } from '../store-error.ts';

/** A cabinet file begins so ([MS-CAB] 2.1); the list is wrapped in one. */
export const cabinetMagic = 'MSCF';

/**
 * The path that RootDirUrl means: `file://\\SERVER\SHARE` as Microsoft writes it, the same with
 * slashes, or a path.
 */
export const listPath = (url: string, platform: Platform): string => {
  const rest = /^file:[\\/]*(.*)$/is.exec(url)?.[1];
  if (platform !== 'win32') return posix.normalize(rest === undefined ? url : `/${rest}`);
  const isUnc = rest !== undefined && !/^[a-z]:/i.test(rest);
  return win32.normalize(isUnc ? `\\\\${rest}` : (rest ?? url));
};

/** Why the list cannot be had from there; undefined where it can. */
export const listTrouble = async (url: string, platform: Platform): Promise<string | undefined> => {
  const path = listPath(url, platform);
  try {
    const start = await readStart(path);
    if (start.subarray(0, 4).toString('latin1') === cabinetMagic) return undefined;
    return `the list of roots comes from ${path}, which is no cabinet file`;
  } catch (error) {
    const fault = await fileFault(path, error);
    if (!(fault instanceof StoreError)) throw error;
    return `the list of roots comes from a file server that this account cannot read: ${fault.message}; Windows reads it as the machine's account`;
  }
};
