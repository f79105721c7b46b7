/** Starting and stopping a service, and waiting until the manager says that it is done. */

import { ServiceError } from '../service-error.ts';
import type { ProcessStatus } from './service-control.ts';
import { currentState, serviceSpecificError } from './service-status.ts';
import type { WindowsSystem } from './system.ts';
import { isWindowsError, windowsErrors, windowsReason } from './windows-error.ts';

type Machine = Pick<WindowsSystem, 'services' | 'sleep'>;

const pollMs = 200;
/** Without a growing checkpoint no more is waited than the service's own hint, or this. */
const shortestPatienceMs = 30_000;
/** As long as services.msc waits. */
const longestWaitMs = 125_000;

/** Why it stopped; undefined where that was on request, or where it never ran. */
export const exitReason = (status: ProcessStatus): string | undefined => {
  const { dwWin32ExitCode: code, dwServiceSpecificExitCode: own } = status;
  if (code === 0 || code === windowsErrors.neverStarted) return undefined;
  return code === serviceSpecificError ? `it ended with exit status ${own}` : windowsReason(code);
};

const isPending = ({ dwCurrentState: state }: ProcessStatus): boolean =>
  state === currentState.startPending || state === currentState.stopPending;

/** Polls until the service is where it is no longer on its way, or is not getting on. */
const settle = async ({ services, sleep }: Machine, name: string): Promise<ProcessStatus> => {
  let checkPoint = -1;
  let patience = 0;
  for (let waited = 0; ; waited += pollMs, patience -= pollMs) {
    const status = services.status(name);
    if (!status) throw new ServiceError('not-installed', `the service ${name} is gone`);
    if (!isPending(status)) return status;
    if (status.dwCheckPoint !== checkPoint) {
      checkPoint = status.dwCheckPoint;
      patience = Math.max(shortestPatienceMs, status.dwWaitHint);
    }
    if (patience <= 0 || waited >= longestWaitMs) return status;
    await sleep(pollMs);
  }
};

/** @throws ServiceError unless it runs in the end */
export const startService = async (machine: Machine, name: string): Promise<void> => {
  const { services } = machine;
  try {
    services.start(name);
  } catch (error) {
    if (!isWindowsError(error, 'alreadyRunning')) throw error;
  }
  const status = await settle(machine, name);
  if (status.dwCurrentState === currentState.running) return;
  const reason = exitReason(status) ?? 'it is not ready, and makes no progress';
  throw new ServiceError(
    'step-failed',
    `${reason}; see the Event Log (Application, source certready) and the agent's log file`,
  );
};

/** @throws ServiceError unless it is stopped in the end */
export const stopService = async (machine: Machine, name: string): Promise<void> => {
  const { services } = machine;
  // One that is starting or stopping takes no commands
  const before = await settle(machine, name);
  if (before.dwCurrentState === currentState.stopped) return;
  try {
    services.stop(name);
  } catch (error) {
    if (!isWindowsError(error, 'notActive')) throw error;
  }
  const { dwCurrentState } = await settle(machine, name);
  if (dwCurrentState === currentState.stopped) return;
  throw new ServiceError('step-failed', 'it was asked to stop, does not, and makes no progress');
};
