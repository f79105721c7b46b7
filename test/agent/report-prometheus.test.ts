import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { describe, it } from 'node:test';
import { render } from '../../agent/report/render.ts';
import type { Report } from '../../agent/report/report.ts';
import { lacking } from '../helpers/programs.ts';
import {
  check,
  hostileReport,
  notReadyReport,
  nothingJudgedReport,
  readyReport,
  severalProfilesReport,
} from '../helpers/sample-report.ts';

const metrics = (report: Report): Promise<string> =>
  render(report, 'prometheus', { columns: 80, color: true });

/** Series and values of an exposition; a line that is none fails. */
const seriesOf = (text: string): Map<string, number> => {
  const sample = /^([a-z_]+(?:\{(?:[a-z_]+="(?:[^"\\]|\\[\\"n])*",?)*\})?) (\S+)$/;
  const series = new Map<string, number>();
  for (const line of text
    .trimEnd()
    .split('\n')
    .filter((line) => !line.startsWith('#'))) {
    const match = sample.exec(line);
    assert.ok(match, `not a sample, or with a timestamp: ${line}`);
    const [, name = '', value] = match;
    assert.ok(!series.has(name), `twice: ${name}`);
    series.set(name, Number(value));
  }
  return series;
};

const noPromtool = await lacking('promtool');
const profile = 'profile="exchange-online-globalsign-r1"';

describe('Prometheus exposition', () => {
  for (const report of [
    readyReport,
    notReadyReport,
    nothingJudgedReport,
    severalProfilesReport,
    hostileReport,
  ])
    it(`is well formed, each series once (${report.verdict})`, async () => {
      const text = await metrics(report);
      assert.ok(seriesOf(text).size > 0);
      assert.ok(text.endsWith('\n'));
      for (const [, name] of text.matchAll(/^# TYPE (\S+)/gm))
        assert.ok(text.includes(`# HELP ${name ?? ''} `));
      assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\p{Cf}\p{Cs}]/u);
    });

  it('shows the verdict, the status of each check and each gap', async () => {
    const series = seriesOf(await metrics(notReadyReport));
    const crl = 'target="http://crl.globalsign.com/gsorganizationvalsha2g3.crl"';
    const expected = [
      `certready_verdict{${profile},verdict="not-ready"}`,
      `certready_check_status{${profile},kind="crl",${crl},status="blocked"}`,
      `certready_gap{${profile},code="connect-timeout",target="crl.globalsign.com:80",owner="network",severity="critical"}`,
      'certready_build_info{version="0.1.0",platform="linux"}',
    ];
    for (const name of expected) assert.equal(series.get(name), 1, name);
    const verdicts = [...series.keys()].filter((name) => name.startsWith('certready_verdict'));
    assert.equal(verdicts.length, 1);
    const statuses = [...series.keys()].filter((name) => name.startsWith('certready_check_status'));
    assert.equal(statuses.length, notReadyReport.checks.length);
  });

  it('shows times as Unix seconds', async () => {
    const series = seriesOf(await metrics(readyReport));
    const value = (start: string): number | undefined =>
      [...series].find(([name]) => name.startsWith(start))?.[1];
    assert.equal(
      value('certready_crl_next_update_timestamp_seconds'),
      Date.UTC(2026, 10, 30) / 1000,
    );
    assert.equal(
      value('certready_ocsp_next_update_timestamp_seconds'),
      Date.UTC(2026, 10, 27, 21) / 1000,
    );
    assert.equal(
      value(
        'certready_certificate_not_after_timestamp_seconds{profile="exchange-online-globalsign-r1",kind="smtp"',
      ),
      Date.UTC(2027, 0, 12, 23, 59, 59) / 1000,
    );
    assert.equal(
      value('certready_profile_effective_timestamp_seconds'),
      Date.UTC(2018, 8, 3) / 1000,
    );
    assert.equal(
      value('certready_last_run_timestamp_seconds'),
      Date.UTC(2026, 10, 23, 21) / 1000 + 1.312,
    );
  });

  it('counts the stages in cumulative buckets', async () => {
    const series = seriesOf(await metrics(readyReport));
    const name = 'certready_stage_duration_seconds';
    const bucket = (kind: string, le: string): number | undefined =>
      series.get(`${name}_bucket{kind="${kind}",stage="connect",le="${le}"}`);
    // A connect of 11 ms, and one of 1190 ms
    assert.deepEqual([bucket('crl', '0.01'), bucket('crl', '0.025')], [0, 1]);
    assert.deepEqual([bucket('aia', '1'), bucket('aia', '2.5'), bucket('aia', '+Inf')], [0, 1, 1]);
    assert.equal(series.get(`${name}_count{kind="aia",stage="connect"}`), 1);
    assert.equal(series.get(`${name}_sum{kind="aia",stage="connect"}`), 1.19);
  });

  it('shows what several profiles share once for each', async () => {
    const series = seriesOf(await metrics(severalProfilesReport));
    const gaps = [...series.keys()].filter((key) => key.includes('code="connect-timeout"'));
    assert.equal(gaps.length, 2);
  });

  it('shows the worse of two answers about one target, and the earlier time', async () => {
    const target = 'http://ocsp.globalsign.com/rootr1';
    const twice: Report = {
      ...readyReport,
      checks: [
        check({ kind: 'ocsp', target, evidence: { nextUpdate: '2026-12-02T00:00:00.000Z' } }),
        check({
          kind: 'ocsp',
          target,
          id: `ocsp:${target}#2`,
          status: 'unknown',
          evidence: { nextUpdate: '2026-12-01T00:00:00.000Z' },
        }),
      ],
    };
    const series = seriesOf(await metrics(twice));
    const statuses = [...series.keys()].filter((key) => key.startsWith('certready_check_status'));
    assert.equal(statuses.length, 1);
    assert.match(statuses[0] ?? '', /status="unknown"/);
    const times = [...series].filter(([key]) => key.startsWith('certready_ocsp_next_update'));
    assert.deepEqual(
      times.map(([, value]) => value),
      [Date.UTC(2026, 11, 1) / 1000],
    );
  });

  it('passes promtool check metrics', { skip: noPromtool }, async () => {
    for (const report of [readyReport, notReadyReport, severalProfilesReport, hostileReport]) {
      const promtool = spawn('promtool', ['check', 'metrics'], { stdio: ['pipe', 'pipe', 'pipe'] });
      let said = '';
      promtool.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
      promtool.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
      const closed = new Promise((resolve) => promtool.on('close', resolve));
      promtool.stdin.end(await metrics(report));
      assert.equal(await closed, 0, said);
      assert.equal(said, '');
    }
  });
});
