/** Puts another configuration in force, or leaves the one that is. */

import { isDeepStrictEqual } from 'node:util';
import type { Alerting } from '../alerts/index.ts';
import type { LoadedSettings } from '../helper/calls.ts';
import type { AgentLog } from '../log/index.ts';
import type { Metrics } from '../metrics/index.ts';

export interface Reconfigured {
  readonly log: AgentLog;
  readonly alerting: Alerting;
  readonly metrics: Metrics | undefined;
}

const apply = async (
  { log, alerting, metrics }: Reconfigured,
  { config }: LoadedSettings,
): Promise<void> => {
  await log.reconfigure(config.log);
  await alerting.reconfigure(config);
  await metrics?.reconfigure(config.metrics);
};

/** @throws what one of the parts throws; then all of them are as they were */
export const reconfigure = async (
  parts: Reconfigured,
  before: LoadedSettings,
  after: LoadedSettings,
): Promise<void> => {
  try {
    await apply(parts, after);
  } catch (error) {
    await apply(parts, before).catch(() => undefined); // it was in force a moment ago
    throw error;
  }
};

const asked = ({ profiles, kinds, smtp, at, host, config }: LoadedSettings) => [
  profiles,
  kinds,
  smtp,
  at,
  host,
  config.timeouts,
];

/** Whether another report may come of a run by these settings. */
export const asksOtherwise = (before: LoadedSettings, after: LoadedSettings): boolean =>
  !isDeepStrictEqual(asked(before), asked(after));

const timing = ({ config: { schedule, timezone, splay } }: LoadedSettings) => [
  schedule,
  timezone,
  splay,
];

export const isTimedOtherwise = (before: LoadedSettings, after: LoadedSettings): boolean =>
  !isDeepStrictEqual(timing(before), timing(after));
