/** Node's names of platforms as the report's. */

import type { Platform } from '../checks/types.ts';

export const platformOf = (platform: NodeJS.Platform): Platform =>
  platform === 'linux' || platform === 'win32' || platform === 'darwin' ? platform : 'other';
