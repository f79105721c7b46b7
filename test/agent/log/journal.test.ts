/** The log in systemd's journal: a real journald, in a mount namespace of its own. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { lacking } from '../../helpers/programs.ts';

const run = promisify(execFile);
const repository = new URL('../../..', import.meta.url).pathname;
const journald = '/usr/lib/systemd/systemd-journald';

const logging = `
  import { createAgentLog } from './agent/log/index.ts';
  const write = (text) => new Promise((resolve) => process.stderr.write(text, () => resolve()));
  const { env, platform } = process;
  const log = await createAgentLog({ level: 'info', format: process.argv[1] }, { env, platform, stderr: { write } });
  log.log('error', 'gap opened\\nforged', { code: 'connect-timeout' });
  log.log('warn', 'the log is watched');
  log.log('info', 'run ended');
  await log.close();`;

/** What systemd does for a service, and systemd-cat of that version does not: it says where the stream leads. */
const inJournal = `
  set -e
  mount -t tmpfs tmpfs /run
  printf '%032x\\n' 1 >/run/machine-id
  mount --bind /run/machine-id /etc/machine-id
  mkdir -p /run/systemd/journal /run/log/journal
  "$1" >/dev/null 2>&1 &
  trap "kill $!" EXIT
  until [ -S /run/systemd/journal/stdout ]; do sleep 0.05; done
  systemd-cat -t certready --level-prefix=true sh -c '
    JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) exec "$0" --import tsx --input-type=module -e "$1" "$2"' "$2" "$3" "$4"
  until journalctl -D /run/log/journal -t certready -o json | grep -q 'run ended'; do sleep 0.05; done
  journalctl -D /run/log/journal -t certready -o json`;

const lackingJournal = async (): Promise<string | false> => {
  if (process.getuid?.() !== 0) return 'needs root, for a mount namespace';
  const daemon = await access(journald).then(
    () => false as const,
    () => 'needs systemd-journald',
  );
  return daemon || lacking('systemd-cat', 'journalctl', 'unshare');
};

const skip = await lackingJournal();

describe('the journal', { skip }, () => {
  for (const [format, expected] of [
    [
      'text',
      [
        ['3', 'gap opened forged code=connect-timeout'],
        ['4', 'the log is watched'],
        ['6', 'run ended'],
      ],
    ],
    [
      'json',
      [
        ['3', '{"level":"error","message":"gap opened forged","code":"connect-timeout"}'],
        ['4', '{"level":"warn","message":"the log is watched"}'],
        ['6', '{"level":"info","message":"run ended"}'],
      ],
    ],
  ] as const)
    it(`has each line once, with its priority and no second time (${format})`, async () => {
      const args = ['-m', '--propagation', 'private', 'sh', '-c', inJournal, 'sh'];
      const { stdout } = await run(
        'unshare',
        [...args, journald, process.execPath, logging, format],
        {
          cwd: repository,
        },
      );
      const entries = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { PRIORITY: string; MESSAGE: string });
      assert.deepEqual(
        entries.map(({ PRIORITY, MESSAGE }) => [PRIORITY, MESSAGE]),
        expected,
      );
    });
});

const noShell = process.platform === 'win32' && 'needs a POSIX shell';
it('of somebody else is not taken for its own', { skip: noShell }, async () => {
  const script = 'JOURNAL_STREAM=1:2 exec "$0" --import tsx --input-type=module -e "$1" text';
  const { stderr } = await run('sh', ['-c', script, process.execPath, logging], {
    cwd: repository,
  });
  assert.match(stderr, /^\S+Z ERROR gap opened forged code=connect-timeout\n/);
});
