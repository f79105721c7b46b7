/** The values of all metrics, kept by prom-client. */

import { platform } from 'node:os';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { AgentStatus } from '../agent-status.ts';
import { platformOf } from '../platform.ts';
import type { Sample } from '../report/exposition.ts';
import { harmless } from '../report/harmless.ts';
import { type FamilyInfo, type FamilyName, metricFamilies } from '../report/metric-families.ts';
import {
  type FamilySamples,
  buildInfo,
  reportGauges,
  stageBounds,
  stageTimes,
} from '../report/prometheus.ts';
import type { Report } from '../report/report.ts';
import { statusSamples } from './status-samples.ts';

/** More series than the checks of a host come to; what is beyond it is left out, and counted. */
export const mostSeries = 1000;

export interface Exposition {
  readonly contentType: string;
  readonly text: string;
}

/** A metric's values as prom-client gives them. */
export type FamilyValues = Awaited<ReturnType<Registry['getMetricsAsJSON']>>[number];

export interface CollectorOptions {
  /** Asked whenever the values are. */
  readonly status: () => AgentStatus;
  readonly now: () => Date;
  readonly version: string;
}

type Meter = Gauge | Counter;

const textType = 'text/plain; version=0.0.4; charset=utf-8' as const;
const openMetricsType = 'application/openmetrics-text; version=1.0.0; charset=utf-8' as const;

const families = Object.entries(metricFamilies) as [FamilyName, FamilyInfo][];

const set = (meter: Meter, samples: readonly Sample[]): void => {
  meter.reset();
  for (const { labels, value } of samples) {
    const plain = Object.fromEntries(
      Object.entries(labels).map(([name, text]) => [name, harmless(text)]),
    );
    if (meter instanceof Gauge) meter.set(plain, value);
    else meter.inc(plain, value);
  }
};

export class Collector {
  readonly createdAt: Date;
  readonly #options: CollectorOptions;
  readonly #text = new Registry();
  /** With counters of its own: rendering them in this format changes their names for good. */
  readonly #openMetrics = new Registry<typeof openMetricsType>();
  readonly #meters = new Map<FamilyName, readonly Meter[]>();
  #stages: Histogram | undefined;
  #report: FamilySamples = {};

  constructor(options: CollectorOptions) {
    this.#options = options;
    this.createdAt = options.now();
    this.#openMetrics.setContentType(openMetricsType);
    for (const [name, info] of families) this.#create(name, info);
  }

  /** Takes in a report: what is not in it any more is not in the metrics either. */
  observe(report: Report): void {
    this.#report = reportGauges(report);
    for (const { labels, seconds } of stageTimes(report)) this.#stages?.observe(labels, seconds);
  }

  /** In OpenMetrics where that is accepted, else in Prometheus' text format. */
  async exposition(accept = ''): Promise<Exposition> {
    this.#fill();
    return /application\/openmetrics-text/i.test(accept)
      ? { contentType: openMetricsType, text: await this.#openMetrics.metrics() }
      : { contentType: textType, text: await this.#text.metrics() };
  }

  async values(): Promise<readonly FamilyValues[]> {
    this.#fill();
    return this.#text.getMetricsAsJSON();
  }

  #create(name: FamilyName, { type, help, labels }: FamilyInfo): void {
    const both = [this.#text, this.#openMetrics as unknown as Registry];
    const options = { name, help, labelNames: labels };
    switch (type) {
      case 'gauge':
        this.#meters.set(name, [new Gauge({ ...options, registers: both })]);
        break;
      case 'counter': {
        const meters = both.map((registry) => new Counter({ ...options, registers: [registry] }));
        this.#meters.set(name, meters);
        break;
      }
      case 'histogram':
        this.#stages = new Histogram({ ...options, registers: both, buckets: [...stageBounds] });
        break;
    }
  }

  #fill(): void {
    const { status, version } = this.#options;
    const samples: FamilySamples = {
      ...this.#report,
      ...statusSamples(status()),
      certready_build_info: buildInfo(version, platformOf(platform())),
    };
    const omitted: Sample[] = [];
    for (const [name, meters] of this.#meters) {
      const all = name === 'certready_series_omitted' ? omitted : (samples[name] ?? []);
      if (all.length > mostSeries)
        omitted.push({ labels: { metric: name }, value: all.length - mostSeries });
      for (const meter of meters) {
        set(meter, all.slice(0, mostSeries));
        // prom-client gives what has no labels a zero, which would be a time in 1970.
        if (all.length === 0 && metricFamilies[name].labels.length === 0) meter.remove();
      }
    }
  }
}
