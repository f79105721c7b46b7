/**
 * Single executables: Node's own binary with the bundle inside (Node's single-executable feature,
 * https://nodejs.org/docs/latest-v24.x/api/single-executable-applications.html).
 */

import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';
import { buildProgram } from '../scripts/build.mjs';
import { stripped } from './elf.ts';
import { withoutSignature } from './pe.ts';
import { nodeVersion, unpack } from './registry.ts';
import { run } from './run.ts';
import { type Target, targets } from './targets.ts';

const repository = fileURLToPath(new URL('../', import.meta.url));

/** Node looks for this text in itself, to see whether there is something inside. */
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

export interface Workshop {
  /** A temporary folder: `bundle/`, the files of the program; `TARGET/`, Node and koffi for it. */
  readonly folder: string;
  /** A Node of the version inside, that runs here. */
  readonly node: string;
  readonly metafile: Metafile;
  close(): Promise<void>;
}

/** What this machine can run. @throws Error where Node has no package for it */
export const ownTarget = (): Target => {
  const own = targets.find(({ id }) => id === `${process.platform}-${process.arch}`);
  if (own) return own;
  throw new Error(
    `executables are built on ${process.platform}-${process.arch}, needed: linux-x64 or linux-arm64`,
  );
};

const nodeFolder = (folder: string, { id }: Target): string => join(folder, id);

const bundle = async (folder: string, own: Target): Promise<Metafile> => {
  const license = await readFile(join(nodeFolder(folder, own), 'LICENSE'), 'utf8');
  const node = { name: 'Node.js', version: nodeVersion, license: 'MIT and others', text: license };
  const metafile = await buildProgram(join(folder, 'bundle'), {
    executable: true,
    notices: [node],
  });
  await build({
    absWorkingDir: repository,
    entryPoints: ['packaging/executable/main.ts'],
    outfile: join(folder, 'main.cjs'),
    ...{ bundle: true, minify: true, platform: 'node', format: 'cjs', target: 'node24' },
    logLevel: 'warning',
  });
  return metafile;
};

/** Fetches what all executables need and bundles the program. */
export const openWorkshop = async (): Promise<Workshop> => {
  const own = ownTarget();
  const folder = await mkdtemp(join(tmpdir(), 'certready-package-'));
  const close = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    await unpack(own.node, [own.nodeFile, 'LICENSE'], nodeFolder(folder, own));
    const metafile = await bundle(folder, own);
    return { folder, node: join(nodeFolder(folder, own), own.nodeFile), metafile, close };
  } catch (error) {
    await close();
    throw error;
  }
};

/** All paths are relative to the workshop: they get into the blob. */
const makeBlob = async ({ folder, node }: Workshop, target: Target): Promise<string> => {
  const names = (await readdir(join(folder, 'bundle'))).sort();
  const config = {
    main: 'main.cjs',
    output: `${target.id}.blob`,
    disableExperimentalSEAWarning: true,
    // Both would tie the blob to this machine's processor, and start-up needs neither
    useSnapshot: false,
    useCodeCache: false,
    assets: {
      ...Object.fromEntries(names.map((name) => [name, join('bundle', name)])),
      'koffi.node': join(target.id, target.koffiFile),
    },
  };
  const path = `${target.id}.json`;
  await writeFile(join(folder, path), JSON.stringify(config));
  await run(node, ['--experimental-sea-config', path], { cwd: folder, env: { NODE_OPTIONS: '' } });
  return join(folder, config.output);
};

/** Where koffi's native half for a target lies, once its executable is built. */
export const koffiPath = ({ folder }: Workshop, { id, koffiFile }: Target): string =>
  join(folder, id, koffiFile);

/** @returns what was written to the path: an executable for the target */
export const buildExecutable = async (
  workshop: Workshop,
  target: Target,
  path: string,
): Promise<void> => {
  const folder = nodeFolder(workshop.folder, target);
  await mkdir(folder, { recursive: true });
  if (target.id !== ownTarget().id) await unpack(target.node, [target.nodeFile], folder);
  await unpack(target.koffi, [target.koffiFile], folder);
  const blob = await makeBlob(workshop, target);
  const node = await readFile(join(folder, target.nodeFile));
  await writeFile(path, target.architecture ? stripped(node) : withoutSignature(node));
  const postject = join(repository, 'node_modules', 'postject', 'dist', 'cli.js');
  const injection = ['NODE_SEA_BLOB', blob, '--sentinel-fuse', fuse];
  await run(process.execPath, [postject, path, ...injection]);
  await chmod(path, 0o755);
};
