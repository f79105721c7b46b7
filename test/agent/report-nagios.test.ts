import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { render } from '../../agent/report/render.ts';
import type { Report } from '../../agent/report/report.ts';
import {
  hostileReport,
  notReadyReport,
  nothingJudgedReport,
  readyReport,
  retiredReport,
  severalProfilesReport,
  unknownReport,
} from '../helpers/sample-report.ts';

const linesOf = async (report: Report): Promise<string[]> =>
  (await render(report, 'nagios', { columns: 80, color: true })).trimEnd().split('\n');

/** Performance data as the guidelines write it: 'label'=value[UOM];[warn];[crit];[min];[max]. */
const performanceData = (line: string): Map<string, string> => {
  const data = line.slice(line.indexOf('|') + 1).trim();
  const item = /'((?:[^'=]|'')+)'=(-?[\d.]+(?:s|%|B|c)?(?:;[\d.:~@]*){0,4})(?: |$)/y;
  const found = new Map<string, string>();
  while (item.lastIndex < data.length) {
    const match = item.exec(data);
    assert.ok(match, `not performance data: ${data}`);
    assert.ok(!found.has(match[1] ?? ''), 'a label twice');
    found.set(match[1] ?? '', match[2] ?? '');
  }
  return found;
};

describe('Nagios plugin output', () => {
  const states: [Report, string][] = [
    [readyReport, 'OK'],
    [retiredReport, 'WARNING'],
    [notReadyReport, 'CRITICAL'],
    [severalProfilesReport, 'CRITICAL'],
    [unknownReport, 'UNKNOWN'],
    [nothingJudgedReport, 'UNKNOWN'],
    [hostileReport, 'CRITICAL'],
  ];
  for (const [report, state] of states)
    it(`${report.verdict} is ${state}, with one pipe and performance data`, async () => {
      const [first = '', ...more] = await linesOf(report);
      assert.ok(first.startsWith(`CERTREADY ${state} - ${report.host.name}: `), first);
      assert.equal(first.split('|').length, 2);
      assert.ok(performanceData(first).has('duration'));
      assert.ok(more.every((line) => !line.includes('|')));
    });

  it('counts gaps, seconds and days', async () => {
    const [first = ''] = await linesOf(notReadyReport);
    const data = performanceData(first);
    assert.equal(data.get('critical gaps'), '2;;0;0');
    assert.equal(data.get('warnings'), '2;0;;0');
    assert.equal(data.get('duration'), '1.312s;;;0');
    assert.equal(data.get('days to nextUpdate of ocsp:http://ocsp.globalsign.com/rootr1'), '4.00');
    const mailHost = 'smtp:contoso-com.mail.protection.outlook.com:25';
    assert.equal(data.get(`days to notAfter of ${mailHost}`), '50.12');
  });

  it('gives a line per gap, critical ones first, and one per check that was not judged', async () => {
    const [, ...gaps] = await linesOf(notReadyReport);
    assert.deepEqual(
      gaps.map((line) => line.split(' ').slice(0, 2).join(' ')),
      [
        'CRITICAL connect-timeout',
        'CRITICAL root-missing',
        'WARNING ocsp-expired',
        'WARNING old-certificate',
      ],
    );
    const [, ...undecided] = await linesOf(unknownReport);
    assert.equal(undecided.length, 1);
    assert.match(undecided[0] ?? '', /^UNKNOWN crl:http:/);
  });

  it('says in the first line which gaps, and which profile counts today', async () => {
    const [first = ''] = await linesOf(retiredReport);
    assert.match(first, /ocsp-expired:http:\/\/ocsp\.globalsign\.com\/rootr1/);
    assert.match(first, /see exchange-online-digicert-g2/);
  });

  it('neutralises what would end a line, begin performance data or be HTML', async () => {
    const lines = await linesOf(hostileReport);
    assert.equal(lines.length, 1 + hostileReport.gaps.length + 1);
    for (const line of lines) {
      assert.doesNotMatch(line, /[\p{Cc}\p{Cf}<>]/u);
      assert.ok(line.length < 2000);
    }
  });
});
