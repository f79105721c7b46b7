/** The service manager that started the program, as the program sees it. */

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
}

/** Nobody supervises: a terminal, a cron job, a container. */
const unsupervised: Supervisor = {
  ready: () => undefined,
  reloading: () => undefined,
  status: () => undefined,
  stopping: () => undefined,
  close: () => Promise.resolve(),
};

export const connectSupervisor = (_options: SupervisorOptions): Promise<Supervisor> =>
  Promise.resolve(unsupervised);
