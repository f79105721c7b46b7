/** Windows' service control manager. */

import type { ManagerOptions } from '../open.ts';
import { ServiceError } from '../service-error.ts';
import type { ServiceManager } from '../service-manager.ts';

export const windowsServiceManager = (_options: ManagerOptions): Promise<ServiceManager> =>
  Promise.reject(
    new ServiceError('no-service-manager', 'the service control manager cannot be asked yet'),
  );
