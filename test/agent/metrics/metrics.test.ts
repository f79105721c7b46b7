import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { metricFamilies } from '../../../agent/report/metric-families.ts';
import type { Report } from '../../../agent/report/report.ts';
import { mostSeries } from '../../../agent/metrics/collector.ts';
import { metricsPage } from '../../../scripts/metrics-page.ts';
import { freePort } from '../../helpers/free-port.ts';
import {
  check,
  hostileReport,
  notReadyReport,
  readyReport,
  severalProfilesReport,
} from '../../helpers/sample-report.ts';
import { idleStatus, ranStatus, seriesOf, startMetrics, startedAt } from './metrics-lab.ts';

const openMetrics = { accept: 'application/openmetrics-text;version=1.0.0,text/plain;q=0.5' };
const listen = async (): Promise<string> => `127.0.0.1:${await freePort()}`;

const startsWith = (series: ReadonlyMap<string, number>, start: string): string[] =>
  [...series.keys()].filter((name) => name.startsWith(start));

describe('values of the metrics', () => {
  it('are those of the report and of the agent', async () => {
    const lab = await startMetrics({ listen: await listen() });
    await lab.metrics.observe(notReadyReport);
    const series = seriesOf(await lab.text());
    const profile = 'profile="exchange-online-globalsign-r1"';
    const expected: Readonly<Record<string, number>> = {
      [`certready_verdict{${profile},verdict="not-ready"}`]: 1,
      [`certready_gap{${profile},code="connect-timeout",target="crl.globalsign.com:80",owner="network",severity="critical"}`]: 1,
      [`certready_profile_effective_timestamp_seconds{${profile}}`]: Date.UTC(2018, 8, 3) / 1000,
      'certready_runs_total{result="ready"}': 3,
      'certready_runs_total{result="not-ready"}': 1,
      'certready_runs_total{result="failed"}': 2,
      'certready_runs_total{result="unknown"}': 0,
      certready_last_run_timestamp_seconds: Date.UTC(2026, 10, 27, 20, 10, 0, 500) / 1000,
      certready_last_run_duration_seconds: 1.312,
      certready_last_report_timestamp_seconds: Date.UTC(2026, 10, 27, 20, 5) / 1000,
      certready_next_run_timestamp_seconds: Date.UTC(2026, 10, 27, 20, 30) / 1000,
      certready_start_time_seconds: startedAt.getTime() / 1000,
      'certready_outbox_events{receiver="webhook-1",state="pending"}': 2,
      'certready_outbox_events{receiver="webhook-1",state="parked"}': 1,
      'certready_agent_problem{code="state-unwritable"}': 1,
      certready_config_last_reload_successful: 1,
    };
    for (const [name, value] of Object.entries(expected))
      assert.equal(series.get(name), value, name);
    assert.equal(startsWith(series, 'certready_build_info{version="0.1.0"').length, 1);
    assert.equal(startsWith(series, 'certready_verdict').length, 1);
    await lab.metrics.close();
  });

  it('are described, each of them', async () => {
    const lab = await startMetrics({ listen: await listen() });
    const text = await lab.text();
    for (const [name, { type }] of Object.entries(metricFamilies)) {
      assert.ok(text.includes(`# HELP ${name} `), name);
      assert.ok(text.includes(`# TYPE ${name} ${type}\n`), name);
    }
    await lab.metrics.close();
  });

  it('stand in docs/metrics.md (npm run docs)', async () => {
    const page = new URL('../../../docs/metrics.md', import.meta.url);
    assert.equal(await readFile(page, 'utf8'), metricsPage());
  });

  it('hold no time before there is one', async () => {
    const lab = await startMetrics({ listen: await listen() });
    lab.agent.status = idleStatus;
    const series = seriesOf(await lab.text());
    for (const name of ['last_run_timestamp', 'last_report_timestamp', 'next_run_timestamp'])
      assert.deepEqual(startsWith(series, `certready_${name}`), []);
    assert.equal(series.get('certready_runs_total{result="ready"}'), 0);
    await lab.metrics.close();
  });

  it('leave with what leaves the report, but for durations, which add up', async () => {
    const lab = await startMetrics({ listen: await listen() });
    await lab.metrics.observe(notReadyReport);
    await lab.metrics.observe(readyReport);
    await lab.metrics.observe(readyReport);
    const series = seriesOf(await lab.text());
    assert.deepEqual(startsWith(series, 'certready_gap{'), []);
    assert.equal(startsWith(series, 'certready_check_status{').length, readyReport.checks.length);
    const buckets = 'certready_stage_duration_seconds_bucket';
    assert.equal(series.get(`${buckets}{le="0.01",kind="crl",stage="connect"}`), 0);
    assert.equal(series.get(`${buckets}{le="0.025",kind="crl",stage="connect"}`), 2);
    assert.equal(series.get(`${buckets}{le="+Inf",kind="crl",stage="connect"}`), 2);
    await lab.metrics.close();
  });

  it('are the same in OpenMetrics, also after it', async () => {
    const lab = await startMetrics({ listen: await listen() });
    await lab.metrics.observe(severalProfilesReport);
    const before = await lab.text();
    const open = await lab.text(openMetrics);
    const after = await lab.text();
    assert.ok(open.endsWith('\n# EOF\n'));
    assert.ok(open.includes('# TYPE certready_runs counter'));
    assert.deepEqual(seriesOf(open), seriesOf(before));
    assert.equal(after, before);
    await lab.metrics.close();
  });

  it('are bounded: the worst stay, and what is left out is counted', async () => {
    const lab = await startMetrics({ listen: await listen() });
    const checks = Array.from({ length: mostSeries + 500 }, (_, index) =>
      check({
        kind: 'endpoint',
        target: `host-${index}.example.org:80`,
        status: index === mostSeries + 400 ? 'critical' : 'ok',
      }),
    );
    await lab.metrics.observe({ ...readyReport, checks });
    const series = seriesOf(await lab.text());
    const statuses = startsWith(series, 'certready_check_status{');
    assert.equal(statuses.length, mostSeries);
    assert.equal(statuses.filter((name) => name.includes('status="critical"')).length, 1);
    assert.equal(series.get('certready_series_omitted{metric="certready_check_status"}'), 500);
    await lab.metrics.close();
  });

  it('cannot be steered by what a report says', async () => {
    const lab = await startMetrics({ listen: await listen() });
    const report: Report = hostileReport;
    await lab.metrics.observe(report);
    const text = await lab.text();
    assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\p{Cf}\p{Cs}]/u);
    for (const line of text.split('\n'))
      assert.match(
        line,
        /^(?:|#.*|certready_[a-z_]+(?:\{(?:[a-z]+="(?:[^"\\]|\\[\\"n])*",?)*\})? \S+)$/,
      );
    await lab.metrics.close();
  });
});

describe('the endpoint', () => {
  const pages = [
    ['GET', '/metrics', 200],
    ['GET', '/metrics?name[]=certready_gap', 200],
    ['HEAD', '/metrics', 200],
    ['GET', '/-/healthy', 200],
    ['GET', '/-/ready', 200],
    ['GET', '/', 404],
    ['GET', '/metrics/', 404],
    ['POST', '/metrics', 405],
    ['DELETE', '/-/ready', 405],
  ] as const;

  it('answers for its pages and no others', async () => {
    const lab = await startMetrics({ listen: await listen() });
    for (const [method, path, status] of pages) {
      const url = `http://${lab.metrics.address ?? ''}${path}`;
      const response = await fetch(url, { method, headers: { connection: 'close' } });
      assert.equal(response.status, status, `${method} ${path}`);
      await response.arrayBuffer();
    }
    await lab.metrics.close();
  });

  const health = [
    ['has run', {}, 200, 200],
    ['has not run yet', { lastRun: undefined }, 200, 503],
    ['has a configuration that is refused', { configurationAccepted: false }, 200, 503],
    ['is a minute late', { nextRun: new Date('2026-11-27T20:10:00Z') }, 200, 200],
    ['is an hour late', { nextRun: new Date('2026-11-27T19:10:00Z') }, 503, 200],
  ] as const;

  for (const [name, { ...change }, healthy, ready] of health)
    it(`says how an agent is that ${name}`, async () => {
      const lab = await startMetrics({ listen: await listen() });
      lab.agent.status = Object.fromEntries(
        Object.entries({ ...ranStatus, ...change }).filter(([, value]) => value !== undefined),
      ) as unknown as typeof ranStatus;
      assert.equal((await lab.get('/-/healthy')).status, healthy);
      assert.equal((await lab.get('/-/ready')).status, ready);
      await lab.metrics.close();
    });

  it('listens on IPv6', async () => {
    const place = `[::1]:${await freePort('::1')}`;
    const lab = await startMetrics({ listen: place });
    assert.equal(lab.metrics.address, place);
    assert.equal((await lab.get('/-/healthy')).status, 200);
    await lab.metrics.close();
  });

  it('takes a port that was taken once it is free', async () => {
    const other = createServer();
    const port = await freePort();
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    const lab = await startMetrics({ listen: `127.0.0.1:${port}` });
    assert.deepEqual(
      lab.metrics.problems().map(({ code }) => code),
      ['metrics-endpoint-unavailable'],
    );
    assert.equal(lab.metrics.address, undefined);
    await new Promise((resolve) => other.close(resolve));
    await lab.metrics.refresh();
    assert.deepEqual(lab.metrics.problems(), []);
    assert.equal((await lab.get('/-/healthy')).status, 200);
    await lab.metrics.close();
  });

  it('moves with the configuration, and goes with it', async () => {
    const [first, second] = [await listen(), await listen()];
    const lab = await startMetrics({});
    assert.equal(lab.metrics.address, undefined);
    for (const place of [first, second]) {
      await lab.metrics.reconfigure({ listen: place });
      assert.equal(lab.metrics.address, place);
      assert.equal((await lab.get('/-/healthy')).status, 200);
    }
    await assert.rejects(fetch(`http://${first}/-/healthy`));
    await lab.metrics.reconfigure({});
    assert.equal(lab.metrics.address, undefined);
    await assert.rejects(fetch(`http://${second}/-/healthy`));
    await lab.metrics.close();
  });

  it('survives rubbish and silence, and ends in spite of them', async () => {
    const lab = await startMetrics({ listen: await listen() });
    const [host = '', port] = (lab.metrics.address ?? '').split(':');
    const sockets = [
      '',
      'GET /metrics HTTP/1.1\r\nHost:',
      '\0\xff\r\n\r\n',
      'GET /metrics HTTP/9',
    ].map((text) => {
      const socket = connect({ host, port: Number(port) });
      socket.on('error', () => undefined);
      socket.write(text, 'latin1');
      return socket;
    });
    assert.equal((await lab.get('/metrics')).status, 200);
    await lab.metrics.close();
    for (const socket of sockets) socket.destroy();
  });
});
