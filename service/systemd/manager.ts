/** systemd as the service manager. */

import { readFile, stat } from 'node:fs/promises';
import type { Plan, Step } from '../plan.ts';
import { ServiceError } from '../service-error.ts';
import type { ServiceDefinition, ServiceManager } from '../service-manager.ts';
import { canNotify } from './notify-socket.ts';
import { pathSettings } from './paths.ts';
import { unitState } from './state.ts';
import { systemdVersion } from './systemctl.ts';
import { type UnitSettings, managedFolders, unitText } from './unit.ts';
import { ownUnitFile, removeUnitStep, unitName, writeUnitStep } from './unit-file.ts';
import {
  disableStep,
  enableStep,
  isEnabled,
  restartStep,
  isRunning,
  isUp,
  startStep,
  stopStep,
} from './unit-steps.ts';

/** LoadCredential= came with it. */
const versionWithCredentials = 247;

const settingsFor = async (definition: ServiceDefinition): Promise<UnitSettings> => {
  const version = (await systemdVersion()) ?? 0;
  if (definition.secretFiles.length > 0 && version < versionWithCredentials)
    throw new ServiceError(
      'unsuitable',
      `systemd ${version} hands over no secrets from files (file:PATH); expected ${versionWithCredentials} or later, or env:NAME`,
    );
  return {
    systemdVersion: version,
    notifyAccess: (await canNotify()) ? 'main' : 'all',
    ...(await pathSettings(definition)),
  };
};

const stateDirOf = (name: string): string => `${managedFolders.StateDirectory}/${name}`;

const option = (name: string): string => (name === 'certready' ? '' : ` --name ${name}`);

/** Undone, what ran before runs again as it did. */
const writeStep = (
  name: string,
  { text, before, up }: { text: string; before: string | undefined; up: boolean },
): Step => {
  const step = writeUnitStep(name, { text, before });
  if (!up) return step;
  return {
    ...step,
    async undo() {
      await step.undo?.();
      await restartStep(name).run();
    },
  };
};

/** Whether it needs more than any certready does, and so more than the package's unit gives. */
const isSpecial = (definition: ServiceDefinition, { exposed }: UnitSettings): boolean => {
  const { name, configFile, stateDir, secretFiles, writeFolders } = definition;
  return (
    configFile !== undefined ||
    stateDir !== stateDirOf(name) ||
    [...secretFiles, ...writeFolders, ...exposed].length > 0
  );
};

const planInstall = async (definition: ServiceDefinition): Promise<Plan> => {
  const { name } = definition;
  const found = await ownUnitFile(name);
  const settings = await settingsFor(definition);
  const [up, enabled] = await Promise.all([isUp(name), isEnabled(name)]);
  const writes = found.owner !== 'package' || isSpecial(definition, settings);
  const text = unitText(definition, settings);
  const before = found.owner === 'certready' ? found.text : undefined;
  return {
    steps: [
      ...(writes ? [writeStep(name, { text, before, up })] : []),
      ...(enabled ? [] : [enableStep(name)]),
      ...(up ? [restartStep(name)] : []),
    ],
    notes: up ? [] : [`not started yet: certready service start${option(name)}`],
  };
};

const planUninstall = async (name: string): Promise<Plan> => {
  const found = await ownUnitFile(name);
  if (found.owner === 'nobody') return { steps: [], notes: [`${name} is not installed`] };
  if (found.owner === 'package')
    throw new ServiceError(
      'foreign-service',
      `${unitName(name)}: a package brought it (${found.path}); remove the package, or systemctl disable --now ${name}`,
    );
  const [up, enabled, { stateDir }] = await Promise.all([
    isUp(name),
    isEnabled(name),
    unitState(name),
  ]);
  return {
    steps: [
      stopStep(name, up),
      ...(enabled ? [disableStep(name)] : []),
      removeUnitStep(name, found.text),
    ],
    notes: [`left alone: /etc/certready${stateDir === undefined ? '' : ` and ${stateDir}`}`],
  };
};

const requireInstalled = async (name: string): Promise<void> => {
  const { owner } = await ownUnitFile(name);
  if (owner !== 'nobody') return;
  throw new ServiceError(
    'not-installed',
    `${name}: no such service is installed; expected: certready service install${option(name)}`,
  );
};

const planStart = async (name: string): Promise<Plan> => {
  await requireInstalled(name);
  return (await isRunning(name))
    ? { steps: [], notes: [`${name} is running already`] }
    : { steps: [startStep(name)] };
};

const planStop = async (name: string): Promise<Plan> => {
  await requireInstalled(name);
  const up = await isUp(name);
  return up ? { steps: [stopStep(name, false)] } : { steps: [], notes: [`${name} is not running`] };
};

/** Whether this process may do what root may (proc_pid_status(5): real, effective, saved and file system user). */
const isRoot = async (): Promise<boolean> =>
  /^Uid:\s+\d+\s+0\s/m.test(await readFile('/proc/self/status', 'utf8'));

/** systemd runs the machine: sd_booted(3). */
const isBooted = (): Promise<boolean> =>
  stat('/run/systemd/system').then(
    (stats) => stats.isDirectory(),
    () => false,
  );

/** @throws ServiceError `no-service-manager` where something else starts services */
export const systemdManager = async (): Promise<ServiceManager> => {
  if (!(await isBooted()))
    throw new ServiceError(
      'no-service-manager',
      'systemd does not run here (no /run/systemd/system), and no other service manager is known',
    );
  return {
    stateDirOf,
    planInstall,
    planUninstall,
    planStart,
    planStop,
    status: unitState,
    async authorise() {
      if (!(await isRoot()))
        throw new ServiceError('not-privileged', 'only root may change services; expected: sudo');
    },
  };
};
