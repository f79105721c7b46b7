/** The agent's metrics. See facade.ts for what each of it means. Nothing is loaded where none are configured. */

import type { Config } from '../config/config.ts';
import type { Metrics, MetricsOptions } from './facade.ts';

export type { Metrics, MetricsOptions } from './facade.ts';

const isConfigured = ({ listen, textfile, otlp }: Config['metrics']): boolean =>
  (listen ?? textfile ?? otlp) !== undefined;

/** Stands for metrics until there are any. */
class LazyMetrics implements Metrics {
  readonly #options: MetricsOptions;
  #metrics: Metrics | undefined;

  constructor(options: MetricsOptions) {
    this.#options = options;
  }

  get address(): string | undefined {
    return this.#metrics?.address;
  }

  async observe(...args: Parameters<Metrics['observe']>): Promise<void> {
    await this.#metrics?.observe(...args);
  }

  async refresh(): Promise<void> {
    await this.#metrics?.refresh();
  }

  problems(): ReturnType<Metrics['problems']> {
    return this.#metrics?.problems() ?? [];
  }

  async reconfigure(config: Config['metrics']): Promise<void> {
    if (this.#metrics) return this.#metrics.reconfigure(config);
    if (!isConfigured(config)) return;
    const { openMetrics } = await import('./agent-metrics.ts');
    this.#metrics = await openMetrics({ ...this.#options, config });
  }

  async close(): Promise<void> {
    await this.#metrics?.close();
  }
}

/** @throws AgentError for a secret of `metrics.otlp` that is not there; all other troubles are problems() */
export const createMetrics = async (options: MetricsOptions): Promise<Metrics> => {
  const metrics = new LazyMetrics(options);
  await metrics.reconfigure(options.config);
  return metrics;
};
