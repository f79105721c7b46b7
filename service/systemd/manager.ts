/** systemd, asked by systemctl(1). */
import type { ManagerOptions } from '../open.ts';
import type { ServiceManager } from '../service-manager.ts';

export const systemdManager = (_options: ManagerOptions): Promise<ServiceManager> =>
  Promise.reject(new Error('to come'));
