import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { verdictOf } from '../../agent/report/verdict.ts';
import { clockCheck } from '../../checks/clock.ts';
import type { CheckResult, Report } from '../../agent/report/report.ts';
import type { CheckStatus, ServerTime, Severity, Task } from '../../checks/types.ts';
import { checksOf, fakeProfile, finding, judgement, reportOf, task } from '../helpers/fake-run.ts';

const statusOf = (report: Report, id: string): CheckStatus | undefined =>
  report.checks.find((check: CheckResult) => check.id === id)?.status;

const host = 'crl.example.org:80';
const dead = finding('connect-timeout', host);

describe('root causes', () => {
  it('shows the fault of a path with the endpoint and blocks what needs the path', async () => {
    const url = 'http://crl.example.org/a.crl';
    const report = await reportOf({
      checks: checksOf([
        task('endpoint', host, { findings: [dead] }),
        task('crl', url, { findings: [dead] }),
        task('crl', 'http://other.example.org/b.crl'),
      ]),
    });
    assert.deepEqual(
      report.gaps.map(({ id }) => id),
      ['connect-timeout:crl.example.org:80'],
    );
    assert.deepEqual(report.gaps[0]?.checks, [`endpoint:${host}`, `crl:${url}`]);
    assert.equal(statusOf(report, `endpoint:${host}`), 'critical');
    assert.equal(statusOf(report, `crl:${url}`), 'blocked');
    assert.equal(statusOf(report, 'crl:http://other.example.org/b.crl'), 'ok');
    assert.equal(report.verdict, 'not-ready');
  });

  it('leaves a fault that no endpoint shows with the checks that see it', async () => {
    const silent = finding('response-timeout', host);
    const report = await reportOf({
      checks: checksOf([
        task('endpoint', host),
        task('crl', 'http://crl.example.org/a.crl', { findings: [silent] }),
        task('crl', 'http://crl.example.org/b.crl', { findings: [silent] }),
      ]),
    });
    assert.equal(report.gaps.length, 1);
    assert.equal(report.gaps[0]?.checks.length, 2);
    assert.equal(statusOf(report, 'crl:http://crl.example.org/a.crl'), 'critical');
  });

  const failed = (
    name: string,
    code: 'dns-failure' | 'dns-timeout',
    resolvers: readonly string[],
  ) => finding(code, name, { evidence: { resolvers } });
  const dnsStage = { name: 'dns', ms: 1 } as const;

  it('names the resolver once where every name fails', async () => {
    const report = await reportOf({
      checks: checksOf([
        task('endpoint', 'a:80', {
          findings: [failed('a', 'dns-timeout', ['10.0.0.53:53', '10.0.0.54:53'])],
          stages: [dnsStage],
        }),
        task('endpoint', 'b:80', {
          findings: [failed('b', 'dns-timeout', ['10.0.0.53:53', '10.0.0.54:53'])],
          stages: [dnsStage],
        }),
        task('crl', 'http://a/x', {
          findings: [failed('a', 'dns-timeout', ['10.0.0.53:53', '10.0.0.54:53'])],
        }),
        task('trust-store', 'r1@/etc/ssl/certs'),
      ]),
    });
    assert.deepEqual(
      report.gaps.map(({ id }) => id),
      ['dns-timeout:10.0.0.53:53,10.0.0.54:53'],
    );
    assert.deepEqual(report.gaps[0]?.checks, ['endpoint:a:80', 'endpoint:b:80', 'crl:http://a/x']);
    assert.equal(statusOf(report, 'crl:http://a/x'), 'blocked');
    assert.equal(statusOf(report, 'trust-store:r1@/etc/ssl/certs'), 'ok');
  });

  it('says none where no resolver is configured', async () => {
    const report = await reportOf({
      checks: checksOf([task('endpoint', 'a:80', { findings: [failed('a', 'dns-failure', [])] })]),
    });
    assert.deepEqual(
      report.gaps.map(({ id }) => id),
      ['dns-failure:none'],
    );
  });

  it('names the name where others resolve', async () => {
    const report = await reportOf({
      checks: checksOf([
        task('endpoint', 'a:80', {
          findings: [failed('a', 'dns-failure', ['10.0.0.53:53'])],
          stages: [dnsStage],
        }),
        task('endpoint', 'b:80', { stages: [dnsStage, { name: 'connect', ms: 1 }] }),
      ]),
    });
    assert.deepEqual(
      report.gaps.map(({ id }) => id),
      ['dns-failure:a'],
    );
  });

  it('blocks by the gap of another check, and counts it there', async () => {
    const missing = finding('http-status', 'http://aia.example.org/i.crt');
    const report = await reportOf({
      checks: checksOf([
        task('aia', missing.target, { findings: [missing] }),
        task('crl', 'http://crl.example.org/a.crl', {
          blockedBy: ['http-status:http://aia.example.org/i.crt'],
        }),
        task('crl', 'http://crl.example.org/b.crl', {
          blockedBy: ['http-status:http://elsewhere/'],
        }),
      ]),
    });
    assert.equal(statusOf(report, 'crl:http://crl.example.org/a.crl'), 'blocked');
    assert.deepEqual(report.gaps[0]?.checks, [
      `aia:${missing.target}`,
      'crl:http://crl.example.org/a.crl',
    ]);
    // The gap that blocks it was not looked at in this run
    assert.equal(statusOf(report, 'crl:http://crl.example.org/b.crl'), 'unknown');
  });

  it('gives a gap the worse of two severities', async () => {
    const report = await reportOf({
      checks: checksOf([
        task('endpoint', 'a:80', {
          findings: [finding('connect-timeout', 'a:80', { severity: 'warning' })],
        }),
        task('smtp', 'a:80', { findings: [finding('connect-timeout', 'a:80')] }),
      ]),
    });
    assert.equal(report.gaps[0]?.severity, 'critical');
  });
});

describe('retired profiles', () => {
  // GlobalSign's and others' real certificates are not needed: an expired one made here would do as well
  it('turns what the CA has to mend into warnings, and nothing else', async () => {
    const { makeCa } = await import('../helpers/private-ca.ts');
    const expired = makeCa({
      name: 'Old CA',
      notBefore: new Date('2015-01-01Z'),
      notAfter: new Date('2020-01-01Z'),
    });
    const { der } = expired;
    const old = fakeProfile('old', {
      supersededBy: 'new',
      authorities: [{ id: 'r', name: 'Old CA', root: true, der }],
    });
    const stale = finding('crl-expired', 'http://ca.example.org/a.crl');
    const blocked = finding('block-page', 'http://ca.example.org/b.crl');
    const checks = checksOf([
      task('crl', stale.target, { findings: [stale] }),
      task('crl', blocked.target, { findings: [blocked] }),
    ]);
    const severities = ({ gaps }: Report) =>
      Object.fromEntries(gaps.map(({ code, severity }) => [code, severity]));

    const retired = await reportOf({ checks, profiles: [old] });
    assert.equal(retired.profiles[0]?.retired, true);
    assert.deepEqual(severities(retired), { 'crl-expired': 'warning', 'block-page': 'critical' });

    const inTime = await reportOf({ checks, profiles: [old], at: new Date('2019-01-01Z') });
    assert.equal(inTime.profiles[0]?.retired, false);
    assert.deepEqual(severities(inTime), { 'crl-expired': 'critical', 'block-page': 'critical' });

    const shared = await reportOf({ checks, profiles: [old, fakeProfile('new')] });
    assert.deepEqual(severities(shared), { 'crl-expired': 'critical', 'block-page': 'critical' });
    assert.deepEqual(shared.checks[0]?.profiles, ['old', 'new']);
  });
});

describe('verdicts', () => {
  const cases: readonly [readonly CheckStatus[], readonly Severity[], string][] = [
    [['ok'], [], 'ready'],
    [['ok', 'skipped'], [], 'ready'],
    [['ok', 'warning'], ['warning'], 'warning'],
    [['ok', 'unknown', 'warning'], ['warning'], 'unknown'],
    [['unknown', 'critical'], ['critical'], 'not-ready'],
    [['critical', 'blocked'], ['critical'], 'not-ready'],
    [['warning', 'blocked'], ['warning'], 'warning'],
    [['skipped'], [], 'unknown'],
    [[], [], 'unknown'],
    [['blocked'], [], 'unknown'],
  ];
  for (const [statuses, severities, verdict] of cases)
    it(`${statuses.join(', ') || 'nothing'} with ${severities.join(', ') || 'no gap'} is ${verdict}`, () => {
      assert.equal(
        verdictOf(
          statuses.map((status) => ({ status })),
          severities.map((severity) => ({ severity })),
        ),
        verdict,
      );
    });
});

describe('a run', () => {
  it('keeps the other results where one check has a bug', async () => {
    const buggy: Task = {
      kind: 'crl',
      target: 'x',
      observe: () => Promise.reject(new Error('a bug')),
    };
    const late: Task = {
      kind: 'crl',
      target: 'y',
      observe: () =>
        Promise.resolve({
          stages: [],
          judge: () => {
            throw new Error('another bug');
          },
        }),
    };
    const report = await reportOf({ checks: checksOf([buggy, late, task('trust-store', 's')]) });
    assert.equal(statusOf(report, 'crl:x'), 'unknown');
    assert.equal(statusOf(report, 'crl:y'), 'unknown');
    assert.equal(statusOf(report, 'trust-store:s'), 'ok');
    assert.equal(report.verdict, 'unknown');
  });

  it('ends at its deadline; what is not done is unknown', async () => {
    const endless: Task = { kind: 'crl', target: 'x', observe: () => new Promise(() => undefined) };
    const report = await reportOf({
      checks: checksOf([endless, task('trust-store', 's')]),
      timeoutMs: 50,
    });
    assert.equal(statusOf(report, 'crl:x'), 'unknown');
    assert.equal(statusOf(report, 'trust-store:s'), 'ok');
  });

  it('asks others while it looks for what to ask, and sees where looking fails', async () => {
    const order: string[] = [];
    const noting = (one: Task): Task => ({
      ...one,
      observe(signal) {
        order.push(one.target);
        return one.observe(signal);
      },
    });
    let found: (tasks: readonly Task[]) => void = () => undefined;
    const looked = new Promise<readonly Task[]>((resolve) => (found = resolve));
    const network = noting(task('endpoint', 'a:80'));
    const store = noting(task('trust-store', 's'));
    const report = await reportOf({
      checks: [
        {
          kind: 'endpoint',
          tasks: () => [
            {
              ...network,
              observe(signal) {
                found([store]);
                return network.observe(signal);
              },
            },
          ],
        },
        { kind: 'trust-store', discover: () => looked },
        { kind: 'mail-server', discover: () => Promise.reject(new Error('no such tool')) },
      ],
    });
    assert.deepEqual(order, ['a:80', 's']);
    assert.equal(statusOf(report, 'trust-store:s'), 'ok');
    assert.equal(statusOf(report, 'mail-server:none'), 'unknown');
    assert.equal(report.verdict, 'unknown');
  });

  it('asks once what several profiles need, and keeps different questions apart', async () => {
    const asked: string[] = [];
    const counting = (question: string): Task => ({
      ...task('crl', 'http://a/x'),
      question,
      observe: () => {
        asked.push(question);
        return Promise.resolve({ stages: [], judge: () => judgement() });
      },
    });
    const profiles = [fakeProfile('p1'), fakeProfile('p2')];
    const report = await reportOf({
      checks: checksOf([counting('1'), counting('2'), counting('3')]),
      profiles,
    });
    assert.deepEqual(asked, ['1', '2', '3']);
    assert.equal(new Set(report.checks.map(({ id }) => id)).size, 3);
    assert.deepEqual(report.checks[0]?.profiles, ['p1', 'p2']);
  });
});

describe('the clock', () => {
  const now = new Date('2025-06-03T12:00:00Z');
  const hour = 3_600_000;
  /** A CRL of this validity, and servers whose clocks are so far ahead of this host's. */
  const crl = (from: number, to: number, offsets: readonly number[]): Task => ({
    kind: 'crl',
    target: 'http://ca/x.crl',
    observe: () =>
      Promise.resolve({
        stages: [],
        serverTimes: offsets.map((offsetMs, index): ServerTime => ({
          host: `s${index}`,
          offsetMs,
        })),
        judge: (at) => {
          const time = at.getTime() - now.getTime();
          if (time < from)
            return judgement({ findings: [finding('crl-not-yet-valid', 'http://ca/x.crl')] });
          return judgement(
            time > to ? { findings: [finding('crl-expired', 'http://ca/x.crl')] } : {},
          );
        },
      }),
  });
  const run = (one: Task, more: { at?: Date; kinds?: ReadonlySet<'crl' | 'clock'> } = {}) =>
    reportOf({ checks: [...checksOf([one]), clockCheck], now, ...more });
  const codes = (report: Report) =>
    report.gaps.map(({ code, severity }) => `${code}:${severity}`).sort();

  const cases: readonly [string, Task, readonly string[], CheckStatus][] = [
    ['a right clock', crl(-hour, hour, [0, 1000, -2000]), [], 'ok'],
    ['four minutes off', crl(-hour, hour, [240_000]), [], 'ok'],
    [
      'half an hour off, validity unaffected',
      crl(-hour, hour, [1_800_000]),
      ['clock-skew:warning'],
      'ok',
    ],
    [
      'two hours behind, so that a good CRL is of the future',
      crl(hour, 9 * hour, [2 * hour]),
      ['clock-skew:critical'],
      'blocked',
    ],
    [
      'two hours ahead, so that a good CRL looks expired',
      crl(-9 * hour, -hour, [-2 * hour]),
      ['clock-skew:critical'],
      'blocked',
    ],
    [
      'a CRL that is expired by both clocks',
      crl(-9 * hour, -5 * hour, [2 * hour]),
      ['clock-skew:critical', 'crl-expired:critical'],
      'critical',
    ],
    ['one server of three is wrong', crl(-hour, hour, [0, 0, 9 * hour]), [], 'ok'],
    ['servers that do not agree', crl(-hour, hour, [-9 * hour, 9 * hour]), [], 'ok'],
    ['no server told the time', crl(-hour, hour, []), [], 'ok'],
  ];
  for (const [name, one, gaps, status] of cases)
    it(name, async () => {
      const report = await run(one);
      assert.deepEqual(codes(report), [...gaps]);
      assert.equal(statusOf(report, 'crl:http://ca/x.crl'), status);
    });

  it('blocks by the skew, which says so', async () => {
    const report = await run(crl(hour, 9 * hour, [2 * hour]));
    assert.deepEqual([...(report.gaps[0]?.checks ?? [])].sort(), [
      'clock:mx.example.org',
      'crl:http://ca/x.crl',
    ]);
    assert.equal(report.gaps[0]?.evidence['offsetSeconds'], 7200);
    assert.equal(report.evaluatedAt, now.toISOString());
  });

  it('does not touch the time that was asked for', async () => {
    const report = await run(crl(-hour, hour, [2 * hour]), {
      at: new Date(now.getTime() + 5 * hour),
    });
    assert.deepEqual(codes(report), ['clock-skew:critical', 'crl-expired:critical']);
  });
});
