import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { render } from '../../agent/report/render.ts';
import type { Report } from '../../agent/report/report.ts';
import { hostileReport, notReadyReport, severalProfilesReport } from '../helpers/sample-report.ts';

const json = (report: Report): Promise<string> =>
  render(report, 'json', { columns: 80, color: true });

const reversed = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).reverse()) as T;

describe('JSON report', () => {
  for (const report of [notReadyReport, severalProfilesReport, hostileReport])
    it(`of ${report.host.name} parses to the report`, async () =>
      assert.deepEqual(JSON.parse(await json(report)), JSON.parse(JSON.stringify(report))));

  it('has the keys in one order, however the object was built', async () => {
    const shuffled = reversed({
      ...severalProfilesReport,
      profiles: severalProfilesReport.profiles.map(reversed),
      checks: severalProfilesReport.checks.map(reversed),
      gaps: severalProfilesReport.gaps.map(reversed),
    });
    assert.equal(await json(shuffled), await json(severalProfilesReport));
    const parsed = JSON.parse(await json(shuffled)) as Report;
    assert.deepEqual(Object.keys(parsed).slice(0, 3), ['schemaVersion', 'verdict', 'evaluatedAt']);
    assert.deepEqual(Object.keys(parsed.gaps[0] ?? {}), [
      'id',
      'code',
      'category',
      'owner',
      'severity',
      'target',
      'checks',
      'summary',
      'remedy',
      'commands',
      'evidence',
    ]);
  });

  it('is indented by two, and ends with a newline', async () => {
    const text = await json(notReadyReport);
    assert.ok(text.startsWith('{\n  "schemaVersion": 1,\n'));
    assert.ok(text.endsWith('\n}\n'));
  });

  it('steers no terminal', async () => {
    const text = (await json(hostileReport)).replaceAll('\n', '');
    assert.doesNotMatch(text, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
  });
});
