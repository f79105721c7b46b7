/** The command line: what is refused and how, what is printed where. */

import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it, suite } from 'node:test';
import { gapCodesByCategory } from '../../checks/types.ts';
import { runProgram } from '../helpers/program.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'certready-cli-'));
});
after(() => rm(folder, { recursive: true, force: true }));

/** A wrong command line, and a word that its one line must name. */
const wrong: readonly (readonly [argv: string, named: string])[] = [
  ['--onse', '--once'],
  ['--once --formt json', '--format'],
  ['--once --format yaml', 'prometheus'],
  ['--once --format', '--format'],
  ['--once -o', '--output'],
  ['--once --check crls', 'crl'],
  ['--once --skip nothing', 'trust-store'],
  ['--once --check crl --skip crl', '--skip'],
  ['--once --at yesterday', '--at'],
  ['--once --at 2018-02-30', '--at'],
  ['--once --at 2018-09-03T25:00:00Z', '--at'],
  ['--once --at 1535932800', '--at'],
  ['--once --timeout 0', '--timeout'],
  ['--once --timeout -1', '--timeout'],
  ['--once --timeout 15s', '--timeout'],
  ['--once --connect-timeout 1e3', '--connect-timeout'],
  ['--once --connect-timeout 99999', '--connect-timeout'],
  ['--once --smtp mx.example.org:0', '--smtp'],
  ['--once --smtp mx.example.org:smtp', '--smtp'],
  ['--once --smtp 2001:db8::1', '--smtp'],
  ['--once --smtp [192.0.2.1]:25', '--smtp'],
  ['--once --smtp -x', '--smtp'],
  ['--once --resolve crl.example.org:80', '--resolve'],
  ['--once --resolve crl.example.org:80:nowhere', '--resolve'],
  ['--once --connect-to crl.example.org:80', '--connect-to'],
  ['--once --proxy ftp://proxy.example.org', 'proxy'],
  ['--once --proxy http://proxy.example.org/path', 'proxy'],
  ['--once --trust-store /nowhere/at/all', '/nowhere/at/all'],
  ['--once --output /nowhere/at/all/report.json', '/nowhere/at/all/report.json'],
  ['--once --output /tmp', '/tmp'],
  ['--once --profile /nowhere/at/all.yaml', '/nowhere/at/all.yaml'],
  ['--once --profile exchange-online-globalsign-r2', 'exchange-online-globalsign-r1'],
  ['--once --config /nowhere/at/all.yaml', '/nowhere/at/all.yaml'],
  ['--once --config /tmp', '/tmp'],
  ['--once --log-level loud', 'debug'],
  ['--once -c', '--config'],
  ['--once list', 'profile'],
  ['--once profile list', '--once'],
  ['profil list', 'profile'],
  ['profile', 'derive'],
  ['profile lsit', 'list'],
  ['profile show', 'ID'],
  ['profile show nothing-of-the-kind', 'exchange-online-globalsign-r1'],
  ['profile show exchange-online-baltimore --json --pem', '--json'],
  ['profile show exchange-online-baltimore --allow-list --pem', '--allow-list'],
  ['profile show exchange-online-baltimore --format csv', '--allow-list'],
  ['profile show exchange-online-baltimore --allow-list --format xml', 'csv'],
  ['profile show exchange-online-baltimore --json -o /nowhere/at/all', '/nowhere/at/all'],
  ['profile list more', 'list'],
  ['profile check', 'FILE'],
  ['profile check /nowhere/at/all.yaml', '/nowhere/at/all.yaml'],
  ['profile derive', 'PEM'],
  ['profile derive /nowhere/at/all.pem', '/nowhere/at/all.pem'],
  ['config', 'show'],
  ['config show --config /nowhere/at/all.yaml', '/nowhere/at/all.yaml'],
  ['config check -c', '--config'],
  ['completion', 'SHELL'],
  ['completion tcsh', 'fish'],
  ['licenses more', 'licenses'],
  ['explain nothing', 'nothing'],
  ['explain connect-timeot', 'connect-timeout'],
  ['explain connect-timeout connect-refused', 'explain'],
  ['explain --json', '--json'],
];

suite('a wrong command line', () => {
  for (const [argv, named] of wrong)
    it(`certready ${argv}`, async () => {
      const { status, stdout, stderr, code } = await runProgram(argv === '' ? [] : argv.split(' '));
      assert.equal(status, 3);
      assert.notEqual(code, 'fault');
      assert.equal(stdout, '');
      assert.match(stderr, /^certready: [^\n]+\n$/);
      assert.ok(stderr.includes(named), stderr);
    });

  it('shows no password of a wrong proxy', async () => {
    const { status, stderr } = await runProgram([
      '--once',
      '--proxy',
      'http://user:hunter2@proxy.example.org/path',
    ]);
    assert.equal(status, 3);
    assert.ok(!stderr.includes('hunter2'));
  });

  it('sends no escape of a hostile argument to the terminal', async () => {
    const { status, stderr } = await runProgram([
      '--once',
      '--profile',
      '\u001b]0;x\u0007\r\nready',
    ]);
    assert.equal(status, 3);
    assert.doesNotMatch(stderr.slice(0, -1), /[\u0000-\u001f]/);
  });
});

suite('help', () => {
  const commands = [
    [],
    ['explain'],
    ['profile'],
    ['profile', 'list'],
    ['profile', 'show'],
    ['profile', 'check'],
    ['profile', 'derive'],
    ['config'],
    ['config', 'show'],
    ['config', 'check'],
    ['completion'],
    ['licenses'],
  ];
  for (const command of commands)
    it(`certready ${[...command, '--help'].join(' ')} ends with an example`, async () => {
      const { status, stdout, stderr } = await runProgram([...command, '--help']);
      assert.equal(status, 0);
      assert.equal(stderr, '');
      assert.match(stdout, /\nExample:\n(?: {2}\$ certready [^\n]+\n)+$/);
      if (command.length > 0) assert.ok(stdout.includes(`$ certready ${command.join(' ')}`));
    });

  it('is there as a command as well', async () => {
    const { status, stdout } = await runProgram(['help', 'explain']);
    assert.equal(status, 0);
    assert.equal(stdout, (await runProgram(['explain', '--help'])).stdout);
  });

  it('names every option of the contract', async () => {
    const { stdout } = await runProgram(['--help']);
    const options =
      '--once -c, --config -p, --profile -f, --format -o, --output --check --skip --trust-store --smtp --at --resolve --connect-to --proxy --connect-timeout --timeout -q, -v, --no-color --log-level --version --help';
    for (const option of options.split(' ')) assert.ok(stdout.includes(option), option);
  });
});

suite('explain', () => {
  for (const code of Object.values(gapCodesByCategory).flat())
    it(code, async () => {
      const { status, stdout } = await runProgram(['explain', code]);
      assert.equal(status, 0);
      assert.ok(stdout.startsWith(`${code}: `));
    });

  it('without a code lists them all, one first in a row', async () => {
    const { stdout } = await runProgram(['explain']);
    const listed = stdout.split('\n').map((row) => row.trim().split(' ')[0]);
    for (const code of Object.values(gapCodesByCategory).flat()) assert.ok(listed.includes(code));
  });
});

suite('the report file', () => {
  const options = ['--once', '--check', 'clock', '--proxy', 'none', '--format', 'json'];

  it('is written whole, and nothing else is left in its folder', async () => {
    const path = join(folder, 'report.json');
    const { status, stdout } = await runProgram([...options, '--output', path]);
    assert.equal(status, 3); // nothing judged: unknown
    assert.equal(stdout, '');
    const report = JSON.parse(await readFile(path, 'utf8')) as { schemaVersion: number };
    assert.equal(report.schemaVersion, 1);
    assert.deepEqual(await readdir(folder), ['report.json']);
  });

  it('replaces what stood there and keeps its mode', async () => {
    const path = join(folder, 'report.json');
    await writeFile(path, 'old');
    await chmod(path, 0o600);
    await runProgram([...options, '--output', path]);
    assert.notEqual(await readFile(path, 'utf8'), 'old');
    assert.equal((await stat(path)).mode & 0o777, 0o600);
  });

  it('goes to a device as it is', async () => {
    const { status, stderr } = await runProgram([...options, '--output', '/dev/null']);
    assert.equal(status, 3);
    assert.equal(stderr, '');
    const { code } = await runProgram([...options, '--output', '/dev/full']);
    assert.equal(code, 'output-unwritable');
  });
});

suite('--at', () => {
  const times = [
    ['2018-09-03', '2018-09-03T00:00:00.000Z'],
    ['2018-09-03T08:00Z', '2018-09-03T08:00:00.000Z'],
    ['2018-09-03T08:00:01.5+02:00', '2018-09-03T06:00:01.500Z'],
    ['2018-09-03T08:00:00', '2018-09-03T08:00:00.000Z'],
    ['2018-09-03t08:00:00z', '2018-09-03T08:00:00.000Z'],
  ] as const;
  for (const [given, evaluatedAt] of times)
    it(given, async () => {
      const { stdout } = await runProgram(
        `--once --check clock --proxy none --format json --at ${given}`.split(' '),
      );
      const report = JSON.parse(stdout) as { evaluatedAt: string };
      assert.equal(report.evaluatedAt, evaluatedAt);
    });
});

suite('standard error', () => {
  const once = ['--once', '--check', 'clock', '--proxy', 'none', '--output', '/dev/null'];

  it('is empty unless something is to be said', async () => {
    assert.equal((await runProgram(once)).stderr, '');
  });

  it('says more with -v, and more with -vv', async () => {
    const info = (await runProgram([...once, '-v'])).stderr;
    const debug = (await runProgram([...once, '-vv'])).stderr;
    assert.match(info, /^certready: info: /m);
    assert.ok(debug.length >= info.length);
    assert.equal((await runProgram([...once, '-v', '--log-level', 'error'])).stderr, '');
  });

  it('carries progress on a terminal, and takes it away; not with -q', async () => {
    const { stderr } = await runProgram(once, { isTTY: true });
    assert.match(stderr, /1\/1/);
    assert.ok(stderr.endsWith('\r\u001b[K'));
    assert.equal((await runProgram([...once, '-q'], { isTTY: true })).stderr, '');
  });
});

suite('colour', () => {
  const once = ['--once', '--check', 'clock', '--proxy', 'none', '-q'];
  const isColoured = async (
    argv: readonly string[],
    options: Parameters<typeof runProgram>[1],
  ): Promise<boolean> => (await runProgram([...once, ...argv], options)).stdout.includes('\u001b[');
  const cases = [
    [[], { isTTY: true }, true],
    [[], { isTTY: false }, false],
    [['--no-color'], { isTTY: true }, false],
    [[], { isTTY: true, env: { NO_COLOR: '1' } }, false],
    [[], { isTTY: true, env: { NO_COLOR: '' } }, true],
    [[], { isTTY: true, env: { TERM: 'dumb' } }, false],
    [[], { isTTY: false, env: { FORCE_COLOR: '1' } }, true],
    [[], { isTTY: true, env: { FORCE_COLOR: '0' } }, false],
    [[], { isTTY: true, env: { FORCE_COLOR: '1', NO_COLOR: '1' } }, false],
  ] as const;
  for (const [argv, options, coloured] of cases)
    it(`${JSON.stringify([argv, options])}: ${coloured ? 'yes' : 'no'}`, async () => {
      assert.equal(await isColoured(argv, options), coloured);
    });
});
