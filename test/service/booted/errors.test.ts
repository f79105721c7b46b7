/** What cannot be installed: one line that says why, and nothing is left behind. */

import assert from 'node:assert/strict';
import { after, before, it, suite } from 'node:test';
import { eventually } from '../../helpers/eventually.ts';
import { type CommandEnd, noSystemdMachine } from '../../helpers/systemd-machine.ts';
import { type Installation, certready, configText, copyProgram, install } from './installation.ts';

suite('service install that fails', { skip: await noSystemdMachine() }, () => {
  let installation: Installation;
  before(async () => {
    installation = await install();
    await installation.machine.write('/etc/certready/config.yaml', configText({}));
  });
  after(() => installation.stop());

  /** All that an installation could have changed. */
  const traces = (): Promise<string> =>
    installation.machine.shell(`
      find /etc/systemd/system /etc/certready /var/lib/private -printf '%p %l %s\\n' 2>/dev/null | sort
      systemctl list-units --all --plain --no-legend '*certready*'`);

  const refused = async (ran: Promise<CommandEnd>, named: RegExp): Promise<void> => {
    const { status, stdout, stderr } = await ran;
    assert.equal(status, 3, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, /^certready: [^\n]+\n$/);
    assert.match(stderr, named);
  };

  it('without rights, whatever is asked', async () => {
    const before = await traces();
    const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
    for (const verb of ['install', 'uninstall', 'start', 'stop'])
      await refused(
        installation.machine.run(...nobody, ...certready(), 'service', verb),
        /only root/,
      );
    const dryRun = [...certready(), 'service', 'install', '--dry-run'];
    assert.equal((await installation.machine.run(...nobody, ...dryRun)).status, 0);
    assert.equal(await traces(), before);
  });

  it('with a configuration that is missing, wrong or unsuited', async () => {
    const { machine, service } = installation;
    await machine.write('/etc/certready/broken.yaml', 'schedule: often\n');
    await machine.write('/etc/certready/elsewhere.yaml', 'stateDir: /srv/certready\n');
    await machine.write(
      '/etc/certready/secret.yaml',
      configText({ alertsTo: 9 }).replace('hook.secret', 'no.secret'),
    );
    await machine.write(
      '/etc/certready/textfile.yaml',
      configText({ more: 'metrics: { textfile: /etc/certready/x.prom }' }),
    );
    await machine.shell('cd /etc/certready; cp config.yaml private.yaml; chmod 600 private.yaml');
    const before = await traces();
    for (const [file, named] of [
      ['/etc/certready/missing.yaml', /missing\.yaml/],
      ['/etc/certready/broken.yaml', /schedule/],
      ['/etc/certready/elsewhere.yaml', /stateDir.*\/var\/lib/],
      ['/etc/certready/secret.yaml', /no\.secret/],
      ['/etc/certready/private.yaml', /private\.yaml.*0600/],
      ['/etc/certready/textfile.yaml', /\/etc\/certready: .*\/run/],
    ] as const)
      await refused(service('install', '--config', file), named);
    assert.equal(await traces(), before);
  });

  it('where another program has the name', async () => {
    const { machine, service } = installation;
    const unit = '/etc/systemd/system/mailfilter.service';
    await machine.write(unit, '[Service]\nExecStart=/bin/sleep infinity\n');
    await machine.shell('systemctl daemon-reload; systemctl start mailfilter');
    const before = await traces();
    for (const verb of ['install', 'uninstall', 'start', 'stop'])
      for (const name of ['mailfilter', 'dbus'])
        await refused(service(verb, '--name', name), /another program/);
    assert.equal((await service('status', '--name', 'mailfilter')).status, 4);
    await refused(service('install', '--name', 'daemon'), /account/);
    assert.equal(await installation.property('ActiveState', 'mailfilter'), 'active');
    assert.equal(await traces(), before);
  });

  it('on a disk that cannot be written', async () => {
    const { machine, service } = installation;
    const before = await traces();
    const folder = '/etc/systemd/system';
    await machine.shell(`mount --bind ${folder} ${folder}; mount -o remount,ro,bind ${folder}`);
    await refused(service('install'), /read-only/);
    await machine.shell(`umount ${folder}`);
    assert.equal(await traces(), before);
  });

  it('when systemd refuses a later step, the earlier ones are undone', async () => {
    const { machine, service } = installation;
    const before = await traces();
    // A folder where the link has to be
    const wants = '/etc/systemd/system/multi-user.target.wants';
    await machine.shell(`mkdir -p ${wants}; mount --bind ${wants} ${wants}`);
    await machine.shell(`mount -o remount,ro,bind ${wants}`);
    const { status, stderr } = await service('install');
    assert.equal(status, 3);
    assert.match(stderr, /cannot enable/);
    await machine.shell(`umount ${wants}; rmdir ${wants}`);
    assert.equal(await traces(), before);
    assert.equal(await installation.property('LoadState'), 'not-found');
  });

  it('an update with which it does not run: it runs as before', async () => {
    const { machine, service } = installation;
    assert.equal((await service('install')).status, 0);
    assert.equal((await service('start')).status, 0);
    const unit = await machine.shell('cat /etc/systemd/system/certready.service');
    await machine.shell('mkdir -p /etc/systemd/system/certready.service.d');
    await machine.write(
      '/etc/systemd/system/certready.service.d/no-config.conf',
      "[Service]\nExecStartPre=/bin/sh -c '! grep -e --config /etc/systemd/system/certready.service'\n",
    );
    await machine.shell('cp /etc/certready/config.yaml /etc/certready/other.yaml');
    const { status, stderr } = await service('install', '--config', '/etc/certready/other.yaml');
    assert.equal(status, 3);
    assert.match(stderr, /cannot restart/);
    assert.equal(await machine.shell('cat /etc/systemd/system/certready.service'), unit);
    assert.equal((await installation.status())['state'], 'running');
    assert.equal((await service('uninstall')).status, 0);
    await machine.shell('rm -r /etc/systemd/system/certready.service.d');
  });

  it('a start that fails says what the service said last, and leaves it stopped', async () => {
    const { machine, service } = installation;
    assert.equal((await service('install')).status, 0);
    await machine.write('/etc/certready/config.yaml', 'schedule: often\n');
    await refused(service('start'), /cannot start .*config\.yaml: schedule/);
    assert.equal((await installation.status())['state'], 'stopped');
    await machine.write('/etc/certready/config.yaml', configText({}));
    assert.equal((await service('uninstall')).status, 0);
  });

  it('what a package brought is used as it is, and not removed', async () => {
    const { machine, service } = installation;
    const packaged = '/usr/lib/systemd/system/certready.service';
    // Where /lib is a link to /usr/lib, systemd names it by either.
    const isPackaged = async (): Promise<boolean> =>
      (await installation.property('FragmentPath')).includes('/lib/systemd/system/');
    assert.equal((await service('install')).status, 0);
    await machine.shell(`
      systemctl disable --quiet certready
      mv /etc/systemd/system/certready.service ${packaged}
      systemctl daemon-reload`);
    assert.equal((await service('install')).status, 0);
    assert.equal(await installation.property('UnitFileState'), 'enabled');
    assert.equal(await isPackaged(), true);
    await refused(service('uninstall'), /package/);
    // With a configuration of its own it needs a unit of its own; then the package's is in force again.
    const own = await service('install', '--config', '/etc/certready/config.yaml');
    assert.equal(own.status, 0, own.stderr);
    assert.equal(await isPackaged(), false);
    assert.equal((await service('uninstall')).status, 0);
    assert.equal(await isPackaged(), true);
    await machine.shell(`rm ${packaged}; systemctl daemon-reload`);
  });

  it('several instances, from folders with spaces, quotes, % and letters beyond ASCII', async () => {
    const { machine, service } = installation;
    const odd = '/opt/Süd "100%" $HOME; x';
    // Node itself takes no program from a folder with a backslash.
    const oddest = '/etc/certready/\\ %h "a" \\';
    await copyProgram(machine, odd);
    await machine.shell(
      `mkdir '${oddest}'; cp /etc/certready/config.yaml /etc/certready/here.* '${oddest}'`,
    );
    const config = `${oddest}/config.yaml`;
    const [node = '', script = ''] = certready(odd);
    const ran = await machine.run(
      ...[node, script, 'service', 'install', '--name', 'eu-1', '--config', config],
    );
    assert.equal(ran.status, 0, ran.stderr);
    await machine.write(
      '/etc/certready/us.yaml',
      configText({
        more: 'metrics: { textfile: /run/us-1/certready.prom }\nlog: { file: /var/log/us-1/agent.log }',
      }),
    );
    const us = ['--name', 'us-1', '--config', '/etc/certready/us.yaml'];
    assert.equal((await service('install', ...us)).status, 0);
    for (const name of ['eu-1', 'us-1']) {
      const { status, stderr } = await service('start', '--name', name);
      assert.equal(status, 0, stderr);
    }
    const { pid } = await installation.status('--name', 'eu-1');
    const line = await machine.shell(`tr '\\0' '\\n' </proc/${String(pid)}/cmdline`);
    assert.equal(line, `${[node, script, '--config', config].join('\n')}\n`);
    assert.equal((await installation.status('--name', 'us-1'))['state'], 'running');
    // Whoever collects metrics runs as somebody else.
    const written = 'stat -c %a /run/us-1/certready.prom; test -s /var/log/us-1/agent.log';
    await eventually('metrics and a log', async () => {
      const { status, stdout } = await machine.run('sh', '-c', written);
      return status === 0 && stdout === '644\n';
    });
    for (const name of ['eu-1', 'us-1'])
      assert.equal((await service('uninstall', '--name', name)).status, 0);
  });

  it('without koffi systemd-notify speaks for it; from a home, that alone is shown', async () => {
    const { machine } = installation;
    const home = `/root/o'Brien "apps"`;
    const shellHome = `/root/o'\\''Brien "apps"`;
    await copyProgram(machine, shellHome, { koffi: false });
    await machine.shell('cp /etc/certready/config.yaml /etc/certready/here.* /root');
    const [node = '', script = ''] = certready(home);
    const service = (...args: string[]): Promise<CommandEnd> =>
      machine.run(node, script, 'service', ...args);
    const installed = await service('install', '--config', '/root/config.yaml');
    assert.equal(installed.status, 0, installed.stderr);
    const started = await service('start');
    assert.equal(started.status, 0, started.stderr);
    assert.equal(await installation.property('NotifyAccess'), 'all');
    const { pid } = await installation.status();
    const seen = await machine.shell(`ls -A /proc/${String(pid)}/root/root`);
    assert.deepEqual(
      seen.trim().split('\n').sort(),
      ['config.yaml', 'here.crt', 'here.yaml', `o'Brien "apps"`].sort(),
    );
    assert.equal((await service('uninstall')).status, 0);
  });
});
