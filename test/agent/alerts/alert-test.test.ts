/** `certready alert test`: what is sent, what is said of the answers, how it ends. */

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, it, suite } from 'node:test';
import { runProgram } from '../../helpers/program.ts';
import { type ReceiverServer, ok, startReceiver } from './receiver-server.ts';

let folder = '';
let server: ReceiverServer;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'certready-alert-test-'));
});
after(() => rm(folder, { recursive: true, force: true }));
beforeEach(async () => {
  server = await startReceiver();
});

const config = async (...alerts: readonly object[]): Promise<string> => {
  const path = join(folder, 'config.json');
  const timeouts = { connect: '5s', request: '10s' };
  await writeFile(path, JSON.stringify({ proxy: 'none', timeouts, alerts }));
  return path;
};

const url = (path: string): string => `http://user:S3CRET@127.0.0.1:${server.port}${path}`;

const using = async (use: () => Promise<void>): Promise<void> => {
  try {
    await use();
  } finally {
    await server.close();
  }
};

suite('certready alert test', () => {
  it('sends one to each receiver, and says what each answered', () =>
    using(async () => {
      const file = await config(
        { type: 'webhook', url: url('/T0K3N-1') },
        { type: 'slack', url: url('/T0K3N-2') },
        { type: 'teams', url: url('/T0K3N-3') },
        { type: 'alertmanager', url: url('') },
        { type: 'pagerduty', url: url('/T0K3N-5'), secret: 'env:KEY' },
      );
      const { status, stdout, stderr } = await runProgram(['alert', 'test', '-c', file], {
        env: { KEY: 'R0UT1NG' },
      });
      assert.equal(status, 0, stdout + stderr);
      assert.equal(server.received.length, 6);
      const lines = stdout.trimEnd().split('\n');
      assert.deepEqual(
        lines.map((line) => line.split(/\s+/).slice(0, 2).join(' ')),
        ['OK webhook-1', 'OK slack-2', 'OK teams-3', 'OK alertmanager-4', 'OK pagerduty-5'],
      );
      assert.ok(lines.every((line) => line.includes(`http://127.0.0.1:${server.port}/`)));
      assert.doesNotMatch(stdout + stderr, /T0K3N|S3CRET|R0UT1NG/);
      assert.ok(server.received.some(({ body }) => body.includes('"type":"test"')));
      const incident = server.received.filter(({ body }) => body.includes('dedup_key'));
      const events = incident.map(
        ({ body }) => JSON.parse(body) as Readonly<Record<string, string>>,
      );
      assert.deepEqual(
        events.map((event) => event['event_action']),
        ['trigger', 'resolve'],
      );
      assert.equal(events[0]?.['dedup_key'], events[1]?.['dedup_key']);
    }));

  it('says that an incident was not closed again', () =>
    using(async () => {
      server.behave = ({ body }) => (body.includes('resolve') ? { status: 400 } : ok);
      const file = await config({ type: 'pagerduty', url: url('/'), secret: 'key' });
      const { status, stdout } = await runProgram(['alert', 'test', '-c', file]);
      assert.equal(status, 2);
      assert.match(stdout, /^FAILED pagerduty-1 .*closed: 400\n$/);
    }));

  const ways: readonly (readonly string[])[] = [
    ['alert', 'test', '--proxy', 'PROXY'],
    ['--proxy', 'PROXY', 'alert', 'test'],
  ];
  for (const words of ways)
    it(`goes by the proxy of the command line: ${words.join(' ')}`, () =>
      using(async () => {
        const file = await config({ type: 'webhook', url: 'http://receiver.invalid/hook' });
        const proxy = `http://127.0.0.1:${server.port}`;
        const argv = words.map((word) => (word === 'PROXY' ? proxy : word));
        const { status } = await runProgram([...argv, '-c', file]);
        assert.equal(status, 0);
        assert.deepEqual(
          server.received.map((request) => [request.url, request.headers.host]),
          [['http://receiver.invalid/hook', 'receiver.invalid']],
        );
      }));

  it('ends with 2 when one does not take it', () =>
    using(async () => {
      server.behave = ({ url: path }) =>
        path === '/bad' ? { status: 404, body: 'no_service' } : ok;
      const file = await config(
        { type: 'webhook', url: url('/good') },
        { type: 'slack', url: url('/bad') },
        { type: 'webhook', url: 'http://127.0.0.1:1/' },
      );
      const { status, stdout } = await runProgram(['alert', 'test', '-c', file]);
      assert.equal(status, 2);
      const [first, second, third] = stdout.split('\n');
      assert.match(first ?? '', /^OK /);
      assert.match(second ?? '', /^FAILED slack-2 .*404 no_service/);
      assert.match(third ?? '', /^FAILED webhook-3 .*connect-refused/);
    }));

  it('asks only the receiver that is named by its position', () =>
    using(async () => {
      const file = await config(
        { type: 'webhook', url: url('/one') },
        { type: 'webhook', url: url('/two') },
      );
      const { status } = await runProgram(['alert', 'test', '-c', file, '--receiver', '2']);
      assert.equal(status, 0);
      assert.deepEqual(
        server.received.map((request) => request.url),
        ['/two'],
      );
    }));

  const wrong: readonly (readonly [
    what: string,
    argv: readonly string[],
    alerts: readonly object[],
    code: string,
  ])[] = [
    ['no receivers', [], [], 'config-invalid'],
    [
      'no such position',
      ['--receiver', '2'],
      [{ type: 'webhook', url: 'http://h.example/' }],
      'usage',
    ],
    ['a position that is none', ['--receiver', '0'], [], 'usage'],
    [
      'a wrong secret',
      [],
      [{ type: 'webhook', url: 'http://h.example/', secret: 'x' }],
      'config-invalid',
    ],
    ['an unknown type', [], [{ type: 'email', url: 'http://h.example/' }], 'config-invalid'],
  ];
  for (const [what, argv, alerts, code] of wrong)
    it(`ends with 3 for ${what}`, () =>
      using(async () => {
        const file = await config(...alerts);
        const end = await runProgram(['alert', 'test', '-c', file, ...argv]);
        assert.equal(end.status, 3);
        assert.equal(end.code, code);
        assert.equal(end.stdout, '');
      }));

  it('has a help with an example', () =>
    using(async () => {
      const { status, stdout } = await runProgram(['alert', 'test', '--help']);
      assert.equal(status, 0);
      assert.match(stdout, /Example:\n.*certready alert test/);
    }));
});
