/** Metrics of an agent whose status and clock the test sets. */

import type { AgentStatus } from '../../../agent/agent-status.ts';
import type { Config } from '../../../agent/config/config.ts';
import { type Metrics, type MetricsOptions, createMetrics } from '../../../agent/metrics/index.ts';

export const startedAt = new Date('2026-11-27T20:00:00.000Z');

export const idleStatus: AgentStatus = {
  startedAt,
  runs: { ready: 0, warning: 0, 'not-ready': 0, unknown: 0, failed: 0 },
  queues: [],
  problems: [],
  configurationAccepted: true,
};

export const ranStatus: AgentStatus = {
  ...idleStatus,
  runs: { ...idleStatus.runs, ready: 3, 'not-ready': 1, failed: 2 },
  lastRun: { endedAt: new Date('2026-11-27T20:10:00.500Z'), durationMs: 1312, result: 'failed' },
  lastReport: { endedAt: new Date('2026-11-27T20:05:00.000Z'), verdict: 'not-ready' },
  nextRun: new Date('2026-11-27T20:30:00.000Z'),
  queues: [{ receiver: 'webhook-1', pending: 2, parked: 1 }],
  problems: [{ code: 'state-unwritable', summary: 'state.json: no space left on the device' }],
};

export interface MetricsLab {
  readonly metrics: Metrics;
  readonly said: readonly string[];
  /** What the agent's status and the time are from now on. */
  readonly agent: { status: AgentStatus; now: Date };
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
  text(headers?: Readonly<Record<string, string>>): Promise<string>;
}

export const startMetrics = async (
  config: Config['metrics'],
  options: Partial<MetricsOptions> = {},
): Promise<MetricsLab> => {
  const said: string[] = [];
  const agent = { status: ranStatus, now: new Date('2026-11-27T20:11:00.000Z') };
  const metrics = await createMetrics({
    config,
    env: {},
    version: '0.1.0',
    now: () => agent.now,
    status: () => agent.status,
    log: (level, message) => said.push(`${level} ${message}`),
    network: () => ({
      proxy: 'none',
      timeouts: { connect: '1h', request: '1h', run: '60s' },
    }),
    ...options,
  });
  const get: MetricsLab['get'] = (path, headers = {}) =>
    fetch(`http://${metrics.address ?? ''}${path}`, {
      headers: { connection: 'close', ...headers },
    });
  return {
    metrics,
    said,
    agent,
    get,
    text: async (headers) => (await get('/metrics', headers)).text(),
  };
};

/** Every series of an exposition and its value; labels in their own order. */
export const seriesOf = (text: string): ReadonlyMap<string, number> =>
  new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const end = line.lastIndexOf(' ');
        return [line.slice(0, end), Number(line.slice(end + 1))] as const;
      }),
  );
