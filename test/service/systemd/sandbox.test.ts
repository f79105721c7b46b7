/**
 * What the sandbox hides must change no verdict: the same question, asked by root and from within the unit that
 * `service install` writes. DNS, HTTP, the system's and a mail server's trust stores, all of them real.
 */

import assert from 'node:assert/strict';
import { after, before, it, suite } from 'node:test';
import { labProfile } from '../../helpers/lab-profile.ts';
import { type LoopbackLab, startLoopbackLab } from '../../helpers/loopback-lab.ts';
import { lacking } from '../../helpers/programs.ts';
import { noSystemdMachine } from '../../helpers/systemd-machine.ts';
import { type Installation, certready, install } from '../booted/installation.ts';

/** An address of loopback that nobody else listens on. */
const resolver = '127.91.3.7';

interface Report {
  readonly verdict: string;
  readonly checks: readonly {
    readonly id: string;
    readonly status: string;
    readonly evidence: Readonly<Record<string, unknown>>;
  }[];
  readonly gaps: readonly { readonly id: string; readonly severity: string }[];
}

/** What must not differ. */
const essence = ({ verdict, checks, gaps }: Report) => ({
  verdict,
  checks: checks.map(({ id, status, evidence }) => ({
    id,
    status,
    ...Object.fromEntries(['trusted', 'purposes', 'path'].map((key) => [key, evidence[key]])),
  })),
  gaps: gaps.map(({ id, severity }) => ({ id, severity })),
});

const skip =
  (await noSystemdMachine()) || (await lacking('openssl', 'nginx', 'dnsmasq', 'postconf'));

suite('within the sandbox', { skip }, () => {
  let installation: Installation;
  let lab: LoopbackLab;
  before(async () => {
    [installation, lab] = await Promise.all([install(), startLoopbackLab()]);
    const { machine } = installation;
    await machine.write('/etc/certready/root.crt', lab.root);
    await machine.write(
      '/etc/certready/lab.yaml',
      labProfile({ endpoints: ['crl.lab.test', 'gone.lab.test', 'sink.lab.test'] }),
    );
    await machine.write('/etc/certready/config.yaml', 'profiles: [lab.yaml]\nproxy: none\n');
    // Debian's Postfix is locked into its queue, with a copy of the roots as they were when it started.
    await machine.shell(`
      postconf -e smtp_tls_CApath=/etc/ssl/certs smtp_tls_security_level=verify
      postconf -F smtp/unix/chroot=y
      mkdir -p /var/spool/postfix/etc/ssl/certs
      cp -P /etc/ssl/certs/*.0 /var/spool/postfix/etc/ssl/certs/
      cp /etc/certready/root.crt /var/spool/postfix/etc/ssl/certs/lab.pem
      openssl rehash /var/spool/postfix/etc/ssl/certs 2>/dev/null
      rm -f /etc/resolv.conf
      echo nameserver ${resolver} >/etc/resolv.conf
      systemd-run --quiet --unit=lab-dns dnsmasq --keep-in-foreground --no-resolv --no-hosts \\
        --conf-file=/dev/null --user=root --pid-file= --listen-address=${resolver} --bind-interfaces \\
        --address=/sink.lab.test/127.0.0.1 --address=/gone.lab.test/
      until getent hosts sink.lab.test; do sleep 0.1; done`);
  });
  after(async () => {
    await Promise.all([installation.stop(), lab.stop()]);
  });

  /** The lab's names lead to it; those that it does not know are asked for in DNS. */
  const once = (): string[] => [
    ...['--once', '--quiet', '--format', 'json'],
    ...lab.options.slice(lab.options.indexOf('--proxy')),
  ];

  it('all verdicts are those of root outside', async () => {
    const { machine, service } = installation;
    const outside = await machine.run(...certready(), ...once());
    const asRoot = JSON.parse(outside.stdout) as Report;

    assert.equal((await service('install')).status, 0);
    await machine.shell(`
      cd /etc/systemd/system
      sed -E 's/^Type=.*/Type=oneshot/; /^(Restart|WatchdogSec|NotifyAccess|ExecReload)/d;
        s|^ExecStart=.*|& ${once().join(' ')}|; /^Type=/a StandardOutput=truncate:/run/report.json' \\
        certready.service >sandboxed.service
      printf '[Service]\\nSuccessExitStatus=1 2 3\\n' >>sandboxed.service
      systemctl daemon-reload
      systemctl start sandboxed`);
    const confined = JSON.parse(await machine.shell('cat /run/report.json')) as Report;

    assert.deepEqual(essence(confined), essence(asRoot));
    const ids = asRoot.checks.filter(({ status }) => status === 'ok').map(({ id }) => id);
    const seen = new Set(ids.map((id) => id.split(':')[0]));
    for (const kind of ['endpoint', 'aia', 'crl', 'ocsp', 'trust-store', 'clock'])
      assert.ok(seen.has(kind), `${kind}: ${ids.join(' ')}`);
    const gaps = asRoot.gaps.map(({ id }) => id);
    for (const gap of [
      'dns-not-found:gone.lab.test',
      'dns-sinkhole:sink.lab.test',
      'root-missing:r1@/etc/ssl/certs',
    ])
      assert.ok(gaps.includes(gap), `${gap}: ${gaps.join(' ')}`);
    assert.ok(ids.includes('trust-store:r1@/var/spool/postfix/etc/ssl/certs'), ids.join(' '));
  });
});
