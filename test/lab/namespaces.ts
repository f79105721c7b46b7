/**
 * Three hosts on one machine: a mail server, a firewall and an "internet", as network namespaces.
 *
 *     mx  10.77.1.10 ── 10.77.1.1  fw  10.77.2.1 ── 10.77.2.x  inet
 *     mx  2001:db8:1::10  ─────────  fw  ─────────  2001:db8:2::x  inet
 *
 * Needs root, iproute2 and nftables. Nothing leaves the machine.
 */

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export type HostName = 'mx' | 'fw' | 'inet';
const hostNames: readonly HostName[] = ['mx', 'fw', 'inet'];

/** The last part of each address of the internet: IPv4 10.77.2.N, IPv6 2001:db8:2::N. */
export const hosts = {
  crl: 20,
  secure: 21,
  mail: 25,
  ocsp: 30,
  dns: 53,
  dns2: 54,
  block: 66,
  dead: 99,
} as const;
export const ipv4 = (host: keyof typeof hosts): string => `10.77.2.${hosts[host]}`;
export const ipv6 = (host: keyof typeof hosts): string => `2001:db8:2::${hosts[host]}`;

export interface Namespaces {
  /** The words that run a command on one of the hosts. */
  on(host: HostName, ...command: string[]): string[];
  /** Runs a command there and waits for it. @throws when it fails */
  exec(host: HostName, ...command: string[]): Promise<string>;
  /** Starts a program there; `down` ends it. */
  start(
    host: HostName,
    command: readonly string[],
    options?: { cwd?: string; env?: NodeJS.ProcessEnv },
  ): ChildProcess;
  /** Ends one program that `start` started. */
  end(child: ChildProcess): Promise<void>;
  /** Loads nftables rules there, after what is loaded. */
  nft(host: HostName, rules: string): Promise<void>;
  /** Addresses, routes, MTU and rules as they were after `up`. */
  reset(): Promise<void>;
  down(): Promise<void>;
}

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve();
      return;
    }
    const kill = setTimeout(() => child.kill('SIGKILL'), 2000);
    child.once('exit', () => {
      clearTimeout(kill);
      resolve();
    });
    child.kill('SIGTERM');
  });

/** The filter and nat chains that faults add rules to. */
const firewall = `
flush ruleset
table inet lab {
  chain prerouting { type nat hook prerouting priority dstnat; policy accept; }
  chain forward { type filter hook forward priority filter; policy accept; }
  chain output { type filter hook output priority filter; policy accept; }
}
`;

export const bringUp = async (): Promise<Namespaces> => {
  const prefix = `certready-${process.pid}`;
  const space = (host: HostName): string => `${prefix}-${host}`;
  const started = new Set<ChildProcess>();

  const on = (host: HostName, ...command: string[]): string[] => [
    'nsenter',
    `--net=/run/netns/${space(host)}`,
    '--',
    ...command,
  ];
  const exec = async (host: HostName, ...command: string[]): Promise<string> => {
    const [program = '', ...args] = on(host, ...command);
    return (await run(program, args)).stdout;
  };
  const ip = (host: HostName, line: string): Promise<string> =>
    exec(host, 'ip', ...line.split(' '));
  const nft = async (host: HostName, rules: string): Promise<void> => {
    const [program = '', ...args] = on(host, 'nft', '-f', '-');
    const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    const done = new Promise<number | null>((resolve) => child.once('exit', resolve));
    child.stdin.end(rules);
    if ((await done) !== 0) throw new Error(`nft refused ${rules.trim()}: ${errors.trim()}`);
  };

  for (const host of hostNames) await run('ip', ['netns', 'add', space(host)]);
  for (const host of hostNames) {
    await ip(host, 'link set lo up');
    await exec(
      host,
      'sysctl',
      '-qw',
      'net.ipv6.conf.all.accept_dad=0',
      'net.ipv6.conf.default.accept_dad=0',
    );
    await exec(host, 'sysctl', '-qw', 'net.ipv4.icmp_ratelimit=0', 'net.ipv6.icmp.ratelimit=0');
  }
  await ip('mx', `link add out type veth peer name in netns ${space('fw')}`);
  await ip('inet', `link add out type veth peer name net netns ${space('fw')}`);
  await exec(
    'fw',
    'sysctl',
    '-qw',
    'net.ipv4.ip_forward=1',
    'net.ipv6.conf.all.forwarding=1',
    'net.netfilter.nf_conntrack_acct=1',
  );
  for (const [host, device, four, six] of [
    ['mx', 'out', '10.77.1.10', '2001:db8:1::10'],
    ['fw', 'in', '10.77.1.1', '2001:db8:1::1'],
    ['fw', 'net', '10.77.2.1', '2001:db8:2::1'],
    ...Object.values(hosts)
      .filter((number) => number !== hosts.dead)
      .map((number) => ['inet', 'out', `10.77.2.${number}`, `2001:db8:2::${number}`] as const),
  ] as const) {
    await ip(host, `addr add ${four}/24 dev ${device}`);
    await ip(host, `-6 addr add ${six}/64 dev ${device} nodad`);
  }
  for (const [host, device] of [
    ['mx', 'out'],
    ['fw', 'in'],
    ['fw', 'net'],
    ['inet', 'out'],
  ] as const)
    await ip(host, `link set ${device} up`);

  const routes = async (): Promise<void> => {
    for (const [host, four, six] of [
      ['mx', '10.77.1.1', '2001:db8:1::1'],
      ['inet', '10.77.2.1', '2001:db8:2::1'],
    ] as const) {
      await ip(host, `route replace default via ${four}`);
      await ip(host, `-6 route replace default via ${six}`);
    }
  };
  await routes();
  await nft('fw', firewall);

  return {
    on,
    exec,
    nft,
    start(host, command, options = {}) {
      const [program = '', ...args] = on(host, ...command);
      const child = spawn(program, args, { stdio: 'ignore', ...options });
      started.add(child);
      return child;
    },
    async end(child) {
      await ended(child);
      started.delete(child);
    },
    async reset() {
      await nft('fw', firewall);
      await nft('mx', 'flush ruleset');
      await ip('fw', 'link set in mtu 1500');
      await ip('mx', 'link set out mtu 1500');
      for (const type of ['blackhole', 'unreachable', 'prohibit'])
        for (const host of ['mx', 'fw'] as const) {
          await ip(host, `route flush type ${type}`);
          await ip(host, `-6 route flush type ${type}`);
        }
      await exec('fw', 'sysctl', '-qw', 'net.ipv6.conf.all.forwarding=1');
      await routes();
      for (const host of ['mx', 'inet'] as const) {
        await ip(host, 'route flush cache');
        await ip(host, 'tcp_metrics flush');
      }
    },
    async down() {
      await Promise.all([...started].map(ended));
      for (const host of hostNames) await run('ip', ['netns', 'del', space(host)]);
    },
  };
};
