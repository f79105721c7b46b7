/** Metrics that are configured: the endpoint, the text file, the push, and how each of them fares. */

import { hostname, platform } from 'node:os';
import { overdue } from '../agent-status.ts';
import type { Deliver } from '../alerts/delivery.ts';
import { type Config, defaultConfig } from '../config/config.ts';
import { milliseconds } from '../config/duration.ts';
import { readSecret } from '../config/secret.ts';
import { AgentError, systemReason } from '../errors.ts';
import type { Report } from '../report/report.ts';
import { writeDurably } from '../state/durable-file.ts';
import { Collector } from './collector.ts';
import { type Endpoint, type EndpointPages, openEndpoint } from './endpoint.ts';
import type { Metrics, MetricsOptions } from './facade.ts';
import { otlpRequest } from './otlp.ts';
import { Pusher } from './pusher.ts';

/** Troubles of metrics, as problems. */
const codes = {
  endpoint: 'metrics-endpoint-unavailable',
  textfile: 'metrics-textfile-unwritable',
  otlp: 'metrics-push-failed',
} as const;
type Part = keyof typeof codes;

/** So often what did not work is tried again, besides at every change. */
const againMs = 30_000;
const defaultIntervalMs = 60_000;

/** Where OTLP goes, with its secrets. */
interface OtlpPlace {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly intervalMs: number;
}

/** @throws AgentError as readSecret */
const readOtlp = async (
  { otlp }: Config['metrics'],
  env: MetricsOptions['env'],
): Promise<OtlpPlace | undefined> => {
  if (!otlp) return undefined;
  const url = new URL(await readSecret(otlp.url, env));
  if (url.pathname === '/') url.pathname = '/v1/metrics';
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(otlp.headers ?? {}))
    headers[name.toLowerCase()] = await readSecret(value, env);
  const intervalMs = otlp.interval ? milliseconds(otlp.interval) : defaultIntervalMs;
  return { url: url.href, headers, intervalMs };
};

class AgentMetrics implements Metrics {
  readonly #options: MetricsOptions;
  readonly #collector: Collector;
  readonly #problems = new Map<Part, string>();
  #config: Config['metrics'] = {};
  #endpoint: Endpoint | undefined;
  #pusher: Pusher | undefined;
  #again: NodeJS.Timeout | undefined;
  #work: Promise<void> = Promise.resolve();
  #wayOut: { readonly key: string; readonly deliver: Promise<Deliver> } | undefined;

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
    const otlp = await readOtlp(config, this.#options.env);
    await this.#inTurn(async () => {
      if (config.listen !== this.#config.listen) await this.#closeEndpoint();
      await this.#pusher?.close();
      this.#config = config;
      this.#problems.clear();
      this.#pusher = otlp && this.#createPusher(otlp);
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

  #createPusher(otlp: OtlpPlace): Pusher {
    const { now } = this.#options;
    return new Pusher({
      ...otlp,
      body: () => this.#otlpBody(),
      deliver: () => this.#deliver(),
      now,
      random: Math.random,
      done: (problem) => this.#judge('otlp', problem),
    });
  }

  async #otlpBody(): Promise<string> {
    const { version, now } = this.#options;
    const source = {
      ...{ version, hostName: hostname(), platform: platform() },
      ...{ startedAt: this.#collector.createdAt, now: now() },
    };
    return JSON.stringify(otlpRequest(await this.#collector.values(), source));
  }

  /** The way out of the configuration in force; it is opened anew when that changes. */
  #deliver(): Promise<Deliver> {
    const { proxy, timeouts } = this.#options.network?.() ?? defaultConfig('');
    const key = JSON.stringify([proxy, timeouts]);
    if (this.#wayOut?.key !== key) {
      const deliver = this.#openWayOut({ proxy, timeouts });
      deliver.catch(() => (this.#wayOut = undefined));
      this.#wayOut = { key, deliver };
    }
    return this.#wayOut.deliver;
  }

  async #openWayOut(config: Pick<Config, 'proxy' | 'timeouts'>): Promise<Deliver> {
    const { env, version, now } = this.#options;
    const { openWayOut } = await import('../alerts/way-out.ts');
    const clock = { now, elapsed: () => performance.now() };
    const host = { hostName: hostname(), platform: platform(), agentVersion: version };
    return openWayOut({ config, env, clock, ...host });
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
