/** The service manager that started the program, as the program sees it. */

import type { Beginning } from './systemd/begin-anew.ts';

export interface Supervisor {
  /** All is set up: systemd's READY=1, Windows' SERVICE_RUNNING. */
  ready(): void;
  /** The configuration is being read again; ready() says that this is done. */
  reloading(): void;
  /** What an administrator sees in the manager's status line. */
  status(line: string): void;
  /** The program is about to end. */
  stopping(): void;
  /** Lets go of the manager, with the status that the program ends with; Windows hears of it here. */
  close(exitStatus: number): Promise<void>;
}

export interface SupervisorOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** The manager asks the program to end. */
  readonly onStop: () => void;
  /** The manager asks it to read its configuration again. */
  readonly onReload: () => void;
  /** Asked before the manager is told that all is well; without it, a live event loop is enough. */
  readonly isAlive?: () => boolean;
  /** How the process was begun, where it may begin anew to get rid of what only the beginning needs. */
  readonly beginning?: Beginning;
  /** Told, in a line, why the manager cannot be spoken to although it waits for it. */
  readonly onProblem?: (line: string) => void;
}

/** Nobody supervises: a terminal, a cron job, a container. */
const unsupervised: Supervisor = {
  ready: () => undefined,
  reloading: () => undefined,
  status: () => undefined,
  stopping: () => undefined,
  close: () => Promise.resolve(),
};

/** Whoever started the program, if it is a service manager. systemd asks for stop and reload by signals,
 * Windows by controls. */
export const connectSupervisor = async (options: SupervisorOptions): Promise<Supervisor> => {
  const { platform, env } = options;
  if (platform === 'linux' && (env['NOTIFY_SOCKET'] ?? '') !== '')
    return (await import('./systemd/supervisor.ts')).systemdSupervisor(options);
  if (platform === 'win32') {
    const { windowsSupervisor } = await import('./windows/supervisor.ts');
    return (await windowsSupervisor(options)) ?? unsupervised;
  }
  return unsupervised;
};
