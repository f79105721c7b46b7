/** Prometheus' text exposition format, version 0.0.4. */

import { harmless } from './harmless.ts';

export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  /** What follows the family's name: `_bucket`, `_sum` or `_count` of a histogram. */
  readonly suffix?: string;
  readonly labels: Labels;
  readonly value: number;
}

export interface MetricFamily {
  readonly name: string;
  readonly type: 'gauge' | 'counter' | 'histogram';
  readonly help: string;
  readonly samples: readonly Sample[];
}

const labelText = (value: string): string =>
  harmless(value).replaceAll('\\', '\\\\').replaceAll('"', '\\"');

const numberText = (value: number): string => {
  if (Number.isNaN(value)) return 'NaN';
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? '+Inf' : '-Inf';
};

const seriesName = (name: string, { suffix = '', labels }: Sample): string => {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${labelText(value)}"`);
  return name + suffix + (pairs.length > 0 ? `{${pairs.join(',')}}` : '');
};

/** Families without samples are left out, and so is a series that was there before: the first one stands. */
export const exposition = (families: readonly MetricFamily[]): string =>
  families
    .map((family) => {
      const series = new Map<string, number>();
      for (const sample of family.samples) {
        const name = seriesName(family.name, sample);
        if (!series.has(name)) series.set(name, sample.value);
      }
      return { ...family, series };
    })
    .filter(({ series }) => series.size > 0)
    .map(({ name, type, help, series }) =>
      [
        `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`,
        `# TYPE ${name} ${type}`,
        ...[...series].map(([key, value]) => `${key} ${numberText(value)}`),
        '',
      ].join('\n'),
    )
    .join('');

/** The cumulative series of a histogram. `bounds` ascend and leave out +Inf. */
export const histogram = (
  values: readonly number[],
  { bounds, labels }: { bounds: readonly number[]; labels: Labels },
): readonly Sample[] => [
  ...[...bounds, Infinity].map((bound) => ({
    suffix: '_bucket',
    labels: { ...labels, le: numberText(bound) },
    value: values.filter((value) => value <= bound).length,
  })),
  { suffix: '_sum', labels, value: values.reduce((sum, value) => sum + value, 0) },
  { suffix: '_count', labels, value: values.length },
];
