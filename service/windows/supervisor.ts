/** certready under Windows' service control manager. */

import { setTimeout as delay } from 'node:timers/promises';
import type { Supervisor, SupervisorOptions } from '../supervisor.ts';
import { type AnswerControl, type ServiceLink, linkToManager } from './service-link.ts';
import { control, handled, pendingStatus, runningStatus, stoppedStatus } from './service-status.ts';

/** How often the manager hears of progress, and how long it is asked to wait for more. */
const checkpointMs = 1000;
const waitHintMs = 10_000;
/** The manager lets go within milliseconds; the process ends in any case. */
const releaseMs = 2000;

/** Makes the link; undefined outside the manager. */
export type Link = (answer: AnswerControl) => Promise<ServiceLink | undefined>;

/**
 * START_PENDING, then RUNNING (ready), then STOP_PENDING, then STOPPED with the exit status. STOP, SHUTDOWN
 * and PRESHUTDOWN ask the program to end, PARAMCHANGE to read its configuration again.
 * @returns undefined where no manager started this process
 */
export const superviseByManager = async (
  { onStop, onReload }: Pick<SupervisorOptions, 'onStop' | 'onReload'>,
  link: Link,
): Promise<Supervisor | undefined> => {
  const answer: AnswerControl = (code) => {
    switch (code) {
      case control.stop:
      case control.shutdown:
      case control.preshutdown:
        proceed('stopPending');
        setImmediate(onStop); // the manager waits for the answer
        return handled.done;
      case control.paramChange:
        setImmediate(onReload);
        return handled.done;
      case control.interrogate:
        return handled.done;
      default:
        return handled.notImplemented;
    }
  };
  const manager = await link(answer);
  if (!manager) return undefined;

  let progress: NodeJS.Timeout | undefined;
  let pending: 'startPending' | 'stopPending' | undefined;
  /** The checkpoint grows by this process's own timer: an event loop that hangs makes no progress. */
  function proceed(state: 'startPending' | 'stopPending'): void {
    if (pending === state) return;
    pending = state;
    let checkPoint = 0;
    const report = (): void => manager?.report(pendingStatus(state, ++checkPoint, waitHintMs));
    clearInterval(progress);
    progress = setInterval(report, checkpointMs);
    report();
  }
  proceed('startPending');

  return {
    ready() {
      if (pending === 'stopPending') return;
      clearInterval(progress);
      pending = undefined;
      manager.report(runningStatus);
    },
    reloading: () => undefined, // Windows knows no such state
    status: () => undefined, // nor a line
    stopping: () => proceed('stopPending'),
    async close(exitStatus) {
      clearInterval(progress);
      manager.report(stoppedStatus(exitStatus));
      await Promise.race([manager.released(), delay(releaseMs, undefined, { ref: false })]);
    },
  };
};

/** @returns undefined where no manager started this process, or where it cannot be spoken to */
export const windowsSupervisor = async (
  options: SupervisorOptions,
): Promise<Supervisor | undefined> => {
  try {
    return await superviseByManager(options, linkToManager);
  } catch (error) {
    options.onProblem?.(error instanceof Error ? error.message : String(error));
    return undefined;
  }
};
