/** What an installer asks of this Windows; the real one is made here, and tests may give another. */

import { setTimeout as delay } from 'node:timers/promises';
import { type FileAccess, bindFileAccess } from './file-access.ts';
import { type Registry, bindRegistry } from './registry.ts';
import { type ServiceControl, bindServiceControl } from './service-control.ts';

export interface WindowsSystem {
  readonly services: ServiceControl;
  readonly registry: Registry;
  readonly files: FileAccess;
  readonly sleep: (ms: number) => Promise<void>;
}

/** @throws ServiceError `no-service-manager` where Windows' functions cannot be called */
export const bindWindows = async (): Promise<WindowsSystem> => ({
  services: await bindServiceControl(),
  registry: await bindRegistry(),
  files: await bindFileAccess(),
  sleep: (ms) => delay(ms),
});
