/** `certready service status`: what the manager says, and what the agent last wrote of itself. */

import { openServiceManager } from '../../service/open.ts';
import type { ServiceState } from '../../service/service-manager.ts';
import { ServiceError } from '../../service/service-error.ts';
import { errorLines } from '../errors.ts';
import type { ServiceOptions } from './service.ts';
import { asAgentError } from './service-failure.ts';
import type { Surroundings } from './surroundings.ts';

/** As systemctl's (LSB 3.1, "status"): 0 running, 3 not running, 4 not known. */
const exitStatusOf = ({ state }: ServiceState): number => {
  if (state === 'not-installed') return 4;
  return state === 'running' || state === 'reloading' ? 0 : 3;
};

const text = (name: string, state: ServiceState): string => `${name}: ${state.state}\n`;

/** @returns the exit status */
export const serviceStatus = async (
  { name, format }: ServiceOptions,
  surroundings: Surroundings,
): Promise<number> => {
  const { stdout, stderr } = surroundings;
  try {
    const manager = await openServiceManager(surroundings);
    const state = await manager.status(name);
    await stdout.write(
      format === 'json' ? `${JSON.stringify({ name, ...state }, null, 2)}\n` : text(name, state),
    );
    return exitStatusOf(state);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    await stderr.write(errorLines(asAgentError(error)));
    return 4;
  }
};
