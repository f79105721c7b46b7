/** Fetched bodies on disk, each under the digest of its content, so that a damaged one is never taken for whole. */

import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

export interface BodyStore {
  /** Undefined where it is gone or damaged. */
  read(sha256: string): Promise<Uint8Array | undefined>;
  /** @throws the system's error */
  write(body: Uint8Array): Promise<string>;
  /** Removes all but these, drafts of killed runs too. Never throws: what stays is removed the next time. */
  keepOnly(digests: ReadonlySet<string>): Promise<void>;
}

const digestOf = (body: Uint8Array): string => createHash('sha256').update(body).digest('hex');

export const bodyStore = (folder: string): BodyStore => ({
  async read(sha256) {
    try {
      const body = await readFile(join(folder, sha256));
      return digestOf(body) === sha256 ? body : undefined;
    } catch {
      return undefined;
    }
  },
  async write(body) {
    const sha256 = digestOf(body);
    // A name of its own: a run that was killed may still be writing.
    const draft = join(folder, `${sha256}.${randomBytes(4).toString('hex')}`);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    try {
      const file = await open(draft, 'wx', 0o600);
      try {
        await file.writeFile(body);
      } finally {
        await file.close();
      }
      await rename(draft, join(folder, sha256));
    } catch (error) {
      await rm(draft, { force: true }).catch(() => undefined);
      throw error;
    }
    return sha256;
  },
  async keepOnly(digests) {
    const names = await readdir(folder).catch(() => []);
    const idle = names.filter((name) => !digests.has(name));
    await Promise.all(idle.map((name) => rm(join(folder, name), { force: true }).catch(() => 0)));
  },
});
