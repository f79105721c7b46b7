/** `certready service …` by Windows' service control manager. */

import { win32 } from 'node:path';
import type { ManagerOptions } from '../open.ts';
import type { Plan, Step } from '../plan.ts';
import { ServiceError } from '../service-error.ts';
import type { ServiceDefinition, ServiceManager, ServiceState } from '../service-manager.ts';
import { planAccess } from './access-steps.ts';
import { registerEventSource, removeEventSource } from './event-source.ts';
import { ownConfig, parametersKey, stateDirValue } from './ownership.ts';
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

const startStep = (system: WindowsSystem, name: string): Step => ({
  summary: `start the service ${name}`,
  run: () => startService(system, name),
  undo: () => stopService(system, name),
});

const stopStep = (system: WindowsSystem, name: string): Step => ({
  summary: `stop the service ${name}`,
  run: () => stopService(system, name),
  undo: () => startService(system, name),
});

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
  if (!ran || changes.length === 0) return { steps: [...others, ...changes], notes };
  const again = startStep(system, name);
  return {
    steps: [stopStep(system, name), ...others, ...changes, again],
    notes,
  };
};

const planUninstall = (system: WindowsSystem, name: string): Plan => {
  if (!ownConfig(system, name)) return { steps: [], notes: [`${name} is not installed`] };
  const notes: string[] = [];
  const steps = [
    ...(isStopped(system.services.status(name)) ? [] : [stopStep(system, name)]),
    removeStep(system, name, notes),
    ...removeEventSource(system, name),
  ];
  return { steps, notes };
};

/** @throws ServiceError `not-installed`, `foreign-service` */
const statusOfOwn = (system: WindowsSystem, name: string): ProcessStatus => {
  const status = ownConfig(system, name) && system.services.status(name);
  if (status) return status;
  throw new ServiceError(
    'not-installed',
    `there is no service ${name}; expected: certready service install before`,
  );
};

const serviceState = (system: WindowsSystem, name: string): ServiceState => {
  const config = ownConfig(system, name);
  const status = config && system.services.status(name);
  if (!config || !status) return { state: 'not-installed' };
  const reason = exitReason(status);
  const stateDir = system.registry.read(parametersKey(name), stateDirValue);
  return {
    state: stateOf(status),
    atBoot: config.startType === automaticStart,
    ...(status.dwProcessId !== 0 && { pid: status.dwProcessId }),
    ...(reason !== undefined && isStopped(status) && { reason }),
    ...(stateDir?.type === 'text' && { stateDir: stateDir.data }),
  };
};

/** @param stateRoot e.g. `C:\ProgramData` */
export const managerOf = (system: WindowsSystem, stateRoot: string): ServiceManager => ({
  stateDirOf: (name) => win32.join(stateRoot, name),
  planInstall: (definition) => planInstall(system, definition, { stateRoot }),
  planUninstall: (name) => Promise.resolve().then(() => planUninstall(system, name)),
  planStart: (name) =>
    Promise.resolve().then(() => {
      const { dwCurrentState } = statusOfOwn(system, name);
      return { steps: dwCurrentState === currentState.running ? [] : [startStep(system, name)] };
    }),
  planStop: (name) =>
    Promise.resolve().then(() => ({
      steps: isStopped(statusOfOwn(system, name)) ? [] : [stopStep(system, name)],
    })),
  status: (name) => Promise.resolve().then(() => serviceState(system, name)),
  authorise: promised(() => {
    try {
      system.services.authorise();
    } catch (error) {
      if (!isWindowsError(error, 'accessDenied')) throw error;
      throw new ServiceError(
        'not-privileged',
        'services are changed by administrators; expected: a console opened with "Run as administrator"',
        error,
      );
    }
  }),
});

/** @throws ServiceError `no-service-manager` where Windows' functions cannot be called */
export const windowsServiceManager = async ({ env }: ManagerOptions): Promise<ServiceManager> =>
  managerOf(await bindWindows(), env['ProgramData'] ?? 'C:\\ProgramData');
