/** The lab's resolvers: good ones, ones of one family, and ones that fail by name or always. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type InternetHost, firewall, ipv4, ipv6 } from '../addresses.ts';
import { findProgram } from '../../helpers/programs.ts';
import type { Namespaces } from '../namespaces.ts';

interface Pair {
  readonly ipv4?: string;
  readonly ipv6?: string;
}

const at = (host: InternetHost): Pair => ({ ipv4: ipv4(host), ipv6: ipv6(host) });

/** Names below lab.test. */
const names: Readonly<Record<string, readonly Pair[]>> = {
  crl: [at('crl')],
  secure: [at('secure')],
  ocsp: [at('ocsp')],
  mx: [at('mail')],
  block: [at('block')],
  http10: [at('http10')],
  chunked: [at('chunked')],
  proxy: [firewall],
  robin: [at('crl'), at('robin')],
  two: [at('dead'), at('crl')],
  six: [{ ipv6: ipv6('crl') }],
  sink: [{ ipv4: '0.0.0.0', ipv6: '::' }],
  loop: [{ ipv4: '127.0.0.1', ipv6: '::1' }],
};

/** The way to the CRL host that a long chain of aliases takes. */
const aliases = Array.from({ length: 8 }, (_, index) => [
  `chain${index}.lab.test`,
  index === 7 ? 'crl.lab.test' : `chain${index + 1}.lab.test`,
]);

type Family = 'ipv4' | 'ipv6';

const records = (families: readonly Family[]): string[] =>
  Object.entries(names).flatMap(([name, pairs]) =>
    pairs.flatMap((pair) =>
      families.flatMap((family) => {
        const address = pair[family];
        return address === undefined ? [] : [`host-record=${name}.lab.test,${address},60`];
      }),
    ),
  );

export interface ResolverFiles {
  readonly folder: string;
  readonly lab: Namespaces;
}

const startDnsmasq = async (
  { folder, lab }: ResolverFiles,
  host: InternetHost,
  zone: readonly string[],
): Promise<void> => {
  const config = join(folder, `dnsmasq-${host}.conf`);
  const lines = [
    'no-resolv',
    'no-hosts',
    'keep-in-foreground',
    'bind-interfaces',
    'user=root',
    `listen-address=${ipv4(host)},${ipv6(host)}`,
    'no-dhcp-interface=*',
    `pid-file=${folder}/dnsmasq-${host}.pid`,
    ...zone,
  ];
  await writeFile(config, `${lines.join('\n')}\n`);
  lab.start('inet', [(await findProgram('dnsmasq')) ?? 'dnsmasq', `--conf-file=${config}`]);
};

const zone = (families: readonly Family[]): readonly string[] => [
  'local=/test/',
  'txt-record=nodata.lab.test,nothing',
  ...records(families),
  ...aliases.map(([from = '', to = '']) => `cname=${from},${to}`),
];

const startUnbound = async (
  { folder, lab }: ResolverFiles,
  host: InternetHost,
  clauses: readonly string[],
): Promise<void> => {
  const config = join(folder, `unbound-${host}.conf`);
  await writeFile(
    config,
    `server:
  interface: ${ipv4(host)}
  interface: ${ipv6(host)}
  access-control: 10.77.0.0/16 allow
  access-control: 2001:db8::/32 allow
  chroot: ""
  username: ""
  directory: "${folder}"
  pidfile: "${folder}/unbound-${host}.pid"
  use-syslog: no
  logfile: "${folder}/unbound-${host}.log"
  do-daemonize: no
  module-config: "iterator"
${clauses.join('\n')}
remote-control:
  control-enable: no
`,
  );
  lab.start('inet', [(await findProgram('unbound')) ?? 'unbound', '-d', '-c', config]);
};

/** A zone that never arrives from its primary server: SERVFAIL at once, for every name in it. */
const brokenZone = (name: string): string =>
  `auth-zone:\n  name: "${name}"\n  primary: 127.0.0.1\n  for-downstream: yes\n  for-upstream: yes\n  fallback-enabled: no`;

const failingByName = (): string[] => [
  '  local-zone: "lab.test." transparent',
  ...['crl', 'secure', 'ocsp'].flatMap((name) => [
    `  local-data: "${name}.lab.test. 60 IN A ${ipv4(name as InternetHost)}"`,
    `  local-data: "${name}.lab.test. 60 IN AAAA ${ipv6(name as InternetHost)}"`,
  ]),
  '  local-zone: "nx.lab.test." always_nxdomain',
  '  local-zone: "nodata.lab.test." always_nodata',
  '  local-zone: "refused.lab.test." always_refuse',
  '  local-zone: "silent.lab.test." always_deny',
  brokenZone('servfail.lab.test'),
];

export const startResolvers = async (files: ResolverFiles): Promise<void> => {
  await Promise.all([
    startDnsmasq(files, 'dns', zone(['ipv4', 'ipv6'])),
    startDnsmasq(files, 'dnsIpv4', zone(['ipv4'])),
    startDnsmasq(files, 'dnsIpv6', zone(['ipv6'])),
    startDnsmasq(files, 'dnsRefusing', []),
    startUnbound(files, 'dns2', failingByName()),
    // What is reserved for tests would be answered without a look at any zone (RFC 6761)
    startUnbound(files, 'dnsBroken', ['  local-zone: "test." nodefault', brokenZone('.')]),
  ]);
};

export const resolverSockets = (
  ['dns', 'dnsIpv4', 'dnsIpv6', 'dnsRefusing', 'dns2', 'dnsBroken'] as const
).map((host) => `${ipv4(host)}:53`);
