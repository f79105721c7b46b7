/**
 * Three hosts on one machine: a mail server, a firewall and an "internet", as network namespaces.
 *
 *     mx  10.77.1.10 ── 10.77.1.1  fw  10.77.2.1 ── 10.77.2.x  inet
 *     mx  2001:db8:1::10  ─────────  fw  ─────────  2001:db8:2::x  inet
 *     mx  10.77.3.10 ──── cable ──── 10.77.3.1  fw      the same way out, but slow or lossy
 *
 * Needs root, iproute2, nftables and perl. Nothing leaves the machine, and nothing outlives this process:
 * a namespace is gone with the programs in it.
 */

import { type ChildProcess, execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { firewall, internetGateway, slowLine } from './addresses.ts';
import { ended, feed, holdNamespaces, holdProcesses, leashed } from './leash.ts';
import {
  type HostName,
  defaultRoutes,
  firewallRules,
  hostNames,
  mailServerRules,
  oddRoutes,
  settings,
  wiring,
} from './wiring.ts';

const run = promisify(execFile);
const cable = fileURLToPath(new URL('cable.pl', import.meta.url));

export type { HostName } from './wiring.ts';

export interface StartOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

export interface Line {
  /** Added to each round trip. */
  readonly roundTripMs: number;
  /** Of the packets in each direction. */
  readonly lossPercent: number;
}

export interface Namespaces {
  /** The words that run a command on one of the hosts. */
  on(host: HostName, ...command: string[]): string[];
  /** Runs a command there and waits for it. @throws when it fails */
  exec(host: HostName, ...command: string[]): Promise<string>;
  /** Starts a program there that runs until `down` kills it. */
  start(host: HostName, command: readonly string[], options?: StartOptions): void;
  /** Loads nftables rules there, after what is loaded. */
  nft(host: HostName, rules: string): Promise<void>;
  /** Lines for `ip -batch`. */
  ip(host: HostName, ...lines: string[]): Promise<void>;
  /** The mail server's way out becomes a long or bad line. */
  slow(line: Line): Promise<void>;
  /** Addresses, routes, MTU and rules as they were after `bringUp`. */
  reset(): Promise<void>;
  down(): Promise<void>;
}

export const bringUp = async (): Promise<Namespaces> => {
  const processes = await holdProcesses();
  const holders = new Map<HostName, ChildProcess>();
  const pid = (host: HostName): number => holders.get(host)?.pid ?? 0;

  const on = (host: HostName, ...command: string[]): string[] => [
    'nsenter',
    `--net=/proc/${pid(host)}/ns/net`,
    '--',
    ...command,
  ];
  const exec = async (host: HostName, ...command: string[]): Promise<string> => {
    const [program = '', ...args] = on(host, ...command);
    return (await run(program, args)).stdout;
  };
  const ip = (host: HostName, ...lines: string[]): Promise<void> =>
    feed(on(host, 'ip', '-batch', '-'), `${lines.join('\n')}\n`);
  const nft = (host: HostName, rules: string): Promise<void> =>
    feed(on(host, 'nft', '-f', '-'), `${rules}\n`);
  const down = async (): Promise<void> => {
    await ended(processes, 'SIGKILL');
    if (line) await ended(line);
    await Promise.all([...holders.values()].map((holder) => ended(holder)));
  };
  let line: ChildProcess | undefined;

  const wire = async (): Promise<void> => {
    for (const host of hostNames) {
      holders.set(host, await holdNamespaces('--net'));
      await exec(host, 'sysctl', '-qw', ...settings[host]);
    }
    const veth = (host: HostName, device: string, peer: string): Promise<void> =>
      ip(host, `link add ${device} type veth peer name ${peer}`);
    await veth('mx', 'out', `in netns ${pid('fw')}`);
    await veth('inet', 'out', `net netns ${pid('fw')}`);
    await veth('mx', 'slow', `near netns ${pid('cable')}`);
    await veth('fw', 'slow', `far netns ${pid('cable')}`);
    for (const host of hostNames) await ip(host, 'link set lo up', ...wiring[host]);
    await ip('mx', ...defaultRoutes(firewall));
    await ip('inet', ...defaultRoutes(internetGateway));
    await Promise.all([nft('fw', firewallRules), nft('mx', mailServerRules)]);
  };
  try {
    await wire();
  } catch (error) {
    await down();
    throw error;
  }

  return {
    on,
    exec,
    ip,
    nft,
    start(host, command, options = {}) {
      const [enter = '', ...words] = on(host, ...command);
      const inside = `--pid=/proc/${processes.pid ?? 0}/ns/pid_for_children`;
      leashed([enter, inside, ...words], { stdio: 'ignore', ...options });
    },
    async slow({ roundTripMs, lossPercent }) {
      const words = ['perl', cable, 'near', 'far', String(roundTripMs / 2), String(lossPercent)];
      line = leashed(on('cable', ...words), { stdio: 'ignore' });
      await ip('mx', ...defaultRoutes(slowLine.firewall));
    },
    async reset() {
      if (line) await ended(line);
      line = undefined;
      // Before the rules: else a host would still be told of the small MTU, and remember it
      await ip('fw', 'link set in mtu 1500');
      await Promise.all([nft('fw', firewallRules), nft('mx', mailServerRules)]);
      await exec('fw', 'sysctl', '-qw', 'net.ipv6.conf.all.forwarding=1');
      for (const host of ['mx', 'fw'] as const)
        for (const family of ['-4', '-6'])
          await feed(on(host, 'ip', family, '-batch', '-'), oddRoutes.join('\n'));
      await ip('mx', 'link set out mtu 1500', ...wiring.mx, ...defaultRoutes(firewall));
      for (const host of ['mx', 'inet'] as const)
        await ip(host, 'route flush cache', 'tcp_metrics flush');
      await exec('inet', 'ip', '-6', 'route', 'flush', 'cache');
    },
    down,
  };
};
