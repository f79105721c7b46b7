/** The .deb and the .rpm: installed, upgraded, removed and purged in a root of their own. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { after, before, it, suite } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { lackingPackages, packagePath } from '../helpers/packages.ts';
import { inPrivateRoot, lackingRoot } from '../helpers/private-root.ts';
import { lacking } from '../helpers/programs.ts';
import {
  type SystemdMachine,
  bootSystemd,
  noSystemdMachine,
  repositoryInside,
} from '../helpers/systemd-machine.ts';

const run = promisify(execFile);
const deb = packagePath('_amd64.deb') ?? '';
const rpm = packagePath('.x86_64.rpm') ?? '';
const lackingRpm = lackingPackages('.x86_64.rpm') || (await lacking('rpm'));

const repository = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** Functions of the scripts: what is printed between two marks is what a test reads. */
const functions = `
say() { echo "== $1"; }
# Files and links that certready's name is part of, wherever this repository lies and tests have their folders.
# man keeps a page that was read in its own cache
traces() {
  find /etc /usr/bin /usr/lib /usr/share /var \\( -path '${repository}' -o -path '${tmpdir()}' -o -path /var/tmp \\) -prune \
    -o -name '*certready*' ! -path '/var/cache/man/*' -print | sort
}
`;

const sections = (printed: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    printed
      .split(/^== /m)
      .slice(1)
      .map((section) => {
        const [name = '', ...lines] = section.split('\n');
        return [name, lines.join('\n').trim()];
      }),
  );

const outside = (name: string): string => `/tmp/shared/${basename(name)}`;

suite('the .deb', { skip: lackingRoot() || lackingPackages('_amd64.deb') }, () => {
  it('is installed, upgraded, removed and purged, and leaves no trace', async () => {
    const printed = await inPrivateRoot(
      dirname(deb),
      `${functions}
      say before; traces
      dpkg --force-unsafe-io -i ${outside(deb)} >/dev/null
      say version; certready --version
      say check; certready config check
      say verify; dpkg -V certready
      say wanted; readlink /etc/systemd/system/multi-user.target.wants/certready.service
      say conffiles; dpkg-query -W -f='\${Conffiles}\\n' certready | cut -d' ' -f2
      say manual; man -P cat certready | grep -c -- --once
      # An administrator configures it, the agent writes its state, then a new version comes
      echo 'splay: 5m' >/etc/certready/config.yaml
      mkdir -p /var/lib/private/certready && echo state >/var/lib/private/certready/state.json
      ln -s private/certready /var/lib/certready
      mkdir -p /tmp/newer/etc/certready /tmp/newer/usr/bin
      dpkg-deb -e ${outside(deb)} /tmp/newer/DEBIAN
      sed -i 's/^Version: .*/&+newer/' /tmp/newer/DEBIAN/control
      echo '# of the new version' >/tmp/newer/etc/certready/config.yaml
      printf '#!/bin/sh\\n' >/tmp/newer/usr/bin/certready && chmod 755 /tmp/newer/usr/bin/certready
      dpkg-deb -Znone --build /tmp/newer /tmp/newer.deb >/dev/null
      dpkg --force-confdef --force-confold -i /tmp/newer.deb >/dev/null 2>&1
      say upgraded; dpkg-query -W -f='\${Version}\\n' certready; cat /etc/certready/config.yaml /var/lib/certready/state.json
      dpkg -r certready >/dev/null
      say removed; cat /etc/certready/config.yaml /var/lib/certready/state.json; ls /usr/bin/certready 2>&1 || true
      dpkg -P certready >/dev/null
      say purged; traces; test ! -e /etc/certready
      say registered; dpkg-query -W certready 2>&1 || true
      say wanted-afterwards; ls /etc/systemd/system/multi-user.target.wants | grep certready || true
      `,
    );
    const said = sections(printed);
    assert.match(said['version'] ?? '', /^\d+\.\d+\.\d+$/);
    assert.match(said['check'] ?? '', /^OK /);
    assert.equal(said['verify'], '');
    assert.match(said['wanted'] ?? '', /\/systemd\/system\/certready\.service$/);
    assert.equal(said['conffiles'], '/etc/certready/config.yaml');
    assert.ok(Number(said['manual']) > 0);
    assert.equal(said['upgraded'], `${said['version'] ?? ''}+newer\nsplay: 5m\nstate`);
    assert.match(said['removed'] ?? '', /^splay: 5m\nstate\nls: /);
    assert.equal(said['purged'], said['before']);
    assert.match(said['registered'] ?? '', /no packages found/);
    assert.equal(said['wanted-afterwards'], '');
  });
});

/** Of that machine, which sees the repository and not this one's temporary folders. */
const insideRepository = !relative(repository, deb).startsWith('..');
const onMachine = (path: string): string => join(repositoryInside, relative(repository, path));

suite(
  'on a machine that systemd runs',
  {
    skip:
      lackingPackages('_amd64.deb') ||
      (await noSystemdMachine()) ||
      (!insideRepository && 'needs CERTREADY_TEST_PACKAGES inside the repository'),
  },
  () => {
    let machine: SystemdMachine;
    before(async () => {
      machine = await bootSystemd();
      // Services may start there; an index of manual pages takes long
      await machine.shell('rm -f /usr/sbin/policy-rc.d /var/lib/man-db/auto-update');
    });
    after(() => machine.stop());

    const path = onMachine(deb);
    const dpkg = (...args: readonly string[]): Promise<string> =>
      machine.shell(`dpkg --force-unsafe-io ${args.join(' ')} 2>&1`);
    const state = async (property: string): Promise<string> =>
      (await machine.shell(`systemctl show -P ${property} certready`)).trim();

    it('the .deb runs as a service once it is installed', async () => {
      await dpkg('-i', path);
      assert.deepEqual(
        [await state('ActiveState'), await state('UnitFileState'), await state('NotifyAccess')],
        ['active', 'enabled', 'main'],
      );
      await machine.shell('test -d /var/lib/private/certready && certready config check');
    });

    it('it starts anew when it is upgraded', async () => {
      const before = await state('MainPID');
      await dpkg('-i', path);
      assert.equal(await state('ActiveState'), 'active');
      assert.notEqual(await state('MainPID'), before);
    });

    it('it is stopped when it is removed, its state kept; purging leaves no trace', async () => {
      await dpkg('-r', 'certready');
      assert.notEqual(await state('ActiveState'), 'active');
      await machine.shell(
        'test -d /var/lib/private/certready && test -e /etc/certready/config.yaml',
      );
      await dpkg('-P', 'certready');
      const left = await machine.shell(`${functions} traces`);
      assert.equal(left, '');
    });

    it(
      'the .rpm is enabled, starts anew when it is upgraded, is stopped when it is removed',
      {
        skip: lackingRpm,
      },
      async () => {
        const rpmOf = (...args: readonly string[]): Promise<string> =>
          machine.shell(`rpm --dbpath /tmp/rpm --nodeps ${args.join(' ')}`);
        const install = ['--force-debian', '--nosignature', onMachine(rpm)];
        await rpmOf('-i', ...install);
        assert.deepEqual(
          [await state('ActiveState'), await state('UnitFileState')],
          ['inactive', 'enabled'],
        );
        await machine.shell('systemctl start certready');
        const before = await state('MainPID');
        await rpmOf('-U', '--replacepkgs', ...install);
        assert.equal(await state('ActiveState'), 'active');
        assert.notEqual(await state('MainPID'), before);
        await rpmOf('-e', 'certready');
        assert.equal(await state('LoadState'), 'not-found');
        // Nobody changed the configuration; RPM knows no purging, so the state stays
        const left = await machine.shell(`${functions} traces`);
        assert.equal(left, '/var/lib/certready\n/var/lib/private/certready\n');
      },
    );
  },
);

suite('lintian', { skip: lackingPackages('_amd64.deb') || (await lacking('lintian')) }, () => {
  it('finds no error in the .deb', async () => {
    // What it says of running as root goes to standard error
    const { stdout } = await run('lintian', ['--tag-display-limit', '0', deb]);
    assert.equal(stdout, '');
  });
});

suite(
  'the .rpm',
  {
    skip: lackingRoot() || lackingRpm,
  },
  () => {
    it('is installed, upgraded and removed; what an administrator wrote is kept', async () => {
      const printed = await inPrivateRoot(
        dirname(rpm),
        `${functions}
        # Debian's rpm knows no other packages; scriptlets and files are as on other systems
        r() { rpm --dbpath /tmp/rpm "$@"; }
        install() { r --nodeps --force-debian --nosignature "$@" ${outside(rpm)}; }
        say before; traces
        install -i
        say version; certready --version
        say check; certready config check
        say verify; r -V --nodeps certready
        say configuration; r -qc certready
        say documents; r -qL certready
        echo 'splay: 5m' >/etc/certready/config.yaml
        install -U --replacepkgs
        say upgraded; cat /etc/certready/config.yaml
        r -e --nodeps certready 2>/dev/null
        say removed; traces; cat /etc/certready/config.yaml.rpmsave
        say registered; r -q certready || true
        `,
      );
      const said = sections(printed);
      assert.match(said['version'] ?? '', /^\d+\.\d+\.\d+$/);
      assert.match(said['check'] ?? '', /^OK /);
      assert.equal(said['verify'], '');
      assert.equal(said['configuration'], '/etc/certready/config.yaml');
      assert.equal(said['documents'], '/usr/share/licenses/certready/LICENSE');
      assert.equal(said['upgraded'], 'splay: 5m');
      assert.equal(said['removed'], `${said['before'] ?? ''}\n/etc/certready\nsplay: 5m`.trim());
      assert.match(said['registered'] ?? '', /not installed/);
    });
  },
);
