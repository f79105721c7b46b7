import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { gapCodesByCategory } from '../../checks/types.ts';
import { render } from '../../agent/report/render.ts';
import type { Gap, Report } from '../../agent/report/report.ts';
import { networkTicket } from '../../agent/report/ticket.ts';
import { pathWords } from '../../agent/report/ticket-words.ts';
import {
  hostileReport,
  notReadyReport,
  pathReport,
  readyReport,
  retiredReport,
  silentFirewall,
  windowsReport,
} from '../helpers/sample-report.ts';

const ticket = (report: Report): string => networkTicket(report, 72).join('\n');
/** The entry of one destination. */
const entry = (report: Report, heading: string): string[] => {
  const lines = [...networkTicket(report, 72)];
  const from = lines.findIndex((line) => /^\d+\. /.test(line) && line.includes(heading));
  assert.notEqual(from, -1, heading);
  const length = lines.slice(from).indexOf('');
  return lines.slice(from, length === -1 ? undefined : from + length);
};

const withGaps = (...gaps: Gap[]): Report => ({ ...notReadyReport, gaps });

describe('ticket for the network team', () => {
  it('is there only for gaps on the path', () => {
    assert.deepEqual(networkTicket(readyReport, 72), []);
    assert.deepEqual(networkTicket(retiredReport, 72), []);
  });

  it('ends the text report and the HTML report', async () => {
    const text = await render(pathReport, 'text', { columns: 80, color: false });
    assert.ok(text.includes(ticket(pathReport)));
    assert.match(text, /\n-{72}\n$/);
    const html = await render(pathReport, 'html', { columns: 80, color: false });
    assert.match(
      html,
      /<pre class="ticket"[^]*dig \+tries=1[^]*<\/pre>\n<\/section>\n<\/main>\n<footer>/,
    );
  });

  it('names source, time, destination, every address with its outcome, port and protocol', () => {
    const text = ticket(notReadyReport);
    assert.match(text, /^Source: +mx1\.example\.org \(192\.0\.2\.25\)$/m);
    assert.match(text, /^When: +2026-11-23 21:00:00 UTC$/m);
    assert.match(text, /^1\. crl\.globalsign\.com, TCP port 80 \(HTTP\)$/m);
    assert.match(text, /203\.0\.113\.7 \(connect-timeout, 5001 ms\)/);
    assert.match(text, /2001:db8::7 \(connect-unreachable, ENETUNREACH, 1 ms\)/);
  });

  it('names what was sent, what came back and what it is needed for', () => {
    const lines = entry(notReadyReport, 'crl.globalsign.com');
    assert.ok(lines.some((line) => /^ {3}Sent: .*TCP connection attempt/.test(line)));
    assert.ok(lines.join(' ').includes('(connect-timeout)'));
    assert.ok(
      lines.includes('   Needed for: GET http://crl.globalsign.com/gsorganizationvalsha2g3.crl'),
    );
  });

  it('has words for every code on the path', () => {
    const codes = (['dns', 'firewall', 'proxy'] as const).flatMap((c) => gapCodesByCategory[c]);
    for (const code of codes) {
      assert.ok(pathWords(code).sent !== '' && pathWords(code).cameBack !== '', code);
      const report = withGaps({ ...silentFirewall, code, id: `${code}:x` });
      assert.ok(ticket(report).includes(`(${code})`), code);
    }
  });

  it('groups by destination', () => {
    const headings = ticket(pathReport).match(/^\d+\. .*/gm);
    assert.deepEqual(headings, [
      '1. crl.globalsign.com, TCP port 80 (HTTP)',
      '2. DNS resolver 192.0.2.53, UDP and TCP port 53 (DNS)',
      '3. ocsp.globalsign.com, TCP port 80 (HTTP)',
      '4. contoso-com.mail.protection.outlook.com, TCP port 25 (SMTP)',
      '5. proxy.example.org, TCP port 3128 (HTTP proxy)',
    ]);
    const crl = entry(pathReport, 'crl.globalsign.com').join(' ');
    assert.ok(crl.includes('(connect-timeout)') && crl.includes('(block-page)'));
  });

  it('names the names that DNS was asked for, and a proxy on the way', () => {
    const names = entry(pathReport, 'DNS resolver').join(' ');
    assert.match(names, /Names: +ocsp\.globalsign\.com +secure\.globalsign\.com/);
    assert.ok(!names.includes('Addresses'), 'a resolver has none of the addresses of the host');
    assert.match(entry(pathReport, 'ocsp.').join(' '), /Proxy: +proxy\.example\.org:3128/);
  });

  it('speaks SMTP where an smtp check looks on, whatever the port', () => {
    const target = 'mail.example.net:2525';
    const smtp = notReadyReport.checks.find(({ kind }) => kind === 'smtp');
    assert.ok(smtp);
    const report: Report = {
      ...notReadyReport,
      checks: [{ ...smtp, id: `smtp:${target}`, target }],
      gaps: [
        {
          ...silentFirewall,
          code: 'connection-reset',
          id: `connection-reset:${target}`,
          target,
          checks: [`smtp:${target}`],
          evidence: {},
        },
      ],
    };
    const text = ticket(report);
    assert.match(text, /TCP port 2525 \(SMTP\)/);
    assert.match(text, /--url 'smtp:\/\/mail\.example\.net:2525\/'/);
  });
});

describe('how to repeat it', () => {
  it('is curl, once per address, on Linux', () => {
    const lines = entry(notReadyReport, 'crl.globalsign.com');
    const commands = lines.filter((line) => line.startsWith('     curl '));
    assert.equal(commands.length, 2);
    assert.ok(commands[0]?.includes("--resolve 'crl.globalsign.com:80:203.0.113.7'"));
    assert.ok(commands[1]?.includes("--resolve 'crl.globalsign.com:80:[2001:db8::7]'"));
  });

  it('is Test-NetConnection on Windows', () => {
    const lines = entry(windowsReport, 'crl.globalsign.com');
    for (const place of ['crl.globalsign.com', '203.0.113.7', '2001:db8::7'])
      assert.ok(
        lines.includes(
          `     Test-NetConnection -ComputerName '${place}' -Port 80 -InformationLevel Detailed`,
        ),
      );
  });

  it('leaves the addresses to the resolver where the connection stood', () => {
    const blockPage = pathReport.gaps.filter(({ code }) => code === 'block-page');
    const lines = entry(withGaps(...blockPage), 'crl.globalsign.com');
    const commands = lines.filter((line) => line.startsWith('     curl '));
    assert.equal(commands.length, 1);
    assert.ok(!commands[0]?.includes('--resolve'));
  });

  it('tries IPv6 addresses alone where IPv6 is what fails', () => {
    const gap: Gap = { ...silentFirewall, code: 'ipv6-unreachable' };
    for (const platform of ['linux', 'win32'] as const) {
      const report = { ...withGaps(gap), host: { ...notReadyReport.host, platform } };
      const commands = entry(report, 'crl.globalsign.com').filter((line) => /^ {5}\S/.test(line));
      assert.ok(commands.length > 0);
      assert.ok(!commands.some((line) => line.includes('203.0.113.7')));
    }
  });

  it('goes through the proxy where one is in the way', () => {
    const lines = entry(pathReport, 'ocsp.globalsign.com');
    assert.ok(lines.some((line) => line.includes("-x 'http://proxy.example.org:3128'")));
    assert.ok(!lines.some((line) => line.includes('--resolve')));
  });

  it('gives a shell nothing but arguments', async () => {
    const commands = networkTicket(hostileReport, 72).filter((line) => / {5}curl /.test(line));
    assert.ok(commands.length > 0);
    for (const command of commands) {
      // A function in place of curl: what the shell makes of the line, without doing it
      const script = `curl() { printf '%s\\n' "$#"; }\n${command}`;
      const { stdout, stderr } = await promisify(execFile)('sh', ['-c', script]);
      assert.match(stdout, /^\d+\n$/);
      assert.equal(stderr, '');
    }
  });
});

describe('several names with one fault', () => {
  const names = ['crl', 'ocsp', 'secure'].map((label) => `${label}.example.org`);
  const dropped = names.map((name): Gap => {
    const target = `${name}:80`;
    return {
      ...silentFirewall,
      id: `connect-timeout:${target}`,
      target,
      checks: [`endpoint:${target}`],
      remedy: `Allow outbound TCP port 80 from this host to ${name}. Look in the firewall's log.`,
      evidence: { localAddress: '192.0.2.25', localAddresses: ['192.0.2.25', '2001:db8::25'] },
    };
  });
  const unknown = names.map((name): Gap => ({
    ...silentFirewall,
    id: `dns-not-found:${name}`,
    code: 'dns-not-found',
    category: 'dns',
    target: name,
    checks: [`endpoint:${name}:80`],
    remedy: `Look up ${name} at a resolver outside this network.`,
    evidence: { resolvers: ['192.0.2.53:53'], error: 'NXDOMAIN', stage: 'dns', ms: 3 },
  }));

  it('are one entry, and what to do is said once', () => {
    const lines = networkTicket(withGaps(...dropped), 200);
    assert.equal(lines.filter((line) => /^\d+\. /.test(line)).length, 1);
    assert.equal(lines.filter((line) => line.includes('Please:')).length, 1);
    const please = lines.find((line) => line.includes('Please:')) ?? '';
    for (const name of names) assert.ok(please.includes(name), name);
    assert.equal(please.split('Look in').length, 2);
  });

  it('are named by what they suffer in the subject', () => {
    const subject = (...gaps: Gap[]): string => networkTicket(withGaps(...gaps), 200)[0] ?? '';
    assert.match(subject(...dropped), /cannot reach crl\.\S+, ocsp\.\S+ and secure\./);
    assert.match(
      subject(...unknown),
      /cannot resolve crl\.\S+, ocsp\.\S+ and secure\.\S+: not found/,
    );
    assert.ok(!subject(...unknown).includes('192.0.2.53'));
    assert.match(subject(...dropped, ...unknown), /2 network faults/);
  });

  it('name every address that this host speaks from', () => {
    const source = networkTicket(withGaps(...dropped), 200).find((line) =>
      line.startsWith('Source'),
    );
    assert.match(source ?? '', /\(192\.0\.2\.25, 2001:db8::25\)/);
  });
});

describe('what a destination is needed for', () => {
  it('is what is asked for there, not what it blocks elsewhere', () => {
    const blocked = notReadyReport.checks.find(({ kind }) => kind === 'ocsp');
    assert.ok(blocked);
    const gap = { ...silentFirewall, checks: [...silentFirewall.checks, blocked.id] };
    const host = silentFirewall.target.replace(/:\d+$/, '');
    const lines = networkTicket(withGaps(gap), 200).filter((line) => /(GET|POST) http/.test(line));
    assert.ok(lines.length > 0);
    for (const line of lines) assert.ok(line.includes(`//${host}/`), line);
  });
});
