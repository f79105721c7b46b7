/** One run by its settings: the real host, every check, a report. */

import { conditionalNetwork } from '../checks/net/conditional.ts';
import { milliseconds } from './config/duration.ts';
import { createHost } from './host.ts';
import type { RunMemory } from './memory/memory.ts';
import { knownRoots } from './profiles/known-roots.ts';
import type { Report } from './report/report.ts';
import { type RunOnceOptions, runOnce } from './run.ts';
import type { Settings } from './settings.ts';
import { version } from './version.ts';

export interface AskRunOptions extends Pick<RunOnceOptions, 'onProgress' | 'signal'> {
  /** What earlier runs left; absent: this run knows of none. */
  readonly remembered?: RunMemory;
}

/** @throws as createHost and runOnce */
export const ask = async (
  { profiles, kinds, smtp, at, host: asked, config }: Settings,
  { remembered, ...options }: AskRunOptions,
): Promise<Report> => {
  const host = await createHost(asked);
  return runOnce({
    profiles,
    host: remembered
      ? { ...host, network: conditionalNetwork(host.network, remembered.bodies) }
      : host,
    run: {
      smtp,
      knownRoots: () => knownRoots(profiles),
      ...(at && { at }),
      ...(remembered && { memory: remembered.memory }),
    },
    kinds,
    runTimeoutMs: milliseconds(config.timeouts.run),
    version,
    ...options,
  });
};
