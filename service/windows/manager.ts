/** `certready service …` by Windows' service control manager. */

import { win32 } from 'node:path';
import type { ManagerOptions } from '../open.ts';
import type { Plan, Step } from '../plan.ts';
import { ServiceError } from '../service-error.ts';
import type { ServiceDefinition, ServiceManager, ServiceState } from '../service-manager.ts';
import { planAccess } from './access-steps.ts';
import { registerEventSource, removeEventSource } from './event-source.ts';
import { ownConfig, stateDirOf } from './ownership.ts';
import { promised } from './promised.ts';
import { account, markSteps, registerSteps, settingSteps } from './registration.ts';
import { exitReason, startService, stopService } from './run-state.ts';
import { type ProcessStatus, automaticStart } from './service-control.ts';
import { currentState } from './service-status.ts';
import { type WindowsSystem, bindWindows } from './system.ts';
import { isWindowsError } from './windows-error.ts';

/** The name whose state is at the place that the program knows by itself. */
const defaultName = 'certready';
const removalMs = 5000;
const pollMs = 200;

const states: Readonly<Record<number, ServiceState['state']>> = {
  [currentState.stopped]: 'stopped',
  [currentState.startPending]: 'starting',
  [currentState.stopPending]: 'stopping',
};

const stateOf = (status: ProcessStatus): ServiceState['state'] => {
  const state = states[status.dwCurrentState] ?? 'running';
  return state === 'stopped' && exitReason(status) !== undefined ? 'failed' : state;
};

const isStopped = (status: ProcessStatus | undefined): boolean =>
  status === undefined || status.dwCurrentState === currentState.stopped;

const option = (name: string): string => (name === defaultName ? '' : ` --name ${name}`);

const startStep = (system: WindowsSystem, name: string): Step => ({
  summary: `start the service ${name}`,
  run: () => startService(system, name),
  undo: () => stopService(system, name),
});

const stopStep = (system: WindowsSystem, name: string): Step => {
  let stopped = false;
  return {
    summary: `stop the service ${name}`,
    async run() {
      await stopService(system, name);
      stopped = true;
    },
    async undo() {
      if (stopped) await startService(system, name);
    },
  };
};

const removeStep = (system: WindowsSystem, name: string, notes: string[]): Step => ({
  summary: `remove the service ${name}`,
  run: promised(() => {
    try {
      system.services.remove(name);
    } catch (error) {
      if (!isWindowsError(error, 'markedForDelete')) throw error;
    }
  }),
  async verify() {
    for (let waited = 0; waited < removalMs; waited += pollMs) {
      if (!system.services.config(name)) return;
      await system.sleep(pollMs);
    }
    notes.push(
      `Windows removes ${name} when every program that shows it is closed: services.msc, Task Manager`,
    );
  },
});

const planInstall = async (
  system: WindowsSystem,
  definition: ServiceDefinition,
  { stateRoot }: { stateRoot: string },
): Promise<Plan> => {
  const { name, stateDir } = definition;
  const present = ownConfig(system, name);
  const defaultDir = win32.join(stateRoot, name);
  const ownFolders = [win32.join(stateRoot, defaultName), defaultDir];
  const { steps: access, notes } = await planAccess(system, definition, { ownFolders });
  const passStateDir = name !== defaultName && stateDir === defaultDir;
  const changes = [
    ...registerSteps(system, definition, present),
    ...markSteps(system, definition, { passStateDir }),
    ...settingSteps(system, definition, { isThere: present !== undefined, notes }),
  ];
  const others = [...access, ...registerEventSource(system)];
  if (present && present.account.toLowerCase() !== account.toLowerCase())
    notes.push(`it runs as ${present.account}, as somebody has set it, and not as ${account}`);
  const ran = present !== undefined && !isStopped(system.services.status(name));
  if (!ran) notes.push(`not started yet: certready service start${option(name)}`);
  if (!ran || changes.length === 0) return { steps: [...others, ...changes], notes };
  // Undone in turn, the one that ran before runs again as it did
  return {
    steps: [stopStep(system, name), ...others, ...changes, startStep(system, name)],
    notes,
  };
};

const planUninstall = (system: WindowsSystem, name: string): Plan => {
  if (!ownConfig(system, name)) return { steps: [], notes: [`${name} is not installed`] };
  const notes = [`left alone: ${stateDirOf(system, name) ?? 'its state'}, and its configuration`];
  const steps = [
    ...(isStopped(system.services.status(name)) ? [] : [stopStep(system, name)]),
    removeStep(system, name, notes),
    ...removeEventSource(system, name),
  ];
  return { steps, notes };
};

/** @throws ServiceError `not-installed`, `foreign-service` */
const statusOfInstalled = (system: WindowsSystem, name: string): ProcessStatus => {
  const status = ownConfig(system, name) && system.services.status(name);
  if (status) return status;
  throw new ServiceError(
    'not-installed',
    `${name}: no such service is installed; expected: certready service install${option(name)}`,
  );
};

const planStart = (system: WindowsSystem, name: string): Plan =>
  statusOfInstalled(system, name).dwCurrentState === currentState.running
    ? { steps: [], notes: [`${name} is running already`] }
    : { steps: [startStep(system, name)] };

const planStop = (system: WindowsSystem, name: string): Plan =>
  isStopped(statusOfInstalled(system, name))
    ? { steps: [], notes: [`${name} is not running`] }
    : { steps: [stopStep(system, name)] };

const serviceState = (system: WindowsSystem, name: string): ServiceState => {
  const config = ownConfig(system, name);
  const status = config && system.services.status(name);
  if (!config || !status) return { state: 'not-installed' };
  const reason = isStopped(status) ? exitReason(status) : undefined;
  const stateDir = stateDirOf(system, name);
  return {
    state: stateOf(status),
    atBoot: config.startType === automaticStart,
    ...(status.dwProcessId !== 0 && { pid: status.dwProcessId }),
    ...(reason !== undefined && { reason }),
    ...(stateDir !== undefined && { stateDir }),
  };
};

const authorise = ({ services }: WindowsSystem): void => {
  try {
    services.authorise();
  } catch (error) {
    if (!isWindowsError(error, 'accessDenied')) throw error;
    throw new ServiceError(
      'not-privileged',
      'only administrators may change services; expected: a console opened by "Run as administrator"',
      error,
    );
  }
};

/** @param stateRoot below which services keep their state, e.g. `C:\\ProgramData` */
export const managerOf = (system: WindowsSystem, stateRoot: string): ServiceManager => ({
  stateDirOf: (name) => win32.join(stateRoot, name),
  planInstall: (definition) => planInstall(system, definition, { stateRoot }),
  planUninstall: promised((name) => planUninstall(system, name)),
  planStart: promised((name) => planStart(system, name)),
  planStop: promised((name) => planStop(system, name)),
  status: promised((name) => serviceState(system, name)),
  authorise: promised(() => authorise(system)),
});

/** @throws ServiceError `no-service-manager` where Windows' functions cannot be called */
export const windowsServiceManager = async ({ env }: ManagerOptions): Promise<ServiceManager> =>
  managerOf(await bindWindows(), env['ProgramData'] ?? 'C:\\ProgramData');
