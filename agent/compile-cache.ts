/** V8's compiled code, kept between starts where this Node can (22 and later). */

import { mkdirSync } from 'node:fs';
import module from 'node:module';
import { userInfo } from 'node:os';
import { join } from 'node:path';

/**
 * The folder is the user's own, by the account and not by $HOME: Node's default lies in the shared
 * temporary folder, where another user could leave code for root to run.
 */
const cacheFolder = (): string => join(userInfo().homedir, '.cache', 'certready');

/** Does nothing where it cannot be had: it only saves time. */
export const enableCompileCache = (): void => {
  const { enableCompileCache: enable } = module as {
    enableCompileCache?: (folder: string) => unknown;
  };
  if (enable === undefined) return;
  try {
    const folder = cacheFolder();
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    enable.call(module, folder);
  } catch {
    // no home, or one that cannot be written
  }
};
