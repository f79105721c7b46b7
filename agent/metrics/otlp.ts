/**
 * Metrics as OpenTelemetry's OTLP in its JSON encoding (opentelemetry-proto 1.x, metrics/v1, and the protocol's
 * "JSON Protobuf Encoding"): keys in lowerCamelCase, enums as numbers, 64-bit integers as texts.
 */

import type { FamilyValues } from './collector.ts';

export interface OtlpSource {
  readonly version: string;
  readonly hostName: string;
  readonly platform: string;
  /** Since when the process counts. */
  readonly startedAt: Date;
  readonly now: Date;
}

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue: string };
}

type Value = FamilyValues['values'][number] & { readonly metricName?: string };

/** AGGREGATION_TEMPORALITY_CUMULATIVE */
const cumulative = 2;

const nanoseconds = (time: Date): string => `${time.getTime()}000000`;

const attributes = (labels: Readonly<Record<string, unknown>>): readonly Attribute[] =>
  Object.entries(labels).map(([key, value]) => ({ key, value: { stringValue: String(value) } }));

/** Of a histogram: what prom-client gives as one value per bucket, by the labels that they share. */
const histogramPoints = (values: readonly Value[], times: object) => {
  const points = new Map<string, { labels: object; buckets: [number, number][]; sum: number }>();
  for (const { labels, metricName, value } of values) {
    const { le, ...rest } = labels as Readonly<Record<string, string | number>>;
    const key = JSON.stringify(Object.entries(rest).sort());
    const point = points.get(key) ?? { labels: rest, buckets: [], sum: 0 };
    points.set(key, point);
    if (metricName?.endsWith('_sum')) point.sum = value;
    else if (le !== undefined) point.buckets.push([le === '+Inf' ? Infinity : Number(le), value]);
  }
  return [...points.values()].map(({ labels, buckets, sum }) => {
    const counts = buckets.map(([, count], index) => count - (buckets[index - 1]?.[1] ?? 0));
    return {
      attributes: attributes(labels as Readonly<Record<string, unknown>>),
      ...times,
      count: String(counts.reduce((total, count) => total + count, 0)),
      sum,
      bucketCounts: counts.map(String),
      explicitBounds: buckets.map(([bound]) => bound).filter(Number.isFinite),
    };
  });
};

const numberPoints = (values: readonly Value[], times: object) =>
  values.map(({ labels, value }) => ({
    attributes: attributes(labels),
    ...times,
    asDouble: value,
  }));

const unitOf = (name: string): { readonly unit?: string } =>
  name.endsWith('_seconds') ? { unit: 's' } : {};

const metricOf = (family: FamilyValues, { startedAt, now }: OtlpSource) => {
  const values = family.values as readonly Value[];
  const time = { timeUnixNano: nanoseconds(now) };
  const times = { startTimeUnixNano: nanoseconds(startedAt), ...time };
  const { name, help: description } = family;
  const head = { name, description, ...unitOf(name) };
  // prom-client's types call its types numbers; they are words.
  switch (String(family.type)) {
    case 'counter': {
      const dataPoints = numberPoints(values, times);
      const kind = { aggregationTemporality: cumulative, isMonotonic: true };
      return { ...head, sum: { ...kind, dataPoints } };
    }
    case 'histogram': {
      const dataPoints = histogramPoints(values, times);
      return { ...head, histogram: { aggregationTemporality: cumulative, dataPoints } };
    }
    default:
      return { ...head, gauge: { dataPoints: numberPoints(values, time) } };
  }
};

/** An ExportMetricsServiceRequest. */
export const otlpRequest = (families: readonly FamilyValues[], source: OtlpSource): object => ({
  resourceMetrics: [
    {
      resource: {
        attributes: attributes({
          'service.name': 'certready',
          'service.version': source.version,
          'service.instance.id': source.hostName,
          'host.name': source.hostName,
          'os.type': source.platform === 'win32' ? 'windows' : source.platform,
        }),
      },
      scopeMetrics: [
        {
          scope: { name: 'certready', version: source.version },
          metrics: families
            .filter(({ values }) => values.length > 0)
            .map((family) => metricOf(family, source)),
        },
      ],
    },
  ],
});
