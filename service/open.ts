/** The service manager of this platform; what the other one needs is not loaded. */

import { ServiceError } from './service-error.ts';
import type { ServiceManager } from './service-manager.ts';

export interface ManagerOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
}

/** @throws ServiceError `no-service-manager` on a platform without one that certready knows */
export const openServiceManager = async (options: ManagerOptions): Promise<ServiceManager> => {
  if (options.platform === 'linux') return (await import('./systemd/manager.ts')).systemdManager();
  if (options.platform === 'win32')
    return (await import('./windows/manager.ts')).windowsServiceManager(options);
  throw new ServiceError(
    'no-service-manager',
    `services are supported by systemd and on Windows, this is ${options.platform}; run certready under a supervisor, or certready --once from cron`,
  );
};
