/** What a confined account gets to see of the system, and whether that is enough. */

import type { Stats } from 'node:fs';
import { access, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ServiceError } from '../service-error.ts';
import type { ServiceDefinition } from '../service-manager.ts';
import { canBeWritten } from './quote.ts';
import { type UnitSettings, isWithin, managedFolders } from './unit.ts';

/** Folders that are empty for the service (ProtectHome=, PrivateTmp=), unless something below is shown. */
const hiddenFolders = ['/home', '/root', '/run/user', '/tmp', '/var/tmp'];

const isBelow = (path: string, folder: string): boolean => path.startsWith(`${folder}/`);

const isHidden = (path: string): boolean => hiddenFolders.some((folder) => isBelow(path, folder));

const unsuitable = (line: string): ServiceError => new ServiceError('unsuitable', line);

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  EACCES: 'permission denied',
};

const orSay =
  (path: string) =>
  (error: unknown): never => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw new ServiceError('unsuitable', `${path}: ${reasons[code] ?? code}`, error);
  };

const realPath = (path: string): Promise<string> => realpath(path).catch(orSay(path));
const statOf = (path: string): Promise<Stats> => stat(path).catch(orSay(path));

/**
 * The folder that a program needs around it: what npm installed beside it, the package that its script is of, or
 * its own.
 */
const programFolder = async (path: string): Promise<string> => {
  const modules = path.indexOf('/node_modules/');
  if (modules !== -1) return path.slice(0, modules + '/node_modules'.length);
  const folder = dirname(path);
  const isPackage = await access(join(dirname(folder), 'package.json')).then(
    () => true,
    () => false,
  );
  return isPackage ? dirname(folder) : folder;
};

/** The folder rather than the file: an editor puts a new file in its place. */
const shownFor = (path: string, folder: string): string =>
  hiddenFolders.includes(folder) ? path : folder;

/** What has to be shown of hidden folders, links followed; the outermost folders only. */
const exposedPaths = async ({ program, readPaths }: ServiceDefinition): Promise<string[]> => {
  const wanted = new Set<string>();
  const want = async (path: string, folderOf: (path: string) => Promise<string>): Promise<void> => {
    for (const place of new Set([path, await realPath(path)]))
      if (isHidden(place)) wanted.add(shownFor(place, await folderOf(place)));
  };
  // Of Node's arguments only its script is a path.
  for (const path of program.filter((part) => part.startsWith('/')))
    await want(path, programFolder);
  for (const path of readPaths) await want(path, (place) => Promise.resolve(dirname(place)));
  const all = [...wanted].sort();
  return all.filter((path) => !all.some((other) => isBelow(path, other)));
};

const othersMay = { read: 0o004, write: 0o002, enter: 0o001 } as const;

const octal = (mode: number): string => `0${(mode & 0o7777).toString(8)}`;

/** The folders that lead to a path, the outermost first, from where the service begins to see them. */
const foldersTo = (path: string, exposed: readonly string[]): string[] => {
  const from = exposed.find((shown) => isWithin(path, shown)) ?? '/';
  const folders: string[] = [];
  for (let folder = dirname(path); folder.length >= from.length; folder = dirname(folder)) {
    folders.unshift(folder);
    if (folder === '/') break;
  }
  return folders;
};

const checkReadable = async (path: string, exposed: readonly string[]): Promise<void> => {
  const real = await realPath(path);
  const steps = [
    ...foldersTo(real, exposed).map((folder) => [folder, othersMay.enter, 'o+x'] as const),
    [real, othersMay.read, 'o+r'] as const,
  ];
  for (const [place, needed, change] of steps) {
    const { mode } = await statOf(place);
    if ((mode & needed) === 0)
      throw unsuitable(
        `${path}: the account of the service cannot read it (${place} has mode ${octal(mode)}); ` +
          `expected: chmod ${change}, and secrets in files of their own (file:PATH)`,
      );
  }
};

/** Accounts are looked up by name, and an existing one would be used. */
const checkAccount = async (name: string): Promise<void> => {
  const accounts = await readFile('/etc/passwd', 'utf8').catch(() => '');
  if (accounts.split('\n').some((line) => line.startsWith(`${name}:`)))
    throw unsuitable(
      `--name ${name}: there is an account of this name; the service makes one of its own, choose another name`,
    );
};

const checkStateDir = (stateDir: string): void => {
  const { StateDirectory: base } = managedFolders;
  if (!/^\/[\w./@-]+$/.test(stateDir) || !isBelow(stateDir, base))
    throw unsuitable(
      `stateDir: got ${stateDir}, expected a folder below ${base} for a service (letters, digits, . _ @ -), or none`,
    );
};

/** How the service may write to a folder that systemd does not make for it. */
const writeAccess = async (folder: string): Promise<{ group?: number }> => {
  const { mode, gid } = await statOf(folder);
  if ((mode & othersMay.write) !== 0) return {};
  if ((mode & 0o020) !== 0 && gid !== 0) return { group: gid };
  throw unsuitable(
    `${folder}: the account of the service cannot write there (mode ${octal(mode)}); expected a folder ` +
      'below /run/NAME or /var/log/NAME, which systemd makes for it, or one that a group may write to',
  );
};

const writeAccesses = async ({
  name,
  stateDir,
  writeFolders,
}: ServiceDefinition): Promise<Pick<UnitSettings, 'writable' | 'groups'>> => {
  const made = [
    stateDir,
    `${managedFolders.RuntimeDirectory}/${name}`,
    `${managedFolders.LogsDirectory}/${name}`,
  ];
  const writable = writeFolders.filter((folder) => !made.some((place) => isWithin(folder, place)));
  const hidden = writable.find((folder) => isHidden(`${folder}/`));
  if (hidden !== undefined)
    throw unsuitable(
      `${hidden}: hidden from the service; expected a folder below /run/${name} or /var/log/${name}`,
    );
  const accesses = await Promise.all(writable.map(writeAccess));
  return { writable, groups: [...new Set(accesses.flatMap(({ group = [] }) => group))] };
};

/**
 * What the unit has to allow so that the service can do what it is configured for.
 * @throws ServiceError `unsuitable` for what is not there, or could not be used all the same
 */
export const pathSettings = async (
  definition: ServiceDefinition,
): Promise<Pick<UnitSettings, 'exposed' | 'writable' | 'groups'>> => {
  const { name, program, stateDir, readPaths, secretFiles } = definition;
  const odd = [...program, ...readPaths, ...secretFiles].find((path) => !canBeWritten(path));
  if (odd !== undefined)
    throw unsuitable(
      `${JSON.stringify(odd)}: a path with control characters, or with a space at its end`,
    );
  await checkAccount(name);
  checkStateDir(stateDir);
  const exposed = await exposedPaths(definition);
  for (const path of [...program.filter((part) => part.startsWith('/')), ...readPaths])
    await checkReadable(path, exposed);
  for (const path of secretFiles) await statOf(path);
  return { exposed, ...(await writeAccesses(definition)) };
};
