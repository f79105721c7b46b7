/** squid in the firewall, one port a policy, and another one that hands on to a parent that wants a password. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram } from '../../helpers/programs.ts';
import { firewall, ipv4 } from '../addresses.ts';
import type { Namespaces } from '../namespaces.ts';

/** Ports by policy; the password is `p@ss:w/rd` of user `probe`. */
export const proxyPorts = {
  open: 3128,
  password: 3129,
  /** Denies the CRL host. */
  denying: 3130,
  /** Denies every CONNECT. */
  noConnect: 3131,
  /** Hands on to `password`, knowing the password, and not knowing it. */
  child: 3140,
  childWithoutPassword: 3141,
} as const;

const common = (folder: string, name: string): string => `
visible_hostname ${name}.lab.test
unique_hostname ${name}.lab.test
pid_filename ${folder}/squid-${name}.pid
cache_log ${folder}/squid-${name}.log
access_log none
netdb_filename none
pinger_enable off
cache deny all
cache_mem 8 MB
dns_nameservers ${ipv4('dns')}
shutdown_lifetime 0 seconds
connect_timeout 1 second
forward_timeout 1 second
acl SSL_ports port 443
acl Safe_ports port 80 443 1025-65535
http_access deny !Safe_ports
http_access deny CONNECT !SSL_ports
`;

const ports = (...numbers: readonly number[]): string =>
  numbers.map((port) => `http_port ${port}`).join('\n');

const gate = (folder: string): string => `${common(folder, 'gate')}
${ports(proxyPorts.open, proxyPorts.password, proxyPorts.denying, proxyPorts.noConnect)}
auth_param basic program /usr/lib/squid/basic_ncsa_auth ${folder}/users
auth_param basic realm lab
acl known proxy_auth REQUIRED
acl password localport ${proxyPorts.password}
acl denying localport ${proxyPorts.denying}
acl no_connect localport ${proxyPorts.noConnect}
acl crl_host dstdomain crl.lab.test
http_access deny denying crl_host
http_access deny no_connect CONNECT
http_access deny password !known
http_access allow all
`;

const child = (folder: string): string => `${common(folder, 'child')}
${ports(proxyPorts.child, proxyPorts.childWithoutPassword)}
server_persistent_connections off
acl informed localport ${proxyPorts.child}
cache_peer ${firewall.ipv4} parent ${proxyPorts.password} 0 no-query no-digest name=informed login=probe:p@ss:w/rd
cache_peer ${firewall.ipv6} parent ${proxyPorts.password} 0 no-query no-digest name=uninformed
cache_peer_access informed allow informed
cache_peer_access informed deny all
cache_peer_access uninformed deny informed
cache_peer_access uninformed allow all
never_direct allow all
http_access allow all
`;

export const startProxies = async (lab: Namespaces, folder: string): Promise<void> => {
  const hash = (await lab.exec('fw', 'openssl', 'passwd', '-apr1', 'p@ss:w/rd')).trim();
  await writeFile(join(folder, 'users'), `probe:${hash}\n`);
  const squid = (await findProgram('squid')) ?? 'squid';
  for (const [name, config] of [
    ['gate', gate(folder)],
    ['child', child(folder)],
  ] as const) {
    const path = join(folder, `squid-${name}.conf`);
    await writeFile(path, config);
    lab.start('fw', [squid, '-N', '-n', `lab${process.pid}${name}`, '-f', path]);
  }
};

export const proxySockets = Object.values(proxyPorts).map((port) => `*:${port}`);
