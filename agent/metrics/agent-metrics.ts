/** Metrics that are configured: the endpoint, the text file, the push, and how each of them fares. */

import { platform } from 'node:os';
import { overdue } from '../agent-status.ts';
import type { Config } from '../config/config.ts';
import { AgentError, systemReason } from '../errors.ts';
import type { Report } from '../report/report.ts';
import { writeDurably } from '../state/durable-file.ts';
import { Collector } from './collector.ts';
import { type Endpoint, type EndpointPages, openEndpoint } from './endpoint.ts';
import type { Metrics, MetricsOptions } from './facade.ts';
import { openPusher } from './push.ts';
import type { Pusher } from './pusher.ts';

/** Troubles of metrics, as problems. */
const codes = {
  endpoint: 'metrics-endpoint-unavailable',
  textfile: 'metrics-textfile-unwritable',
  otlp: 'metrics-push-failed',
} as const;
type Part = keyof typeof codes;

/** So often what did not work is tried again, besides at every change. */
const againMs = 30_000;

class AgentMetrics implements Metrics {
  readonly #options: MetricsOptions;
  readonly #collector: Collector;
  readonly #problems = new Map<Part, string>();
  #config: Config['metrics'] = {};
  #endpoint: Endpoint | undefined;
  #pusher: Pusher | undefined;
  #again: NodeJS.Timeout | undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(options: MetricsOptions) {
    this.#options = options;
    this.#collector = new Collector(options);
  }

  get address(): string | undefined {
    return this.#endpoint?.address;
  }

  observe(report: Report): Promise<void> {
    this.#collector.observe(report);
    return this.refresh();
  }

  refresh(): Promise<void> {
    return this.#inTurn(() => this.#publish());
  }

  problems(): ReturnType<Metrics['problems']> {
    return [...this.#problems].map(([part, summary]) => ({ code: codes[part], summary }));
  }

  async reconfigure(config: Config['metrics']): Promise<void> {
    const pusher = config.otlp && (await this.#openPusher(config.otlp));
    await this.#inTurn(async () => {
      if (config.listen !== this.#config.listen) await this.#closeEndpoint();
      await this.#pusher?.close();
      this.#config = config;
      this.#problems.clear();
      this.#pusher = pusher;
      await this.#publish();
    });
  }

  async close(): Promise<void> {
    await this.#inTurn(async () => {
      clearTimeout(this.#again);
      await Promise.all([this.#closeEndpoint(), this.#pusher?.close()]);
    });
  }

  /** One after the other: a draft of the text file has one writer. */
  #inTurn(task: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(task);
    return this.#work;
  }

  async #publish(): Promise<void> {
    clearTimeout(this.#again);
    await Promise.all([this.#listen(), this.#writeTextfile()]);
    this.#pusher?.push();
    if (this.#problems.has('endpoint') || this.#problems.has('textfile')) {
      this.#again = setTimeout(() => void this.refresh(), againMs);
      this.#again.unref();
    }
  }

  async #listen(): Promise<void> {
    const { listen } = this.#config;
    if (listen === undefined || this.#endpoint) return;
    try {
      this.#endpoint = await openEndpoint(listen, this.#pages());
      this.#judge('endpoint');
      this.#options.log('info', `metrics: listening on ${this.#endpoint.address}`);
    } catch (error) {
      this.#judge('endpoint', error instanceof AgentError ? error.message : String(error));
    }
  }

  async #closeEndpoint(): Promise<void> {
    const endpoint = this.#endpoint;
    this.#endpoint = undefined;
    await endpoint?.close();
  }

  async #writeTextfile(): Promise<void> {
    const { textfile } = this.#config;
    if (textfile === undefined) return;
    try {
      const { text } = await this.#collector.exposition();
      await writeDurably(textfile, text, { platform: platform(), mode: 0o644 });
      this.#judge('textfile');
    } catch (error) {
      this.#judge('textfile', `metrics.textfile ${textfile}: ${systemReason(error)}`);
    }
  }

  #pages(): EndpointPages {
    const { status, now } = this.#options;
    return {
      metrics: (accept) => this.#collector.exposition(accept),
      healthy: () => overdue(status(), now()),
      ready: () => {
        const { configurationAccepted, lastRun } = status();
        if (!configurationAccepted) return 'the configuration file is refused';
        return lastRun ? undefined : 'the first run has not ended';
      },
    };
  }

  #openPusher(otlp: NonNullable<Config['metrics']['otlp']>): Promise<Pusher> {
    return openPusher(otlp, this.#options, {
      collector: this.#collector,
      done: (problem) => this.#judge('otlp', problem),
    });
  }

  /** Keeps what is wrong with a part, and says when that changes. */
  #judge(part: Part, problem?: string): void {
    const before = this.#problems.get(part);
    if (problem === before) return;
    if (problem === undefined) {
      this.#problems.delete(part);
      this.#options.log('info', `metrics: works again: ${before ?? ''}`);
    } else {
      this.#problems.set(part, problem);
      this.#options.log('warn', `metrics: ${problem}`);
    }
  }
}

/** @throws AgentError as readSecret */
export const openMetrics = async (options: MetricsOptions): Promise<Metrics> => {
  const metrics = new AgentMetrics(options);
  await metrics.reconfigure(options.config);
  return metrics;
};
