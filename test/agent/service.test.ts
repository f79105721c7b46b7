/** `certready service …` where no service manager runs, and what is common to all of them. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it, suite } from 'node:test';
import { promisify } from 'node:util';
import { cronLine } from '../../agent/commands/cron-line.ts';
import { statusText } from '../../agent/commands/service-status-text.ts';
import { readSecret } from '../../agent/config/secret.ts';
import { credentialName } from '../../service/systemd/credential.ts';
import { runProgram } from '../helpers/program.ts';

const run = promisify(execFile);

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'certready-service-'));
});
after(() => rm(folder, { recursive: true, force: true }));

const isBooted = await access('/run/systemd/system').then(
  () => 'systemd runs here',
  () => false as const,
);

suite('without a service manager', { skip: isBooted }, () => {
  it('install says what else does the job', async () => {
    const config = join(folder, 'config.yaml');
    await writeFile(config, 'schedule: "30 */10 * * * *"\n');
    for (const more of [[], ['--dry-run']]) {
      const { status, code, stdout, stderr } = await runProgram(
        ['service', 'install', '--name', 'mx', '--config', config].concat(more),
      );
      assert.deepEqual([status, code], [3, 'no-service-manager']);
      // As a file of /etc/cron.d
      const line = `^\\*/10 \\* \\* \\* \\* root \\S+ .*--config ${config} [^\n]*\n$`;
      assert.match(stdout, new RegExp(line));
      assert.match(stderr, /\/etc\/cron\.d\/mx\n/);
    }
  });

  it('nor for a configuration that is not there', async () => {
    const missing = ['--config', join(folder, 'missing.yaml')];
    const { status, stdout, stderr } = await runProgram(['service', 'install', ...missing]);
    assert.deepEqual([status, stdout], [3, '']);
    assert.match(stderr, /^certready: [^\n]*missing\.yaml[^\n]*\n$/);
  });

  it('the other verbs say so in a line, and the status is not known', async () => {
    for (const verb of ['uninstall', 'start', 'stop']) {
      const { code, stderr } = await runProgram(['service', verb]);
      assert.equal(code, 'no-service-manager');
      assert.match(stderr, /^certready: [^\n]+\n$/);
    }
    const { status, stdout } = await runProgram(['service', 'status']);
    assert.deepEqual([status, stdout], [4, '']);
  });

  it('nor does another platform have one', async () => {
    const { code } = await runProgram(['service', 'status'], { platform: 'darwin' });
    assert.equal(code, undefined);
    const install = await runProgram(['service', 'install'], { platform: 'darwin' });
    assert.equal(install.code, 'no-service-manager');
  });
});

it('wrong command lines', async () => {
  for (const argv of [
    'service',
    'service instal',
    'service install --name a/b',
    'service install --name 1st',
    `service install --name ${'a'.repeat(65)}`,
    'service status --format yaml',
    'service start now',
  ])
    assert.equal((await runProgram(argv.split(' '))).code, 'usage', argv);
});

it("cron's line runs the program with its words as they were", async () => {
  const words = ['a b', "o'b", '100%', '$HOME', 'ä"\\'];
  const program = [
    process.execPath,
    '-e',
    'console.log(JSON.stringify(process.argv.slice(1)))',
    ...words,
  ];
  const line = cronLine({
    ...{ name: 'mx', schedule: '5 6 * * 1', program },
    configFile: '/etc/a%b.yaml',
  });
  const [, command = ''] = /^5 6 \* \* 1 root (.*)$/.exec(line) ?? [];
  // crontab(5): a percent sign ends the command unless a backslash precedes it
  assert.doesNotMatch(command, /(?<!\\)%/);
  const { stdout } = await run('sh', ['-c', command.replaceAll('\\%', '%')]);
  const end = ['--once', '--quiet', '--config', '/etc/a%b.yaml', '--output', '/var/log/mx.txt'];
  assert.deepEqual(JSON.parse(stdout), [...words, ...end]);
});

it('a secret is read from its file, or from the copy that systemd makes of it', async () => {
  const path = join(folder, 'hook.secret');
  const env = { CREDENTIALS_DIRECTORY: folder };
  await writeFile(join(folder, credentialName(path)), 'copied\n');
  assert.equal(await readSecret(`file:${path}`, env), 'copied');
  await assert.rejects(readSecret(`file:${path}`, {}), { code: 'file-missing' });
  await assert.rejects(readSecret(`file:${path}2`, env), { code: 'file-missing' });
  await writeFile(path, 'fresh\n');
  assert.equal(await readSecret(`file:${path}`, env), 'fresh');
});

it('the status in words: what is not known is not said', () => {
  const service = {
    state: 'stopped',
    atBoot: false,
    reason: 'watchdog',
    stateDir: '/var/lib/x',
  } as const;
  const bare = statusText({ name: 'x', service });
  assert.match(bare, /^x: stopped, does not start with the system\n/);
  assert.match(bare, /watchdog/);
  assert.doesNotMatch(bare, /verdict/);
  const told = statusText({
    name: 'x',
    service: {
      state: 'running',
      pid: 7,
      since: new Date('2026-11-27T20:30:17Z'),
      stateDir: '/var/lib/x',
    },
    version: '1.0.0',
    configuration: { path: '/etc/certready/config.yaml', accepted: false },
    lastRun: { endedAt: '2026-11-27T20:31:00.000Z', durationMs: 812, result: 'failed' },
    verdict: 'ready',
    nextRun: '2026-11-27T21:00:00.000Z',
    outbox: [{ receiver: 'webhook-1', pending: 2, parked: 1 }],
    problems: [{ code: 'run-failed', summary: 'out of \u001b[31mmemory' }],
  });
  for (const part of [
    'process 7',
    '20:31:00',
    'failed',
    'ready',
    '21:00:00',
    'webhook-1: 2',
    'run-failed',
  ])
    assert.ok(told.includes(part), part);
  assert.ok(!told.includes('\u001b'));
});
