/** Packages of the npm registry, each pinned by the hash of its archive. */

import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pins from './pins.json' with { type: 'json' };
import { run } from './run.ts';

interface LockFile {
  readonly packages: Readonly<Record<string, { version?: string; integrity?: string } | undefined>>;
}

export interface Pin {
  readonly name: string;
  readonly version: string;
  /** As npm writes it: `sha512-BASE64`. */
  readonly integrity: string;
}

export const nodeVersion = pins.node;

const repository = new URL('../', import.meta.url);

/** Node is pinned beside this file, everything else in package-lock.json. */
export const pinOf = async (name: string): Promise<Pin> => {
  const integrity = (pins.integrity as Readonly<Record<string, string>>)[name];
  if (integrity !== undefined) return { name, version: pins.node, integrity };
  const text = await readFile(new URL('package-lock.json', repository), 'utf8');
  const locked = (JSON.parse(text) as LockFile).packages[`node_modules/${name}`];
  if (locked?.version === undefined || locked.integrity === undefined)
    throw new Error(`${name}: neither in packaging/pins.json nor in package-lock.json`);
  return { name, version: locked.version, integrity: locked.integrity };
};

/**
 * Fetches a package, through npm's own cache, and unpacks some of its files into a folder.
 * @throws Error where the archive is not the pinned one
 */
export const unpack = async (
  name: string,
  files: readonly string[],
  folder: string,
): Promise<void> => {
  const { version, integrity } = await pinOf(name);
  await mkdir(folder, { recursive: true });
  const packed = await run('npm', ['pack', '--json', `${name}@${version}`], { cwd: folder });
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  const archive = join(folder, filename);
  const found = `sha512-${createHash('sha512')
    .update(await readFile(archive))
    .digest('base64')}`;
  if (found !== integrity)
    throw new Error(`${name}@${version} is not the pinned one: got ${found}, needed ${integrity}`);
  const members = files.map((file) => `package/${file}`);
  await run('tar', ['-xzf', archive, '--strip-components=1', ...members], { cwd: folder });
};
