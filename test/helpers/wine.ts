/**
 * The Windows build of Node under Wine: Windows' own interfaces, as Wine has them. It needs wine64, root
 * (for a mount namespace) and a folder that CERTREADY_TEST_WINDOWS names, made by
 * test/helpers/windows-node.sh.
 */

import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { findProgram } from './programs.ts';

const execute = promisify(execFile);
const repository = new URL('../..', import.meta.url).pathname;

/** CommonJS packages inside a bundle of modules ask for Node's own modules by `require`. */
const requireForBundled =
  "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);";

const windowsFolder = process.env['CERTREADY_TEST_WINDOWS'];
const programFolder = '/usr/lib/wine';

const findWine = async (name: string): Promise<string | undefined> =>
  (await readFile(join(programFolder, name)).then(
    () => join(programFolder, name),
    () => undefined,
  )) ?? findProgram(name);

/** Why there is no Wine here, as a reason to skip; false where there is. */
export const lackingWine = async (): Promise<string | false> => {
  if (windowsFolder === undefined) return 'needs CERTREADY_TEST_WINDOWS';
  if (process.getuid?.() !== 0) return 'needs root';
  const found = await Promise.all(['wine64', 'wineserver64'].map(findWine));
  return found.includes(undefined) ? 'needs wine64' : false;
};

export interface ProgramEnd {
  readonly status: number;
  /** What it wrote, standard error as well. */
  readonly output: string;
}

export interface Wine {
  /**
   * Runs the TypeScript of a module in Windows' Node and gives what it printed; `debug` names channels of
   * Wine whose messages come with it.
   */
  node(
    source: string,
    options?: { readonly koffi?: boolean; readonly debug?: string },
  ): Promise<string>;
  /** Makes one file of the TypeScript of a module, beside koffi. @returns its path in Windows */
  bundle(source: string): Promise<string>;
  /** Runs a program of Windows. */
  windows(program: string, ...args: readonly string[]): Promise<string>;
  /** The same, however it ends. */
  windowsEnd(program: string, ...args: readonly string[]): Promise<ProgramEnd>;
  /** Where C: is, for this machine's own programs. */
  readonly drive: string;
  /** Windows' Node, beside koffi: its path in Windows. */
  readonly nodePath: string;
  stop(): Promise<void>;
}

export interface WineOptions {
  /** The one processor that all of it runs on; default: any. */
  readonly processor?: number;
}

/**
 * A fresh Windows 10 whose LocalMachine\Root holds the certificates of a folder (laid out like
 * /etc/ssl/certs, with their bundle) and the few of Microsoft's that Wine adds.
 */
export const startWine = async (roots: string, { processor }: WineOptions = {}): Promise<Wine> => {
  const folder = await mkdtemp(join(tmpdir(), 'certready-wine-'));
  const [wine = '', server = ''] = await Promise.all(['wine64', 'wineserver64'].map(findWine));
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    WINEPREFIX: join(folder, 'prefix'),
    WINEARCH: 'win64',
    WINEDEBUG: '-all',
    LC_ALL: 'C.UTF-8', // names of files and arguments that are not ASCII
    WINEDLLOVERRIDES: 'mscoree,mshtml=;winemenubuilder.exe=d',
  };
  // Wine's programs write to files alone: a pipe of Unix is a bad descriptor to them
  const script =
    'mount --bind "$1" /etc/ssl/certs && cd "$2" && out=$3 && shift 3 && exec "$@" >"$out" 2>&1 </dev/null';
  let count = 0;
  const ended = async (
    where: string,
    command: readonly string[],
    debug = env.WINEDEBUG,
  ): Promise<ProgramEnd> => {
    const out = join(folder, `out-${count++}`);
    await (await open(out, 'w')).close();
    const inNamespace = ['unshare', '-m', 'sh', '-c', script, 'sh', roots, where, out, ...command];
    const [program = '', ...args] =
      processor === undefined ? inNamespace : ['taskset', '-c', String(processor), ...inNamespace];
    const options = { env: { ...env, WINEDEBUG: debug }, timeout: 300_000 };
    const failure = await execute(program, args, options).then(
      () => undefined,
      (error: unknown) => error as { code?: unknown },
    );
    const output = await readFile(out, 'utf8');
    if (failure === undefined) return { status: 0, output };
    if (typeof failure.code === 'number') return { status: failure.code, output };
    throw new Error(`${command.join(' ')}: ${output}`, { cause: failure });
  };
  const run = async (...args: Parameters<typeof ended>): Promise<string> => {
    const { status, output } = await ended(...args);
    if (status === 0) return output;
    throw new Error(`${args[1].join(' ')}: status ${status}: ${output}`);
  };
  const inside = (where: string, ...command: readonly string[]): Promise<string> =>
    run(where, command);
  const bare = join(folder, 'bare');
  const full = join(folder, 'full');
  await Promise.all([bare, full].map((path) => mkdir(path)));
  const source = windowsFolder ?? '';
  await cp(source, full, { recursive: true });
  await cp(join(source, 'node.exe'), join(bare, 'node.exe'));
  await cp(join(repository, 'package.json'), join(folder, 'package.json')); // where the version is read
  await inside(folder, wine, 'wineboot', '-i');
  await inside(folder, server, '-w');
  await inside(folder, server, '-p');
  await inside(folder, wine, 'winecfg', '-v', 'win10');

  const bundled = async (contents: string, where: string): Promise<string> => {
    const outfile = join(where, `script-${count++}.mjs`);
    await build({
      stdin: { contents, resolveDir: repository, loader: 'ts' },
      ...{ bundle: true, platform: 'node', format: 'esm', outfile, logLevel: 'error' },
      external: ['koffi'],
      banner: { js: requireForBundled },
    });
    return outfile;
  };
  /** Z: is this machine's root. */
  const inWindows = (path: string): string => `Z:${path.replaceAll('/', '\\')}`;

  return {
    async node(contents, { koffi = true, debug } = {}) {
      const where = koffi ? full : bare;
      return run(where, [wine, 'node.exe', await bundled(contents, where)], debug);
    },
    bundle: async (contents) => inWindows(await bundled(contents, full)),
    windows: (program, ...args) => inside(folder, wine, program, ...args),
    windowsEnd: (program, ...args) => ended(folder, [wine, program, ...args]),
    drive: join(folder, 'prefix', 'drive_c'),
    nodePath: inWindows(join(full, 'node.exe')),
    async stop() {
      await inside(folder, server, '-k').catch(() => undefined);
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};
