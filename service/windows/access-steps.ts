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

const accessStep = (machine: Machine, wish: Wish, notes: string[]): Step => {
  const { files } = machine;
  const { path, grant, isOwn } = wish;
  const who = isOwn ? 'administrators and the service alone' : 'the service';
  let before: string | undefined;
  return {
    summary: `let ${who} ${grant.rights === 'read' ? 'read' : 'change'} ${path}`,
    run: promised(() => {
      before = files.read(path);
      files.write(path, isOwn ? restrictedList(before, grant) : withGrant(before, grant));
    }),
    // FAT and Wine take an access list and keep none
    verify: promised(() => {
      if (!holds(files.read(path), wish))
        notes.push(
          `${path}: its disk keeps no such access lists; whoever may change that disk may change it`,
        );
    }),
    undo: promised(() => {
      if (before !== undefined) files.write(path, before);
    }),
  };
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
  const steps: Step[] = [];
  const add = (wish: Wish): void => {
    if (!holds(presentList(machine, wish.path) ?? '', wish))
      steps.push(accessStep(machine, wish, notes));
  };
  for (const path of new Set([stateDir, ...writeFolders])) {
    const kind = await machine.files.kindOf(path);
    if (kind === undefined) steps.push(folderStep(machine, path));
    const isOwn = kind === undefined || ownFolders.some((folder) => isBelow(path, folder));
    add({ path, grant: { sid, rights: 'modify', kind: 'folder' }, isOwn });
  }
  for (const path of new Set([...readPaths, ...secretFiles])) {
    const kind = await machine.files.kindOf(path);
    // What is missing by now, the agent says when it reads it
    if (kind === undefined) continue;
    const isOwn = ownFolders.some((folder) => isBelow(path, folder));
    add({ path, grant: { sid, rights: 'read', kind }, isOwn });
  }
  return { steps, notes };
};
