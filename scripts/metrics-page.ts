/** The page docs/metrics.md, made of the metrics' words in agent/report/metric-families.ts. */

import { metricFamilies } from '../agent/report/metric-families.ts';

const code = (text: string): string => `\`${text}\``;

const rows = Object.entries(metricFamilies).map(
  ([name, { type, labels, help }]) =>
    `| ${[code(name), type, labels.map(code).join(', '), help].join(' | ')} |`,
);

export const metricsPage = (): string =>
  [
    '<!-- Made by `npm run docs` from agent/report/metric-families.ts; changes belong there. -->',
    '',
    '# Metrics',
    '',
    'What the agent shows at `metrics.listen`, writes to `metrics.textfile` and pushes to `metrics.otlp`;',
    '`certready --once --format prometheus` prints those that a report has. A value that is not known is absent.',
    'What leaves the report leaves the metrics; durations and runs add up from the start of the agent.',
    '',
    '| metric | type | labels | what it is |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
