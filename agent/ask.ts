/** One run by its settings: the real host, every check, a report. */

import { milliseconds } from './config/duration.ts';
import { createHost } from './host.ts';
import { knownRoots } from './profiles/known-roots.ts';
import type { Report } from './report/report.ts';
import { type RunOnceOptions, runOnce } from './run.ts';
import type { Settings } from './settings.ts';
import { version } from './version.ts';

/** @throws as createHost and runOnce */
export const ask = async (
  { profiles, kinds, smtp, at, host, config }: Settings,
  options: Pick<RunOnceOptions, 'onProgress' | 'signal'>,
): Promise<Report> =>
  runOnce({
    profiles,
    host: await createHost(host),
    run: { smtp, knownRoots: () => knownRoots(profiles), ...(at && { at }) },
    kinds,
    runTimeoutMs: milliseconds(config.timeouts.run),
    version,
    ...options,
  });
