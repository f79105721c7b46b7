/** A real Alertmanager: what it makes of what it is sent. */

import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it, suite } from 'node:test';
import { eventually } from '../../helpers/eventually.ts';
import { freePort } from '../../helpers/free-port.ts';
import { lacking } from '../../helpers/programs.ts';
import { AlertingLab, minute, timeoutAt, unreachable } from './alerting-lab.ts';
import { type ReceiverServer, startReceiver } from './receiver-server.ts';

interface KnownAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly endsAt: string;
}

const skip = await lacking('prometheus-alertmanager', 'amtool');

suite('a real Alertmanager', { skip }, () => {
  let folder = '';
  let url = '';
  let program: ChildProcess | undefined;
  let lab: AlertingLab;
  /** Where Alertmanager sends what it makes of it. */
  let sink: ReceiverServer;

  const start = async (): Promise<void> => {
    const listen = new URL(url).host;
    program = spawn(
      'prometheus-alertmanager',
      [
        `--config.file=${join(folder, 'alertmanager.yml')}`,
        `--storage.path=${join(folder, 'data')}`,
        `--web.listen-address=${listen}`,
        '--cluster.listen-address=',
      ],
      { stdio: 'ignore' },
    );
    await eventually('a ready Alertmanager', () =>
      fetch(`${url}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
  };
  const stop = async (): Promise<void> => {
    if (!program) return;
    const ended = new Promise((resolve) => program?.once('exit', resolve));
    program.kill('SIGKILL');
    await ended;
    program = undefined;
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'certready-alertmanager-'));
    url = `http://127.0.0.1:${await freePort()}`;
    sink = await startReceiver();
    await writeFile(
      join(folder, 'alertmanager.yml'),
      `route: { receiver: sink, group_by: [host], group_wait: 100ms, group_interval: 1s }
receivers:
  - name: sink
    webhook_configs: [{ url: "http://127.0.0.1:${sink.port}/", send_resolved: true }]
`,
    );
    await start();
    lab = await AlertingLab.open();
    // Alertmanager has a clock of its own.
    lab.now = Date.now();
    await lab.start({ alerts: [{ type: 'alertmanager', url }] });
  });
  after(async () => {
    await stop();
    await lab.close();
    await sink.close();
    await rm(folder, { recursive: true, force: true });
  });

  const known = async (): Promise<readonly KnownAlert[]> =>
    (await (await fetch(`${url}/api/v2/alerts`)).json()) as readonly KnownAlert[];
  const targets = async (): Promise<string[]> =>
    (await known())
      .map(({ labels }) => `${labels['target'] ?? ''} ${labels['severity'] ?? ''}`)
      .sort();

  /** Waits for a notification about a target. */
  const notified = (target: string, status: 'firing' | 'resolved'): Promise<void> =>
    eventually(`a ${status} notification of ${target}`, () =>
      sink.received.some(({ body }) => {
        const { alerts } = JSON.parse(body) as {
          alerts: { status: string; labels: { target: string } }[];
        };
        return alerts.some((alert) => alert.status === status && alert.labels.target === target);
      }),
    );

  const names = ['a.test', 'b.test'];
  const lookAndPump = async (...args: Parameters<typeof unreachable>): Promise<void> => {
    lab.now = Date.now();
    await lab.look(unreachable(...args));
    await lab.pump();
    assert.equal(lab.alerting.depth()[0]?.pending, 0);
  };

  it('shows an open gap, with its labels, and passes it on', async () => {
    await lookAndPump(names);
    assert.deepEqual(await targets(), ['a.test:80 critical', 'b.test:80 critical']);
    const [alert] = await known();
    assert.equal(alert?.labels['alertname'], 'CertreadyGap');
    assert.equal(alert.labels['host'], 'mx1.example.org');
    assert.equal(alert.annotations['description'], 'Allow it.');
    await notified('a.test:80', 'firing');
  });

  it('is asked by amtool as well', () => {
    const { stdout } = spawnSync('amtool', [`--alertmanager.url=${url}`, 'alert', '-o', 'json']);
    const alerts = JSON.parse(stdout.toString()) as readonly KnownAlert[];
    assert.equal(alerts.length, 2);
  });

  it('drops a gap that is closed, and says that it is resolved', async () => {
    await lookAndPump(['b.test'], names);
    assert.deepEqual(await targets(), ['b.test:80 critical']);
    await notified('a.test:80', 'resolved');
  });

  it('holds one alert, not two, for a gap that has become less severe', async () => {
    lab.now = Date.now();
    await lab.look({ gaps: [{ ...timeoutAt('b.test'), severity: 'warning' }] });
    await lab.pump();
    assert.deepEqual(await targets(), ['b.test:80 warning']);
  });

  it('holds it for an hour from the last time it was sent', async () => {
    lab.now = Date.now() + 10 * minute;
    await lab.pump();
    const [alert] = await known();
    const heldFor = Date.parse(alert?.endsAt ?? '') - Date.now();
    assert.ok(heldFor > 69 * minute && heldFor < 71 * minute, String(heldFor));
  });

  it('knows it again after a restart of its own', async () => {
    await stop();
    await start();
    assert.deepEqual(await targets(), []);
    lab.now = Date.now() + 20 * minute;
    await lab.pump();
    assert.deepEqual(await targets(), ['b.test:80 warning']);
  });

  it("takes the agent's own trouble, and its end", async () => {
    lab.now = Date.now();
    await lab.alerting.trouble('run-failed', 'no run');
    await lab.pump();
    const codes = async (): Promise<(string | undefined)[]> =>
      (await known())
        .filter(({ labels }) => labels['alertname'] === 'CertreadyTrouble')
        .map(({ labels }) => labels['code']);
    assert.deepEqual(await codes(), ['run-failed']);
    // A clock that is ahead of Alertmanager's.
    lab.now += 3 * minute;
    await lab.alerting.recovered('run-failed');
    await lab.pump();
    assert.deepEqual(await codes(), []);
  });
});
