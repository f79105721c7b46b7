/** Windows' Event Log, as Wine has it: it takes events, and shows their texts only in its own trace. */

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Wine, lackingWine, startWine } from '../../helpers/wine.ts';

const gap = {
  id: 'connect-timeout:crl.example.org:80',
  code: 'connect-timeout',
  target: 'crl.example.org:80',
  severity: 'critical',
  owner: 'network',
  category: 'firewall',
  summary: 'no answer: Grüße',
};
const event = (type: string): object => ({
  type,
  at: '2026-11-23T21:00:00.000Z',
  since: '2026-11-23T20:00:00.000Z',
  gap,
});

/** Start, stop and gaps as the agent tells them: see agent/commands/agent.ts. */
const announcing = `
  import { createAgentLog } from './agent/log/index.ts';
  import { changeLine } from './agent/scheduled/change-lines.ts';
  const stderr = { write: async () => undefined };
  const { env, platform } = process;
  const log = await createAgentLog({ level: 'info', format: 'json' }, { env, platform, stderr });
  log.announce('info', 'certready 0.1.0 begins; configuration: C:\\\\c.yaml', { pid: 7 });
  for (const event of ${JSON.stringify([event('gap.opened'), event('gap.resolved')])}) {
    const { level, message, fields } = changeLine(event);
    log.announce(level, message, fields);
  }
  log.log('warn', 'not for the system');
  log.announce('info', 'certready ends');
  await log.close();
  console.log(log.problem() ?? 'no problem');`;

/** What Wine traces: the class of the message, by the event's type, and the event's text. */
const reported = (trace: string): (readonly [type: string, text: string])[] =>
  [...trace.matchAll(/:(\w+):eventlog:ReportEventW L"(.*)"/g)].map(([, type = '', text = '']) => [
    type,
    text.replace(/\\([0-9a-f]{4}|.)/g, (_, code: string) => {
      if (code.length === 4) return String.fromCharCode(parseInt(code, 16));
      return { r: '\r', n: '\n' }[code] ?? code;
    }),
  ]);

const textOf = (verb: string, type: string): string =>
  [
    `${verb}: ${gap.summary}`,
    ...[`event: ${type}`, `gap: ${gap.id}`, `code: ${gap.code}`, `target: ${gap.target}`],
    ...[`severity: ${gap.severity}`, `owner: ${gap.owner}`, 'since: 2026-11-23T20:00:00.000Z'],
  ].join('\r\n');

const key = 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\certready';

describe("Windows' Event Log", { skip: await lackingWine() }, () => {
  let wine: Wine;
  before(async () => {
    wine = await startWine('/etc/ssl/certs');
  });
  after(() => wine.stop());

  it('gets what is announced, from a source that the Event Viewer knows', async () => {
    const said = await wine.node(announcing, { debug: '-all,+eventlog' });
    assert.match(said, /no problem/);
    assert.deepEqual(reported(said), [
      ['trace', 'certready 0.1.0 begins; configuration: C:\\c.yaml\r\npid: 7'],
      ['err', textOf('gap opened', 'gap.opened')],
      ['trace', textOf('gap resolved', 'gap.resolved')],
      ['trace', 'certready ends'],
    ]);
    const source = await wine.windows('reg', 'query', key);
    assert.match(
      source,
      /EventMessageFile\s+REG_EXPAND_SZ\s+%SystemRoot%\\System32\\EventCreate\.exe/,
    );
    assert.match(source, /TypesSupported\s+REG_DWORD\s+0x7/);
  });

  it('may be missing', async () => {
    assert.match(await wine.node(announcing, { koffi: false }), /no problem/);
  });
});
