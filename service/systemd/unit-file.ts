/** The unit file of a service: whose it is, and steps that put it in place and take it away. */

import { randomBytes } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { Step } from '../plan.ts';
import { ServiceError } from '../service-error.ts';
import { systemctl } from './systemctl.ts';
import { isOurs } from './unit.ts';

export const unitName = (name: string): string => `${name}.service`;

/** Where an administrator's units are (systemd.unit(5), "Unit File Load Path"). */
const unitFolder = '/etc/systemd/system';
export const unitPath = (name: string): string => `${unitFolder}/${unitName(name)}`;

export type UnitFile =
  | { readonly owner: 'nobody' }
  /** `service install` wrote it. */
  | { readonly owner: 'certready'; readonly path: string; readonly text: string }
  /** certready's own package brought it. */
  | { readonly owner: 'package'; readonly path: string }
  | { readonly owner: 'others'; readonly path: string };

const readIfThere = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
};

/** Whose the unit of this name is, wherever it lies. */
export const findUnitFile = async (name: string): Promise<UnitFile> => {
  const path = unitPath(name);
  const text = await readIfThere(path);
  if (text !== undefined)
    return isOurs(text) ? { owner: 'certready', path, text } : { owner: 'others', path };
  const { LoadState, FragmentPath, SourcePath } = await systemctl.show(
    unitName(name),
    'LoadState',
    'FragmentPath',
    'SourcePath',
  );
  if (LoadState === 'not-found') return { owner: 'nobody' };
  const packaged = FragmentPath === '' ? undefined : await readIfThere(FragmentPath);
  if (packaged !== undefined && isOurs(packaged)) return { owner: 'package', path: FragmentPath };
  return { owner: 'others', path: SourcePath || FragmentPath || `state ${LoadState}` };
};

/** @throws ServiceError `foreign-service`; a unit that is not ours is left alone */
export const ownUnitFile = async (
  name: string,
): Promise<Exclude<UnitFile, { readonly owner: 'others' }>> => {
  const found = await findUnitFile(name);
  if (found.owner !== 'others') return found;
  throw new ServiceError(
    'foreign-service',
    `${unitName(name)}: another program's service has this name (${found.path}); choose another --name`,
  );
};

/** Writes a file at once, and has systemd read it. */
const place = async (path: string, text: string): Promise<void> => {
  const draft = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await writeFile(draft, text, { mode: 0o644, flag: 'wx' });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw error;
  }
  await systemctl.run('daemon-reload');
};

const remove = async (path: string): Promise<void> => {
  await rm(path, { force: true });
  await systemctl.run('daemon-reload');
};

/** What systemd says of the file is not what was done. */
const disagrees = (found: string, expected: string): ServiceError =>
  new ServiceError('step-failed', `systemd says ${found}, expected ${expected}`);

export const writeUnitStep = (
  name: string,
  { text, before }: { readonly text: string; readonly before: string | undefined },
): Step => {
  const path = unitPath(name);
  return {
    summary: `write ${path}`,
    detail: text,
    run: () => place(path, text),
    async verify() {
      const { LoadState, FragmentPath, LoadError } = await systemctl.show(
        unitName(name),
        'LoadState',
        'FragmentPath',
        'LoadError',
      );
      if (LoadState !== 'loaded') throw disagrees(`${LoadState} ${LoadError}`.trim(), 'loaded');
      if (FragmentPath !== path) throw disagrees(`that it uses ${FragmentPath}`, path);
    },
    undo: () => (before === undefined ? remove(path) : place(path, before)),
  };
};

export const removeUnitStep = (name: string, text: string): Step => {
  const path = unitPath(name);
  return {
    summary: `remove ${path}`,
    run: () => remove(path),
    async verify() {
      const { LoadState, FragmentPath } = await systemctl.show(
        unitName(name),
        'LoadState',
        'FragmentPath',
      );
      // The package's unit is in force again, where there is one.
      if (LoadState !== 'not-found' && (FragmentPath === path || FragmentPath === ''))
        throw disagrees(LoadState, 'not-found');
    },
    undo: () => place(path, text),
  };
};
