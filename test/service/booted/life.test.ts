/** The life of the service on a real systemd: from `service install` to `service uninstall`. */

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, it, suite } from 'node:test';
import { eventually } from '../../helpers/eventually.ts';
import { noSystemdMachine } from '../../helpers/systemd-machine.ts';
import {
  type Installation,
  type Receiver,
  configText,
  install,
  startReceiver,
} from './installation.ts';

/** As an administrator would write it: the times of the unit are too long for a test. */
const quickDropIn = `
[Unit]
StartLimitIntervalSec=0
[Service]
WatchdogSec=5s
TimeoutAbortSec=1s
RestartSec=100ms
`;

const secret = `whsec_${Buffer.from('a secret of the lab, 32 bytes ok').toString('base64')}`;

suite('the service on systemd', { skip: await noSystemdMachine() }, () => {
  let installation: Installation;
  let receiver: Receiver;
  before(async () => {
    [installation, receiver] = await Promise.all([install(), startReceiver()]);
    const { machine } = installation;
    await machine.write(
      '/etc/certready/config.yaml',
      configText({ ready: false, alertsTo: receiver.port }),
    );
    await machine.write('/etc/certready/hook.secret', `${secret}\n`);
    await machine.shell('chmod 600 /etc/certready/hook.secret');
  });
  after(async () => {
    receiver.close();
    await installation.stop();
  });

  const pid = (): Promise<string> => installation.property('MainPID');
  const isRunning = async (): Promise<boolean> =>
    (await installation.property('ActiveState')) === 'active';

  it('a dry run prints the unit and does nothing', async () => {
    const { status, stdout } = await installation.service('install', '--dry-run');
    assert.equal(status, 0);
    assert.match(stdout, /ExecStart=/);
    assert.equal((await installation.status())['state'], 'not-installed');
    assert.equal((await installation.service('status')).status, 4);
  });

  it('install registers it: systemd has nothing to say against it, and it is confined', async () => {
    const { status, stderr } = await installation.service('install');
    assert.equal(status, 0, stderr);
    assert.equal(await installation.property('UnitFileState'), 'enabled');
    assert.equal((await installation.service('status')).status, 3);
    const { machine } = installation;
    const verify = 'systemd-analyze verify --man=no certready.service 2>&1';
    assert.equal(await machine.shell(verify), '');
    const security = await machine.shell('systemd-analyze security certready | tail -1');
    const [, score = 'none'] = /: (\d+\.\d+) /.exec(security) ?? [];
    assert.ok(Number(score) <= 1.5, security);
  });

  it('start waits until it is ready; its account is its own, and its state is for it alone', async () => {
    const { status, stderr } = await installation.service('start');
    assert.equal(status, 0, stderr);
    assert.equal((await installation.service('status')).status, 0);
    assert.notEqual(await pid(), '0');
    assert.equal(await installation.property('NotifyAccess'), 'main');
    const owner = await installation.machine.shell(
      `ps -o uid= -p ${await pid()}; stat -c '%u %a' /var/lib/private/certready`,
    );
    const [, uid, folderOwner, mode] = /^\s*(\d+)\s+(\d+) (\d+)\s*$/.exec(owner) ?? [];
    assert.ok(Number(uid) > 0, owner);
    assert.equal(folderOwner, uid);
    assert.equal(mode, '700');
    // What opened systemd's socket is not kept
    const loaded = await installation.machine.shell(`cat /proc/${await pid()}/maps`);
    assert.match(loaded, /\/node/);
    assert.doesNotMatch(loaded, /koffi/);
  });

  it('the status shows the run, the verdict, the outbox', async () => {
    await eventually('a run', async () => (await installation.status())['verdict'] !== undefined);
    const status = await installation.status();
    assert.equal(status['state'], 'running');
    assert.equal(status['atBoot'], true);
    assert.equal(status['verdict'], 'not-ready');
    assert.match(String(status['nextRun']), /^\d{4}-/);
    assert.deepEqual(status['problems'], []);
    assert.match(await installation.property('StatusText'), /not-ready/);
    const { stdout } = await installation.service('status');
    assert.match(stdout, /not-ready/);
  });

  it('the alert is signed with a secret that only systemd may read', async () => {
    await eventually('an alert', () => Promise.resolve(receiver.received.length > 0));
    const [{ headers, body } = { headers: {}, body: '' }] = receiver.received;
    const content = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    const signature = createHmac('sha256', key).update(content).digest('base64');
    assert.equal(headers['webhook-signature'], `v1,${signature}`);
  });

  it('installing twice updates: it runs again, with its state', async () => {
    const before = await pid();
    const alerts = receiver.received.length;
    const { status, stderr } = await installation.service('install');
    assert.equal(status, 0, stderr);
    assert.notEqual(await pid(), before);
    await eventually('a run', async () => (await installation.status())['verdict'] !== undefined);
    assert.equal(receiver.received.length, alerts, 'a gap that is known is not told again');
  });

  it('a reload takes a configuration in, and not a broken one', async () => {
    const { machine } = installation;
    const before = await pid();
    const accepted = async (): Promise<unknown> => {
      const { configuration } = await installation.status();
      return (configuration as { accepted?: unknown } | undefined)?.accepted;
    };
    const path = '/etc/certready/config.yaml';
    const good = await machine.shell(`cat ${path}`);
    await machine.write(path, `${good}\nnonsense: true\n`);
    await machine.shell('systemctl reload certready');
    await eventually('it is refused', async () => (await accepted()) === false);
    await machine.write(path, good);
    await machine.shell('systemctl reload certready');
    await eventually('it is accepted', async () => (await accepted()) === true);
    await eventually('running', isRunning);
    assert.equal(await pid(), before);
  });

  it('after a crash it is started again', async () => {
    const { machine } = installation;
    await machine.shell('mkdir -p /etc/systemd/system/certready.service.d');
    await machine.write('/etc/systemd/system/certready.service.d/quick.conf', quickDropIn);
    await machine.shell('systemctl daemon-reload; systemctl restart certready');
    const before = await pid();
    await machine.shell(`kill -SEGV ${before}`);
    await eventually('another process', async () => !['0', before].includes(await pid()));
    await eventually('running', isRunning);
    assert.equal((await installation.status())['restarts'], 1);
  });

  it('systemd kills it when it hangs, and starts it again', async () => {
    const before = await pid();
    await installation.machine.shell(`kill -STOP ${before}`);
    await eventually('another process', async () => !['0', before].includes(await pid()));
    await eventually('running', isRunning);
    assert.equal((await installation.status())['restarts'], 2);
    const journal = await installation.machine.shell('journalctl -u certready --no-pager -o cat');
    assert.match(journal, /[Ww]atchdog timeout/);
    assert.match(journal, /"verdict":"not-ready"/);
  });

  it('while it lives, the watchdog leaves it alone', async () => {
    const before = await pid();
    await new Promise((resolve) => setTimeout(resolve, 6000));
    assert.equal(await pid(), before);
  });

  it('stop ends it in good order', async () => {
    const { status } = await installation.service('stop');
    assert.equal(status, 0);
    assert.equal(await installation.property('ActiveState'), 'inactive');
    assert.equal(await installation.property('Result'), 'success');
    assert.equal((await installation.service('status')).status, 3);
    assert.equal((await installation.service('stop')).status, 0);
  });

  it('its outbox outlives an update', async () => {
    const alerts = receiver.received.length;
    receiver.answer(503);
    const { machine } = installation;
    // The gap closes: an event that the receiver does not take.
    await machine.write('/etc/certready/config.yaml', configText({ alertsTo: receiver.port }));
    await machine.shell(
      "sed -i 's/^id: here/id: absent/; s/here.crt/absent.crt/' /etc/certready/here.yaml; cat /etc/certready/absent.crt >> /etc/certready/here.crt",
    );
    assert.equal((await installation.service('start')).status, 0);
    const pending = async (): Promise<number> => {
      const outbox = (await installation.status())['outbox'] as { pending: number }[] | undefined;
      return outbox?.[0]?.pending ?? 0;
    };
    await eventually('an event that waits', async () => (await pending()) > 0);
    assert.equal((await installation.service('install')).status, 0);
    receiver.answer(204);
    await eventually('the event', () => Promise.resolve(receiver.received.length > alerts));
    const { type } = JSON.parse(receiver.received.at(-1)?.body ?? '{}') as { type?: string };
    assert.equal(type, 'gap.resolved');
  });

  it('uninstalling a running one stops it, and leaves configuration and state alone', async () => {
    const running = await pid();
    const { status, stderr } = await installation.service('uninstall');
    assert.equal(status, 0, stderr);
    assert.equal(await installation.property('LoadState'), 'not-found');
    const left = await installation.machine.shell(`
      test ! -e /proc/${running}
      test ! -e /etc/systemd/system/certready.service
      find /etc/systemd/system -lname '*certready*'
      ls /etc/certready/config.yaml /var/lib/private/certready/state.json
      systemctl list-units --all --plain --no-legend 'certready*'`);
    assert.equal(left, '/etc/certready/config.yaml\n/var/lib/private/certready/state.json\n');
    assert.equal((await installation.service('uninstall')).status, 0);
    assert.equal((await installation.service('start')).status, 3);
  });
});
