import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gaps as gapWords } from '../../checks/gaps.ts';
import { render } from '../../agent/report/render.ts';
import type { Report } from '../../agent/report/report.ts';
import { textWidth } from '../../agent/report/wrap.ts';
import * as samples from '../helpers/sample-report.ts';

const {
  hostileReport,
  notReadyReport,
  nothingJudgedReport,
  pathReport,
  readyReport,
  retiredReport,
  severalProfilesReport,
  unknownReport,
  windowsReport,
  everyGapReport,
} = samples;

const text = (report: Report, columns = 80, color = false): Promise<string> =>
  render(report, 'text', { columns, color });
const linesOf = async (report: Report, columns = 80): Promise<string[]> =>
  (await text(report, columns)).split('\n');

const everyReport: Record<string, Report> = {
  readyReport,
  notReadyReport,
  unknownReport,
  nothingJudgedReport,
  retiredReport,
  severalProfilesReport,
  pathReport,
  windowsReport,
  hostileReport,
  everyGapOnLinux: everyGapReport('linux'),
  everyGapOnWindows: everyGapReport('win32'),
};

const section = (lines: readonly string[], start: RegExp): readonly string[] => {
  const from = lines.findIndex((line) => start.test(line));
  assert.notEqual(from, -1, `no line matches ${String(start)}`);
  const length = lines.slice(from).indexOf('');
  return lines.slice(from, length === -1 ? undefined : from + length);
};

describe('text report: verdict', () => {
  const first: [Report, RegExp][] = [
    [readyReport, /^READY {2}mx1\.example\.org /],
    [notReadyReport, /^NOT READY {2}mx1\.example\.org /],
    [retiredReport, /^WARNING {2}mx1\.example\.org /],
    [unknownReport, /^UNKNOWN {2}/],
    [nothingJudgedReport, /^UNKNOWN {2}.*mx1\.example\.org$/],
    [severalProfilesReport, /^NOT READY {2}mx1\.example\.org .*1 of 2/],
  ];
  for (const [report, expected] of first)
    it(`stands first: ${String(expected)}`, async () =>
      assert.match((await linesOf(report))[0] ?? '', expected));

  it('names the change and its day', async () => {
    const head = section(await linesOf(readyReport), /^READY/)
      .join(' ')
      .replace(/\s+/g, ' ');
    assert.ok(head.includes('Exchange Online moves to GlobalSign Root CA - R1 (since 2018-09-03)'));
  });

  it('counts the days up to a change that comes', async () => {
    const report = { ...readyReport, evaluatedAt: '2018-09-01T12:00:00.000Z' };
    const head = section(await linesOf(report), /^READY/)
      .join(' ')
      .replace(/\s+/g, ' ');
    assert.ok(head.includes('(from 2018-09-03, in 2 days)'));
    assert.ok(head.includes('2018-09-01 12:00:00 UTC'), 'says that it judges as of another time');
  });

  it('lists several profiles, each with its verdict', async () => {
    const lines = await linesOf(severalProfilesReport);
    assert.match(lines[1] ?? '', /^ {2}NOT READY {2}.*GlobalSign/);
    assert.match(lines[2] ?? '', /^ {2}READY {6}.*DigiCert/);
  });

  it('says which profile to look at instead of a retired one, as a command', async () => {
    const lines = await linesOf(retiredReport);
    assert.ok(lines.includes('    certready --once --profile exchange-online-digicert-g2'));
  });

  it('does not send to a successor that is judged in the same report', async () => {
    const lines = await linesOf(severalProfilesReport);
    assert.ok(!lines.some((line) => line.includes('--profile exchange-online-digicert-g2')));
  });

  it('offers no command for a successor whose id is no plain word', async () => {
    const [profile] = retiredReport.profiles;
    assert.ok(profile);
    const report = {
      ...retiredReport,
      profiles: [{ ...profile, supersededBy: 'x; rm -rf ~' }],
    };
    assert.ok(!(await text(report)).includes('--profile x'));
  });
});

describe('text report: gaps', () => {
  it('stand in order of severity, each with its owner and what it fails and blocks', async () => {
    const lines = await linesOf({ ...notReadyReport, gaps: [...notReadyReport.gaps].reverse() });
    const starts = lines.filter((line) => /^(CRITICAL|WARNING) {2}/.test(line));
    assert.deepEqual(
      starts.map((line) => line.split('  ')[0]),
      ['CRITICAL', 'CRITICAL', 'WARNING', 'WARNING'],
    );
    const owners = lines.flatMap((line) => /^ {2}Owner {3}(.*)$/.exec(line)?.[1] ?? []);
    assert.deepEqual(owners, [
      'this server',
      'the network team',
      "the mail host's operator",
      'the CA',
    ]);
  });

  for (const gap of notReadyReport.gaps)
    it(`tells all of ${gap.id}`, async () => {
      const lines = await linesOf(notReadyReport);
      const at = lines.indexOf(`  Gap     ${gap.id}`);
      assert.notEqual(at, -1);
      const title = lines[at - 1] ?? '';
      assert.equal(title, `${gap.severity.toUpperCase()}  ${gapWords[gap.code].title}`);
      const own = lines.slice(at, at + lines.slice(at).indexOf(''));
      const flat = own.join(' ').replace(/\s+/g, ' ');
      assert.ok(flat.includes(gap.summary));
      assert.ok(flat.includes(gap.remedy));
      for (const command of gap.commands) assert.ok(own.includes(`    ${command}`), command);
      for (const id of gap.checks) {
        const { kind, target } = notReadyReport.checks.find((check) => check.id === id) ?? {};
        assert.ok(kind !== undefined && target !== undefined);
        assert.ok(flat.includes(`${kind} ${target}`));
      }
    });

  it('tell what they fail from what they block', async () => {
    const lines = section(await linesOf(notReadyReport), /Gap {5}connect-timeout/);
    assert.ok(lines.includes('  Fails   endpoint crl.globalsign.com:80'));
    assert.ok(
      lines.includes('  Blocks  crl http://crl.globalsign.com/gsorganizationvalsha2g3.crl'),
    );
  });

  it('tell a consequence that they share once', async () => {
    const { silentFirewall } = samples;
    const other = { ...silentFirewall, id: 'connect-timeout:ocsp.globalsign.com:80' };
    const report = { ...notReadyReport, gaps: [silentFirewall, other] };
    const flat = (await text(report)).replace(/\s+/g, ' ');
    const { consequence } = gapWords['connect-timeout'];
    assert.equal(flat.split(consequence.slice(0, 40)).length - 1, 1);
  });
});

describe('text report: checks without a gap', () => {
  it('gives those that passed a line each, with the time', async () => {
    const lines = section(await linesOf(readyReport), /^Passed \(6\)$/);
    assert.equal(lines.length, 7);
    assert.ok(lines.includes('    12 ms  endpoint crl.globalsign.com:80'));
    assert.ok(
      lines.includes(
        '    1.2 s  aia http://secure.globalsign.com/cacert/gsorganizationvalsha2g3.crt',
      ),
    );
  });

  it('gives the reason of those that were not judged or skipped', async () => {
    const undecided = section(await linesOf(unknownReport), /^Could not be judged \(1\)$/);
    assert.match(undecided.join(' '), /crl http:.*the deadline of the run passed/);
    const skipped = section(await linesOf(readyReport), /^Skipped \(1\)$/);
    assert.match(skipped.join(' '), /root-update mx1\.example\.org.*only Windows/);
  });

  it('drops no check that no gap accounts for', async () => {
    const lines = await linesOf({ ...notReadyReport, gaps: [] });
    const undecided = section(lines, /^Could not be judged \(5\)$/).join('\n');
    assert.ok(undecided.includes('crl http://crl.globalsign.com'));
  });

  it('counts every check once', async () => {
    const flat = (await text(notReadyReport)).replace(/\s+/g, ' ');
    const counts = '1 passed, 2 failed, 2 with a warning, 1 blocked, 1 skipped; 1.3 s; as of';
    assert.ok(flat.includes(`${counts} 2026-11-23 21:00:00 UTC`));
  });
});

describe('text report: layout', () => {
  for (const [name, report] of Object.entries(everyReport))
    for (const columns of [40, 80, 120])
      it(`${name} fits ${columns} columns but for URLs, ids and commands`, async () => {
        const commands = new Set(
          report.gaps.flatMap((gap) => gap.commands).map((command) => `    ${command}`),
        );
        const isWhole = (line: string): boolean =>
          line.includes('://') ||
          commands.has(line) ||
          /^ {2}Gap {5}|^ {4,5}(curl|curl\.exe|dig|Test-NetConnection|Resolve-DnsName|certready|printf) /.test(
            line,
          );
        for (const line of await linesOf(report, columns))
          assert.ok(textWidth(line) <= columns || isWhole(line), line);
      });

  for (const [name, report] of Object.entries(everyReport))
    it(`${name} holds no control characters`, async () => {
      const output = await text(report);
      assert.doesNotMatch(output.replaceAll('\n', ''), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
      assert.ok(output.endsWith('\n') && !output.endsWith('\n\n'));
    });

  it('lets hostile text begin no line', async () => {
    const lines = await linesOf(hostileReport, 40);
    assert.ok(lines.some((line) => line.includes('rm -rf')));
    assert.ok(!lines.some((line) => /^(?:READY|all is|well|'?;? ?rm\b)/.test(line)));
  });

  it('says the same with colour as without', async () => {
    for (const report of Object.values(everyReport)) {
      const coloured = await text(report, 80, true);
      assert.match(coloured, /\u001b\[/);
      assert.equal(coloured.replace(/\u001b\[[\d;]*m/g, ''), await text(report));
    }
  });
});
