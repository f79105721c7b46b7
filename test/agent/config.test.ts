/** The configuration file: where it is found, what is taken, what is refused, what is shown. */

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it, suite } from 'node:test';
import { parse } from 'yaml';
import { defaultConfig } from '../../agent/config/config.ts';
import { milliseconds, parseDuration } from '../../agent/config/duration.ts';
import { loadConfig } from '../../agent/config/load.ts';
import { isSchedule } from '../../agent/config/schedule.ts';
import { maskUrl, readSecret } from '../../agent/config/secret.ts';
import { runProgram } from '../helpers/program.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'certready-config-'));
});
after(() => rm(folder, { recursive: true, force: true }));

const file = async (text: string | Uint8Array, name = 'config.yaml'): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
};

const load = (path: string) => loadConfig({ file: path, env: {}, platform: 'linux' });

const everything = `
profiles: [exchange-online-globalsign-r1]
schedule: "*/30 * * * *"
timezone: Europe/Madrid
splay: 60s
stateDir: /var/lib/certready
timeouts: { connect: 5s, request: 15s, run: 120s }
proxy: system
trustStores: [{ path: /etc/ssl/certs }]
nodeServices: [{ name: mailer, node: /usr/bin/node, extraCaCerts: /etc/mailer/roots.pem, roots: bundled }]
smtp: [contoso-com.mail.protection.outlook.com, "[2001:db8::1]:2525"]
alerts:
  - { type: webhook, url: "https://hooks.example.org/T0P/S3CRET", secret: env:CERTREADY_WEBHOOK_SECRET }
  - { type: webhook, url: env:HOOK, secret: [whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw, file:secret] }
  - { type: pagerduty, url: "https://user:hunter2@events.example.org/v2/enqueue" }
remindEvery: 24h
metrics:
  listen: "127.0.0.1:9810"
  textfile: /var/lib/node_exporter/certready.prom
  otlp: { url: "https://otel.example.org/T0P/v1/metrics", headers: { Authorization: hunter2, X-Key: file:key }, interval: 30s }
log: { level: info, format: json, file: /var/log/certready.log, maxSize: 5MB, maxAge: 7d, maxFiles: 3 }
`;

suite('a configuration', () => {
  it('needs no file', async () => {
    const { config, path } = await loadConfig({ env: {}, platform: 'aix' });
    assert.deepEqual(config, defaultConfig('/var/lib/certready'));
    assert.equal(path, undefined);
  });

  it('may be a file of comments', async () => {
    const { config } = await load(await file('# nothing yet\n'));
    assert.deepEqual(config, defaultConfig('/var/lib/certready'));
  });

  it('takes every key of the contract', async () => {
    const { config } = await load(await file(everything));
    assert.deepEqual(config.timeouts, { connect: '5s', request: '15s', run: '120s' });
    assert.deepEqual(config.trustStores, [{ path: '/etc/ssl/certs' }]);
    assert.equal(config.alerts.length, 3);
    assert.equal(config.timezone, 'Europe/Madrid');
    assert.deepEqual(config.metrics.otlp?.headers, {
      Authorization: 'hunter2',
      'X-Key': `file:${join(folder, 'key')}`,
    });
    assert.deepEqual(
      [config.log.maxSize, config.log.maxAge, config.log.maxFiles],
      ['5MB', '7d', 3],
    );
  });

  it('is the same in YAML and JSON', async () => {
    const yaml = await load(await file(everything));
    const json = await load(await file(JSON.stringify(parse(everything)), 'config.json'));
    assert.deepEqual(json.config, yaml.config);
  });

  it('keeps the defaults of what is not said', async () => {
    const { config } = await load(await file('timeouts: { connect: 2s }\nlog: { level: debug }\n'));
    assert.deepEqual(config.timeouts, { connect: '2s', request: '15s', run: '120s' });
    assert.deepEqual(config.log, { level: 'debug', format: 'json' });
  });

  it('has paths relative to itself', async () => {
    const { config } = await load(
      await file(
        'profiles: [exchange-online-baltimore, own.yaml]\ntrustStores: [{ path: roots.pem }]\nnodeServices: [{ name: m, node: bin/node, extraCaCerts: m.pem }]\nproxy: file:proxy\n',
      ),
    );
    assert.deepEqual(config.profiles, ['exchange-online-baltimore', join(folder, 'own.yaml')]);
    assert.deepEqual(config.trustStores, [{ path: join(folder, 'roots.pem') }]);
    assert.deepEqual(config.nodeServices, [
      { name: 'm', node: join(folder, 'bin/node'), extraCaCerts: join(folder, 'm.pem') },
    ]);
    assert.equal(config.proxy, `file:${join(folder, 'proxy')}`);
  });
});

suite('the configuration is looked for', () => {
  const places = { platform: 'linux' as const };

  it('at --config before CERTREADY_CONFIG', async () => {
    const first = await file('splay: 1s', 'first.yaml');
    const second = await file('splay: 2s', 'second.yaml');
    const env = { CERTREADY_CONFIG: second };
    assert.equal((await loadConfig({ ...places, file: first, env })).config.splay, '1s');
    assert.equal((await loadConfig({ ...places, env })).config.splay, '2s');
  });

  it('on Windows below ProgramData', async () => {
    const env = { ProgramData: folder };
    await mkdir(join(folder, 'certready'), { recursive: true });
    await file('splay: 3s', join('certready', 'config.yaml'));
    const { config } = await loadConfig({ env, platform: 'win32' });
    assert.equal(config.splay, '3s');
    assert.equal(config.stateDir, join(folder, 'certready'));
  });

  it('and must be there where it is named', async () => {
    const env = { CERTREADY_CONFIG: join(folder, 'nowhere.yaml') };
    await assert.rejects(loadConfig({ ...places, env }), { code: 'file-missing' });
    await assert.rejects(load(folder), { code: 'file-unreadable' });
  });
});

/** What a wrong file says, and the keys that its problems must name. */
const wrong: Readonly<Record<string, readonly [text: string, keys: readonly string[]]>> = {
  'an unknown key': ['scedule: "* * * * *"', ['scedule', 'schedule']],
  'an unknown key inside': ['timeouts: { conect: 5s }', ['timeouts.conect', 'connect']],
  'a list': ['- a', ['profiles']],
  'a text': ['profile', ['profiles']],
  'a reversed range': ['schedule: "5-1 * * * *"', ['schedule']],
  'a schedule of seven fields': ['schedule: "* * * * * * *"', ['schedule']],
  'a time zone that is none': ['timezone: Europe/Atlantis', ['timezone']],
  'a number without a unit': ['timeouts: { connect: 5 }', ['timeouts.connect']],
  'a duration of nothing': ['timeouts: { run: 0s }', ['timeouts.run']],
  'a duration without end': ['remindEvery: 999999999d', ['remindEvery']],
  'a proxy by another protocol': ['proxy: socks5://127.0.0.1:1080', ['proxy']],
  'trust stores as paths': ['trustStores: [/etc/ssl/certs]', ['trustStores[0]']],
  'trust stores by another word': ['trustStores: all', ['trustStores']],
  'a Node service without its program': ['nodeServices: [{ name: m }]', ['nodeServices[0].node']],
  'a Node service with roots by another word': [
    'nodeServices: [{ name: m, node: /n, roots: all }]',
    ['nodeServices[0].roots'],
  ],
  'a mail host with a path': ['smtp: ["mx.example.org/x"]', ['smtp[0]']],
  'an alert of another type': [
    'alerts: [{ type: email, url: "https://x.org" }]',
    ['alerts[0].type'],
  ],
  'an alert without a URL': ['alerts: [{ type: slack }]', ['alerts[0].url']],
  'a listener without a port': ['metrics: { listen: localhost }', ['metrics.listen']],
  'a collector by another protocol': [
    'metrics: { otlp: { url: "grpc://127.0.0.1:4317" } }',
    ['metrics.otlp.url'],
  ],
  'a header that is none': [
    'metrics: { otlp: { url: "http://127.0.0.1:4318", headers: { "a b": c } } }',
    ['metrics.otlp.headers'],
  ],
  'a push every second': [
    'metrics: { otlp: { url: "http://127.0.0.1:4318", interval: 1s } }',
    ['metrics.otlp.interval'],
  ],
  'a size without a unit': ['log: { maxSize: 1000 }', ['log.maxSize']],
  'no old files': ['log: { maxFiles: 0 }', ['log.maxFiles']],
  'another log level': ['log: { level: loud }', ['log.level', 'debug']],
  'a key twice': ['splay: 1s\nsplay: 2s', ['line 2']],
  'broken YAML': ['profiles: [', ['line 1']],
  'an unknown tag': ['profiles: !!js/function "x"', ['line 1']],
  'two documents': ['splay: 1s\n---\nsplay: 2s', ['line 2']],
  'no profile at all': ['profiles: []', ['profiles']],
  'everything at once': [
    'schedule: never\ntimezone: Nowhere\nproxy: 5\nsmtp: here\nnothing: 1\n',
    ['schedule', 'timezone', 'proxy', 'smtp', 'nothing'],
  ],
};

suite('a wrong configuration', () => {
  for (const [name, [text, keys]] of Object.entries(wrong))
    it(name, async () => {
      const path = await file(text);
      const { status, stdout, stderr, code } = await runProgram(['config', 'check', '-c', path]);
      assert.equal(status, 3);
      assert.equal(code, 'config-invalid');
      assert.equal(stdout, '');
      const lines = stderr.trimEnd().split('\n');
      for (const line of lines) assert.ok(line.startsWith(`certready: ${path}: `), line);
      for (const key of keys) assert.ok(stderr.includes(key), `${key} in ${stderr}`);
      assert.equal(lines.length, name === 'everything at once' ? 5 : 1);
    });

  it('stops a run as well', async () => {
    const { code } = await runProgram(['--once', '-c', await file('nothing: 1')]);
    assert.equal(code, 'config-invalid');
  });

  it('is not quoted where a secret may stand', async () => {
    const text =
      'proxy: "ftp://user:hunter2@p"\nalerts: [{ type: webhook, url: "mailto:hunter2", secret: { a: hunter2 } }]';
    const { code, stderr } = await runProgram(['config', 'check', '-c', await file(text)]);
    assert.equal(code, 'config-invalid');
    assert.ok(stderr.includes('alerts[0].url') && stderr.includes('alerts[0].secret'));
    assert.ok(!stderr.includes('hunter2'), stderr);
  });

  const hostile: Readonly<Record<string, readonly [string | Uint8Array, string]>> = {
    'aliases that stand for billions': [
      [
        'a: &a [x, x, x, x, x, x, x, x, x]',
        ...'bcdefghij'
          .split('')
          .map(
            (name, index) => `${name}: &${name} [${`*${'abcdefghi'[index] ?? ''}, `.repeat(9)}]`,
          ),
      ].join('\n'),
      'config-invalid',
    ],
    'lists in lists without end': ['['.repeat(100_000), 'config-invalid'],
    'more than a mebibyte': ['#'.repeat(1024 * 1024 + 1), 'file-unreadable'],
    'bytes that are not UTF-8': [Uint8Array.of(0xff, 0xfe, 0x61, 0), 'file-unreadable'],
    'a prototype': ['__proto__: { splay: 1s }', 'config-invalid'],
  };
  for (const [name, [text, expected]] of Object.entries(hostile))
    it(`of ${name}`, async () => {
      const { status, code } = await runProgram(['config', 'check', '-c', await file(text)]);
      assert.deepEqual([status, code], [3, expected]);
    });

  it('names a profile that is not there', async () => {
    const path = await file('profiles: [exchange-online-globalsign-r2]');
    const { status, code, stderr } = await runProgram(['config', 'check', '-c', path]);
    assert.deepEqual([status, code], [3, 'profile-unknown']);
    assert.ok(stderr.includes('"exchange-online-globalsign-r1"'));
  });
});

suite('config show', () => {
  it('prints what could be the file, without a secret', async () => {
    const { status, stdout } = await runProgram(['config', 'show', '-c', await file(everything)]);
    assert.equal(status, 0);
    const shown = parse(stdout) as { alerts: { url: string; secret?: unknown }[]; splay: string };
    assert.equal(shown.splay, '60s');
    for (const secret of ['S3CRET', 'T0P', 'MfKQ9r8', 'hunter2'])
      assert.ok(!stdout.includes(secret), secret);
    assert.ok(stdout.includes('env:CERTREADY_WEBHOOK_SECRET'));
    assert.ok(stdout.includes('hooks.example.org'));
  });

  it('prints the defaults, which check too', async () => {
    const { stdout } = await runProgram(['config', 'show']);
    const { config } = await load(await file(stdout));
    assert.deepEqual(config, defaultConfig('/var/lib/certready'));
  });

  it('takes --config before the command too', async () => {
    const path = await file('splay: 7s');
    const { stdout } = await runProgram(['--config', path, 'config', 'show']);
    assert.match(stdout, /^splay: 7s$/m);
  });
});

suite('schedules', () => {
  const schedules: Readonly<Record<string, boolean>> = {
    '* * * * *': true,
    '*/30 * * * *': true,
    '0 */5 * * * *': true,
    '0 2 * * sat-sun': true,
    '0 2 * jan-MAR 5-7': true,
    '1,5,10-20/2 * * * *': true,
    '5-1 * * * *': false,
    '0 22-2 * * *': false,
    '0 0 * nov-feb *': false,
    '0 0 * * fri-mon': false,
    '60 * * * *': false,
    '* * * *': false,
    '@daily': false,
    '0 0 30 2 *': false,
    '*/0 * * * *': false,
    'every day': false,
    '': false,
  };
  for (const [expression, right] of Object.entries(schedules))
    it(`${JSON.stringify(expression)}: ${right ? 'yes' : 'no'}`, () => {
      assert.equal(isSchedule(expression), right);
    });
});

suite('durations', () => {
  const durations: Readonly<Record<string, number | undefined>> = {
    '500ms': 500,
    '5s': 5000,
    '1.5s': 1500,
    '2m': 120_000,
    '24h': 86_400_000,
    '1d': 86_400_000,
    '5': undefined,
    '-5s': undefined,
    '5 s': undefined,
    '5S': undefined,
    '1e3s': undefined,
    '': undefined,
  };
  for (const [text, expected] of Object.entries(durations))
    it(JSON.stringify(text), () => assert.equal(parseDuration(text), expected));

  it('of a configuration are numbers', () => assert.equal(milliseconds('120s'), 120_000));
});

suite('secrets', () => {
  it('are read from the environment and from files, when they are needed', async () => {
    const path = await file('s3cret\n', 'secret');
    assert.equal(await readSecret('env:NAME', { NAME: 'value' }), 'value');
    assert.equal(await readSecret(`file:${path}`, {}), 's3cret');
    assert.equal(await readSecret('plain', {}), 'plain');
  });

  it('that are not there are named by their place', async () => {
    await assert.rejects(readSecret('env:NAME', {}), { code: 'secret-missing' });
    await assert.rejects(readSecret('file:/nowhere/at/all', {}), { code: 'file-missing' });
    await assert.rejects(readSecret(`file:${await file(' \n', 'empty')}`, {}), {
      code: 'secret-missing',
    });
  });

  const urls = [
    ['https://hooks.example.org/T0P/S3CRET', 'hooks.example.org'],
    ['https://user:S3CRET@events.example.org', 'events.example.org'],
    ['https://events.example.org/?key=S3CRET', 'events.example.org'],
    ['https://events.example.org/#S3CRET', 'events.example.org'],
    ['S3CRET', ''],
  ] as const;
  for (const [url, host] of urls)
    it(`${url} is masked`, () => {
      assert.ok(maskUrl(url).includes(host));
      assert.ok(!maskUrl(url).includes('S3CRET'));
    });
});
