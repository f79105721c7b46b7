/** Who may read and change the files of a service: its program, its configuration, its state. */

import { win32 } from 'node:path';
import type { Step } from '../plan.ts';
import type { ServiceDefinition } from '../service-manager.ts';
import { ServiceError } from '../service-error.ts';
import {
  type Grant,
  crowdMayChange,
  grants,
  restrictedList,
  serviceMayRead,
  withGrant,
} from './access-list.ts';
import { promised } from './promised.ts';
import { serviceSid } from './service-sid.ts';
import type { WindowsSystem } from './system.ts';

type Machine = Pick<WindowsSystem, 'files'>;

export interface AccessPlan {
  readonly steps: Step[];
  /** Filled while the steps are carried out, too. */
  readonly notes: string[];
}

/** undefined where this account may not read it, or where there is nothing. */
const presentList = ({ files }: Machine, path: string): string | undefined => {
  try {
    return files.read(path);
  } catch {
    return undefined;
  }
};

interface Wish {
  readonly path: string;
  readonly grant: Grant;
  /** Whether the file is certready's alone, so that all others are kept out. */
  readonly isOwn: boolean;
}

const holds = (list: string, { grant, isOwn }: Wish): boolean =>
  grants(list, grant) && (!isOwn || /^D:[A-Z]*P/.test(list));

const summaryOf = ({ grant, isOwn }: Wish, paths: readonly string[]): string =>
  [
    `let ${isOwn ? 'administrators and the service alone' : 'the service'}`,
    grant.rights === 'read' ? 'read' : 'change',
    paths.join(', '),
  ].join(' ');

/** For files that the same is wished of. */
const accessStep = (
  { files }: Machine,
  [first, ...others]: readonly [Wish, ...Wish[]],
  notes: string[],
): Step => {
  const wishes = [first, ...others];
  const before = new Map<string, string>();
  return {
    summary: summaryOf(
      first,
      wishes.map(({ path }) => path),
    ),
    run: promised(() => {
      for (const { path, grant, isOwn } of wishes) {
        const list = files.read(path);
        before.set(path, list);
        files.write(path, isOwn ? restrictedList(list, grant) : withGrant(list, grant));
      }
    }),
    // FAT and Wine take an access list and keep none
    verify: promised(() => {
      const bare = wishes.filter((wish) => !holds(files.read(wish.path), wish));
      if (bare.length === 0) return;
      const paths = bare.map(({ path }) => path).join(', ');
      notes.push(`the disk keeps no access list for ${paths}: whoever uses it may change them`);
    }),
    undo: promised(() => {
      for (const [path, list] of before) files.write(path, list);
    }),
  };
};

/** A step for all that have the same right and the same owner. */
const accessSteps = (machine: Machine, wishes: readonly Wish[], notes: string[]): Step[] => {
  const groups = new Map<string, [Wish, ...Wish[]]>();
  for (const wish of wishes) {
    const key = `${wish.grant.rights} ${wish.isOwn}`;
    const group = groups.get(key);
    if (group) group.push(wish);
    else groups.set(key, [wish]);
  }
  return [...groups.values()].map((group) => accessStep(machine, group, notes));
};

const folderStep = ({ files }: Machine, path: string): Step => {
  let made: string | undefined;
  return {
    summary: `make the folder ${path}`,
    async run() {
      made = await files.makeFolder(path);
    },
    async undo() {
      if (made === undefined) return;
      for (let folder = path; folder.length >= made.length; folder = win32.dirname(folder))
        await files.removeFolder(folder);
    },
  };
};

/**
 * Notes on a program that every user may replace, and who does that is the service.
 * @throws ServiceError `unsuitable` for a program that the service's account could not read
 */
const judgeProgram = (machine: Machine, { name, program }: ServiceDefinition): string[] =>
  program.flatMap((path) => {
    const list = presentList(machine, path);
    if (list === undefined) return [];
    if (!serviceMayRead(list, [serviceSid(name)]))
      throw new ServiceError(
        'unsuitable',
        `${path}: the account LocalService may not read it; expected: a place that all users may read, such as C:\\Program Files\\certready`,
      );
    const open = [path, win32.dirname(path)].find((candidate) =>
      crowdMayChange(presentList(machine, candidate) ?? ''),
    );
    return open === undefined
      ? []
      : [
          `${open}: every user may change it, and so what the service does; better is a place such as C:\\Program Files\\certready`,
        ];
  });

export interface AccessOptions {
  /** The folders that are certready's by their names, e.g. `C:\ProgramData\certready`. */
  readonly ownFolders: readonly string[];
}

/** Lower case, as Windows compares paths. */
const isBelow = (path: string, folder: string): boolean =>
  `${path.toLowerCase()}\\`.startsWith(`${folder.toLowerCase()}\\`);

/** @throws ServiceError `unsuitable` */
export const planAccess = async (
  machine: Machine,
  definition: ServiceDefinition,
  { ownFolders }: AccessOptions,
): Promise<AccessPlan> => {
  const { name, stateDir, readPaths, secretFiles, writeFolders } = definition;
  const sid = serviceSid(name);
  const notes = judgeProgram(machine, definition);
  const folders: Step[] = [];
  const wishes: Wish[] = [];
  const isOwnPath = (path: string): boolean => ownFolders.some((folder) => isBelow(path, folder));
  for (const path of new Set([stateDir, ...writeFolders])) {
    const kind = await machine.files.kindOf(path);
    if (kind === 'file')
      throw new ServiceError('unsuitable', `${path}: is a file; expected: a folder`);
    if (kind === undefined) folders.push(folderStep(machine, path));
    const isOwn = kind === undefined || isOwnPath(path);
    wishes.push({ path, grant: { sid, rights: 'modify', kind: 'folder' }, isOwn });
  }
  for (const path of new Set([...readPaths, ...secretFiles])) {
    const kind = await machine.files.kindOf(path);
    // What is missing by now, the agent says when it reads it
    if (kind === undefined) continue;
    wishes.push({ path, grant: { sid, rights: 'read', kind }, isOwn: isOwnPath(path) });
  }
  const open = wishes.filter((wish) => !holds(presentList(machine, wish.path) ?? '', wish));
  return { steps: [...folders, ...accessSteps(machine, open, notes)], notes };
};
