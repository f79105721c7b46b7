/** OTLP: what is sent, against the published protocol's own decoder, and how a collector's answers are taken. */

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { AgentError } from '../../../agent/errors.ts';
import { notReadyReport, readyReport } from '../../helpers/sample-report.ts';
import { type Behaviour, type ReceiverServer, startReceiver } from '../alerts/receiver-server.ts';
import { type MetricsLab, startMetrics } from './metrics-lab.ts';

/** What protobufjs makes of the published .proto files: the witness. */
interface MessageType {
  verify(message: unknown): string | null;
  fromObject(json: unknown): object;
  encode(message: object): { finish(): Uint8Array };
  decode(bytes: Uint8Array): object;
  toObject(message: object, options: object): unknown;
}
interface Published {
  readonly opentelemetry: {
    readonly proto: {
      readonly collector: {
        readonly metrics: { readonly v1: { readonly ExportMetricsServiceRequest: MessageType } };
      };
    };
  };
}
const { opentelemetry } = createRequire(import.meta.url)(
  '@opentelemetry/otlp-transformer/build/src/generated/root.js',
) as Published;
const { ExportMetricsServiceRequest: requestType } = opentelemetry.proto.collector.metrics.v1;

interface Point {
  readonly attributes: readonly { readonly key: string; readonly value: object }[];
  readonly startTimeUnixNano?: string;
  readonly timeUnixNano: string;
  readonly asDouble?: number;
  readonly count?: string;
  readonly sum?: number;
  readonly bucketCounts?: readonly string[];
  readonly explicitBounds?: readonly number[];
}
interface Points {
  readonly dataPoints: readonly Point[];
}
interface Metric {
  readonly name: string;
  readonly unit?: string;
  readonly gauge?: Points;
  readonly sum?: Points & {
    readonly isMonotonic: boolean;
    readonly aggregationTemporality: number;
  };
  readonly histogram?: Points & { readonly aggregationTemporality: number };
}
interface Request {
  readonly resourceMetrics: readonly {
    readonly resource: { readonly attributes: Point['attributes'] };
    readonly scopeMetrics: readonly { readonly metrics: readonly Metric[] }[];
  }[];
}

let collector: ReceiverServer;
beforeEach(async () => {
  collector = await startReceiver();
  collector.behave = () => ({ status: 200, body: '{}' });
});
afterEach(() => collector.close());

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
};
/** Waits until the collector has had that many requests. */
const hasHad = (count: number): Promise<void> => until(() => collector.received.length >= count);
const hasProblem = ({ metrics }: MetricsLab): Promise<void> =>
  until(() => metrics.problems().length > 0);
const place = (path = ''): string => `http://127.0.0.1:${collector.port}${path}`;

describe('what is pushed', () => {
  it('is what the published protocol means, without a rest', async () => {
    const lab = await startMetrics({ otlp: { url: place() } });
    await hasHad(1);
    await lab.metrics.observe(notReadyReport);
    await hasHad(2);
    const [, request] = collector.received;
    assert.equal(request?.url, '/v1/metrics');
    assert.equal(request.headers['content-type'], 'application/json');
    const body = JSON.parse(request.body) as Request;
    const bytes = requestType.encode(requestType.fromObject(body)).finish();
    const options = { longs: String, arrays: false };
    const understood = requestType.toObject(requestType.decode(bytes), options);
    assert.deepEqual(understood, withoutEmpty(body));
    await lab.metrics.close();
  });

  it('has the values of the metrics', async () => {
    const lab = await startMetrics({ otlp: { url: place('/otlp/v1/metrics') } });
    await hasHad(1);
    await lab.metrics.observe(readyReport);
    await hasHad(2);
    const [, request] = collector.received;
    assert.equal(request?.url, '/otlp/v1/metrics');
    const { resource, scopeMetrics } = (JSON.parse(request.body) as Request).resourceMetrics[0] ?? {
      resource: { attributes: [] },
      scopeMetrics: [],
    };
    assert.deepEqual(
      resource.attributes.filter(({ key }) => key.startsWith('service.')).slice(0, 2),
      [
        { key: 'service.name', value: { stringValue: 'certready' } },
        { key: 'service.version', value: { stringValue: '0.1.0' } },
      ],
    );
    const metric = (name: string): Metric | undefined =>
      scopeMetrics[0]?.metrics.find((one) => one.name === name);
    const { sum } = metric('certready_runs_total') ?? {};
    assert.deepEqual([sum?.isMonotonic, sum?.aggregationTemporality], [true, 2]);
    assert.equal(
      sum?.dataPoints.find(({ asDouble }) => asDouble === 3)?.attributes[0]?.key,
      'result',
    );
    const stages = metric('certready_stage_duration_seconds');
    assert.equal(stages?.unit, 's');
    const point = stages.histogram?.dataPoints.find(({ attributes }) =>
      attributes.every(({ value }) =>
        ['crl', 'connect'].includes((value as { stringValue: string }).stringValue),
      ),
    );
    assert.equal(point?.count, '1');
    assert.equal(point.sum, 0.011);
    assert.equal(point.bucketCounts?.length, (point.explicitBounds?.length ?? 0) + 1);
    assert.equal(point.bucketCounts.indexOf('1'), point.explicitBounds?.indexOf(0.025));
    assert.equal(point.timeUnixNano, `${lab.agent.now.getTime()}000000`);
    await lab.metrics.close();
  });

  it('carries the headers that are configured, read from where they are kept', async () => {
    const lab = await startMetrics(
      { otlp: { url: 'env:COLLECTOR', headers: { Authorization: 'env:TOKEN' } } },
      { env: { COLLECTOR: place(), TOKEN: 'Bearer s3cret-token' } },
    );
    await hasHad(1);
    assert.equal(collector.received[0]?.headers.authorization, 'Bearer s3cret-token');
    await lab.metrics.close();
  });

  it('needs its secrets: without them the configuration of before stays', async () => {
    const lab = await startMetrics({ otlp: { url: place() } });
    await hasHad(1);
    await assert.rejects(
      lab.metrics.reconfigure({ otlp: { url: 'env:NOT_SET' } }),
      (error) => error instanceof AgentError && error.code === 'secret-missing',
    );
    await lab.metrics.refresh();
    await hasHad(2);
    await lab.metrics.close();
  });
});

/** proto3 does not tell an empty list from none. */
const withoutEmpty = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, one]) => !Array.isArray(one) || one.length > 0)
      .map(([key, one]) => [key, withoutEmpty(one)]),
  );
};

describe('a collector', () => {
  const refusing: readonly (readonly [string, Behaviour, { isRetried: boolean }])[] = [
    [
      '429, asking for a while',
      { status: 429, headers: { 'retry-after': '7' } },
      { isRetried: false },
    ],
    ['502', { status: 502 }, { isRetried: false }],
    ['503', { status: 503, headers: { 'retry-after': '5' } }, { isRetried: false }],
    ['504', { status: 504 }, { isRetried: false }],
    ['a reset', 'reset', { isRetried: false }],
    ['no HTTP', { raw: 'hello\n' }, { isRetried: false }],
    ['400: the data is refused, the next is not', { status: 400, body: 'no' }, { isRetried: true }],
    ['500', { status: 500 }, { isRetried: true }],
    [
      'a redirect',
      { status: 302, headers: { location: 'http://127.0.0.1:1/' } },
      { isRetried: true },
    ],
  ];

  for (const [name, behaviour, { isRetried }] of refusing)
    it(`that answers ${name} is a problem${isRetried ? '' : ', and is left alone for a while'}`, async (t) => {
      t.mock.method(Math, 'random', () => 0.99); // for five seconds, not for one
      collector.behave = () => behaviour;
      const lab = await startMetrics({ otlp: { url: place() } });
      await hasProblem(lab);
      assert.deepEqual(
        lab.metrics.problems().map(({ code }) => code),
        ['metrics-push-failed'],
      );
      collector.behave = () => ({ status: 200 });
      await lab.metrics.refresh();
      if (isRetried) await hasHad(2);
      else await new Promise((resolve) => setTimeout(resolve, 20)); // nothing is to come
      assert.equal(collector.received.length, isRetried ? 2 : 1);
      lab.agent.now = new Date(lab.agent.now.getTime() + 10_000);
      await lab.metrics.refresh();
      await until(() => lab.metrics.problems().length === 0);
      await lab.metrics.close();
    });

  it('that takes only some of it is a problem', async () => {
    const body = '{"partialSuccess":{"rejectedDataPoints":"3","errorMessage":"too many"}}';
    collector.behave = () => ({ status: 200, body });
    const lab = await startMetrics({ otlp: { url: place() } });
    await hasProblem(lab);
    assert.match(lab.metrics.problems()[0]?.summary ?? '', /^metrics\.otlp .*\b3\b/);
    await lab.metrics.close();
  });

  it('that hangs holds up neither a run nor the end', async () => {
    collector.behave = () => 'hang';
    const lab = await startMetrics({ otlp: { url: place() } });
    await hasHad(1);
    await lab.metrics.observe(readyReport);
    await lab.metrics.close();
    assert.equal(collector.received.length, 1);
  });

  it('is told nothing of its secrets, nor is anybody', async () => {
    collector.behave = ({ headers, url }) => ({
      status: 400,
      body: `not for ${headers['x-token'] as string} at ${url}`,
    });
    const url = place('/hidden-path/v1?key=abcdefgh');
    const lab = await startMetrics({ otlp: { url, headers: { 'X-Token': 'token-12345' } } });
    await hasProblem(lab);
    const told = JSON.stringify([lab.metrics.problems(), lab.said]);
    for (const secret of ['token-12345', 'hidden-path', 'abcdefgh'])
      assert.ok(!told.includes(secret), told);
    await lab.metrics.close();
  });
});
