/** Windows' Event Log, as Wine has it: it takes events, and shows them only in its own trace. */

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Wine, lackingWine, startWine } from '../../helpers/wine.ts';

const announcing = `
  import { createAgentLog } from './agent/log/index.ts';
  const stderr = { write: async () => undefined };
  const { env, platform } = process;
  const log = await createAgentLog({ level: 'info', format: 'json' }, { env, platform, stderr });
  log.announce('info', 'certready has started', { version: '0.1.0' });
  log.announce('error', 'gap opened: Gr\\u00fc\\u00dfe', { code: 'connect-timeout', target: 'crl.example.org:80' });
  log.log('warn', 'not for the system');
  await log.close();
  console.log(log.problem() ?? 'no problem');`;

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
