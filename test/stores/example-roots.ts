/** Roots that the tests of stores look for, and the store of a whole machine. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { discoverTrustStores } from '../../checks/stores/index.ts';
import type { TrustStore } from '../../checks/types.ts';
import { makeCa } from '../helpers/private-ca.ts';

export const run = promisify(execFile);

export const r1 = makeCa({ name: 'C=BE, O=Example, CN=Example Root R1' });
export const r2 = makeCa({ name: 'C=BE, O=Example, CN=Example Root R2' });
export const r3 = makeCa({ name: 'C=BE, O=Example, CN=Example Root R3' });
/** The name of r1 with another key. */
export const twin = makeCa({ name: r1.name });
export const absentRoot = makeCa({ name: 'CN=Nowhere' });

/** The distribution's store of the machine whose file system begins at `root`. */
export const systemStoreOf = async (root: string): Promise<TrustStore> => {
  const [store] = await discoverTrustStores({ platform: 'linux', env: {}, root });
  return store ?? assert.fail('no store');
};

export const rehash = (folder: string): Promise<unknown> => run('openssl', ['rehash', folder]);
