/** `certready service status`: what the manager says, and what the agent last wrote of itself. */

import { openServiceManager } from '../../service/open.ts';
import { ServiceError } from '../../service/service-error.ts';
import type { ServiceState } from '../../service/service-manager.ts';
import { errorLines } from '../errors.ts';
import { type StatusFile, readStatusFile } from '../status-file.ts';
import { asAgentError } from './service-failure.ts';
import { type ServiceStatus, statusText } from './service-status-text.ts';
import type { ServiceOptions } from './service.ts';
import type { Surroundings } from './surroundings.ts';

/** As systemctl's (LSB 3.1, "status"): running, not running, not known. */
const exitStatuses = { running: 0, notRunning: 3, unknown: 4 } as const;

const exitStatusOf = ({ state }: ServiceState): number => {
  if (state === 'not-installed') return exitStatuses.unknown;
  const isRunning = state === 'running' || state === 'reloading';
  return isRunning ? exitStatuses.running : exitStatuses.notRunning;
};

/** What the agent wrote; its plans hold only while it runs. */
const told = (
  { version, configuration, lastRun, verdict, nextRun, queues, problems }: StatusFile,
  isRunning: boolean,
): Omit<ServiceStatus, 'name' | 'service'> => ({
  version,
  configuration,
  ...(lastRun && { lastRun }),
  ...(verdict && { verdict }),
  ...(nextRun !== undefined && isRunning && { nextRun }),
  outbox: queues,
  problems: isRunning ? problems : [],
});

/** @returns the exit status */
export const serviceStatus = async (
  { name, format }: ServiceOptions,
  surroundings: Surroundings,
): Promise<number> => {
  const { stdout, stderr } = surroundings;
  try {
    const manager = await openServiceManager(surroundings);
    const service = await manager.status(name);
    const exitStatus = exitStatusOf(service);
    const file =
      service.stateDir === undefined ? undefined : await readStatusFile(service.stateDir);
    const isRunning = exitStatus === exitStatuses.running;
    const agent = file ? told(file, isRunning) : {};
    await stdout.write(
      format === 'json'
        ? `${JSON.stringify({ schemaVersion: 1, name, ...service, ...agent }, null, 2)}\n`
        : statusText({ name, service, ...agent }),
    );
    return exitStatus;
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    await stderr.write(errorLines(asAgentError(error)));
    return exitStatuses.unknown;
  }
};
