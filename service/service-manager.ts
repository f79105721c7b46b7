/**
 * Running as a service of the system: what `certready service …` asks of systemd or of Windows' service control
 * manager. What changes something is first a plan, which can be shown, and then carried out (plan.ts).
 */

import type { Plan } from './plan.ts';

/** What is to run, and what it needs; every path is absolute. */
export interface ServiceDefinition {
  /** Of the service, e.g. `certready`: see isServiceName. */
  readonly name: string;
  /** A few words, e.g. `certready`; Windows lists services by it. */
  readonly displayName: string;
  /** One sentence. */
  readonly description: string;
  /** The program and its first arguments: `[/usr/bin/certready]`, or `[/usr/bin/node, /opt/certready/dist/certready.js]`. */
  readonly program: readonly string[];
  /** Of certready. */
  readonly version: string;
  /** Passed on as `--config`; absent: the agent looks at its default place. */
  readonly configFile?: string;
  /** Where state and outbox are kept. */
  readonly stateDir: string;
  /** When it runs, by cron; for hosts where only cron can run it. */
  readonly schedule: string;
  /** What it reads: the configuration, and the profiles and trust stores that it names. */
  readonly readPaths: readonly string[];
  /** Files with secrets (`file:PATH` in the configuration): only the manager has to be able to read them. */
  readonly secretFiles: readonly string[];
  /** Where it writes beside its state: the folders of `log.file` and `metrics.textfile`. */
  readonly writeFolders: readonly string[];
}

export const serviceStates = [
  'running',
  'starting',
  'reloading',
  'stopping',
  'stopped',
  /** It ended by itself, and nobody starts it again. */
  'failed',
  'not-installed',
] as const;

/** What the manager says of a service. */
export interface ServiceState {
  readonly state: (typeof serviceStates)[number];
  /** Whether it starts with the system. */
  readonly atBoot?: boolean;
  readonly pid?: number;
  /** Since when it is in this state. */
  readonly since?: Date;
  /** What the program told the manager last, in a line. */
  readonly statusLine?: string;
  /** Why it failed, in the manager's words. */
  readonly reason?: string;
  /** How often the manager started it again since an administrator last did. */
  readonly restarts?: number;
  /** Where its state is kept. */
  readonly stateDir?: string;
}

/**
 * One platform's service manager. Every plan can be made without rights and changes nothing; it is empty where
 * there is nothing to do. Foreign services are never touched.
 */
export interface ServiceManager {
  /** Where a service of this name keeps its state, unless its configuration says so. */
  stateDirOf(name: string): string;
  /** Registers the service to start with the system, and starts it again where it ran; one that is there is updated. */
  planInstall(definition: ServiceDefinition): Promise<Plan>;
  /** Stops and removes it; configuration and state stay. */
  planUninstall(name: string): Promise<Plan>;
  planStart(name: string): Promise<Plan>;
  planStop(name: string): Promise<Plan>;
  status(name: string): Promise<ServiceState>;
  /** @throws ServiceError `not-privileged` where this account may not change services */
  authorise(): Promise<void>;
}

/** Names that both systems take, and that can be a folder's and an account's too. */
export const isServiceName = (name: string): boolean => /^[A-Za-z][A-Za-z0-9_-]{0,63}$/.test(name);
export const serviceNameText = '1 to 64 letters, digits, - and _, a letter first';
