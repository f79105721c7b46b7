/** What the lab's internet offers: names, CRLs, certificates, OCSP, a block page, a mail host, proxies. */

import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram } from '../helpers/programs.ts';
import type { hosts} from './namespaces.ts';
import { type Namespaces, ipv4, ipv6 } from './namespaces.ts';

const faultServer = fileURLToPath(new URL('fault-server.ts', import.meta.url));

const program = async (name: string): Promise<string> => {
  const path = await findProgram(name);
  if (path === undefined) throw new Error(`the lab needs ${name}`);
  return path;
};

const names = ['crl', 'secure', 'ocsp', 'mail', 'block'] as const;

/** dnsmasq on .53 answers for lab.test as a public resolver would. */
const startDns = async (lab: Namespaces, folder: string): Promise<void> => {
  const config = join(folder, 'dnsmasq.conf');
  const records = names.map(
    (name) => `host-record=${name}.lab.test,${ipv4(name)},${ipv6(name)},60`,
  );
  await writeFile(
    config,
    [
      'no-resolv',
      'no-hosts',
      'keep-in-foreground',
      'bind-interfaces',
      'user=root',
      'local=/test/',
      `listen-address=${ipv4('dns')},${ipv6('dns')}`,
      `pid-file=${folder}/dnsmasq.pid`,
      ...records,
      // Faulty and unusual names
      `host-record=two.lab.test,${ipv4('dead')},60`,
      `host-record=two.lab.test,${ipv4('crl')},60`,
      `host-record=six.lab.test,${ipv6('crl')},60`,
      `host-record=sink.lab.test,0.0.0.0,60`,
      `host-record=sink127.lab.test,127.0.0.1,60`,
      'txt-record=nodata.lab.test,nothing',
      ...Array.from(
        { length: 8 },
        (_, index) =>
          `cname=chain${index}.lab.test,${index === 7 ? 'crl' : `chain${index + 1}`}.lab.test`,
      ),
    ].join('\n'),
  );
  lab.start('inet', [await program('dnsmasq'), `--conf-file=${config}`]);
};

/** unbound on .54 refuses, fails and stays silent by name. */
const startFaultyDns = async (lab: Namespaces, folder: string): Promise<void> => {
  const config = join(folder, 'unbound.conf');
  const data = names.flatMap((name) => [
    `  local-data: "${name}.lab.test. 60 IN A ${ipv4(name)}"`,
    `  local-data: "${name}.lab.test. 60 IN AAAA ${ipv6(name)}"`,
  ]);
  await writeFile(
    config,
    `server:
  interface: ${ipv4('dns2')}
  access-control: 10.77.0.0/16 allow
  chroot: ""
  username: ""
  directory: "${folder}"
  pidfile: "${folder}/unbound.pid"
  use-syslog: no
  logfile: "${folder}/unbound.log"
  do-daemonize: no
  module-config: "iterator"
  do-not-query-localhost: no
  local-zone: "lab.test." transparent
${data.join('\n')}
  local-zone: "refused.lab.test." always_refuse
  local-zone: "silent.lab.test." always_deny
  local-zone: "nodata.lab.test." always_nodata
  local-zone: "nx.lab.test." always_nxdomain
forward-zone:
  name: "servfail.lab.test."
  forward-addr: 127.0.0.1@9
remote-control:
  control-enable: no
`,
  );
  lab.start('inet', [await program('unbound'), '-d', '-c', config]);
};

/** The web servers: CRLs on .20, certificates on .21, the OCSP responder behind .30, a block page on .66. */
const nginxConfig = (folder: string): string => {
  const listen = (host: keyof typeof hosts, port = 80): string =>
    `listen ${ipv4(host)}:${port}; listen [${ipv6(host)}]:${port};`;
  const page =
    '<!doctype html><html><head><title>Access denied</title></head><body>Blocked by policy</body></html>';
  const block = (port: number, status: number): string =>
    `server { ${listen('block', port)} location / { default_type text/html; return ${status} '${page}'; } }`;
  return `daemon off; user root; pid ${folder}/nginx.pid; error_log ${folder}/nginx.err; worker_processes 1;
events {}
http {
  access_log off; default_type application/octet-stream;
  types { application/pkix-crl crl; application/pkix-cert crt; text/html html; }
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/tmp-${name};`).join(' ')}
  server { ${listen('crl')} root ${folder}/www; location /moved/ { return 302 http://crl.lab.test/inter.crl; } }
  server { ${listen('secure')} root ${folder}/www; }
  server { ${listen('ocsp')} location / { proxy_pass http://127.0.0.1:8889; proxy_http_version 1.0; } }
  ${[
    [80, 200],
    [8403, 403],
    [8511, 511],
    [8404, 404],
    [8503, 503],
  ]
    .map(([port = 80, status = 200]) => block(port, status))
    .join('\n  ')}
  server { ${listen('block', 8302)} location / { return 302 http://block.lab.test/login; } }
  server { ${listen('block', 8080)} root ${folder}/www; location / { rewrite ^.*$ /root.crt break; } }
  server { ${listen('block', 8081)} location / { types {} default_type text/html; root ${folder}/www; } }
}
`;
};

const squidConfig = (folder: string, port: number, rules: string): string => `
http_port 10.77.1.1:${port}
visible_hostname proxy.lab.test
pid_filename ${folder}/squid-${port}.pid
cache_log ${folder}/squid-${port}.log
access_log none
cache deny all
cache_mem 8 MB
dns_nameservers ${ipv4('dns')}
shutdown_lifetime 0 seconds
connect_timeout 2 seconds
forward_timeout 3 seconds
acl SSL_ports port 443
acl Safe_ports port 80 443 1025-65535
http_access deny !Safe_ports
http_access deny CONNECT !SSL_ports
${rules}
`;

/** squid in the firewall: open on 3128, with a password on 3129, denying the CRL host on 3130. */
const startProxies = async (lab: Namespaces, folder: string): Promise<void> => {
  const users = join(folder, 'users');
  const hash = (await lab.exec('fw', 'openssl', 'passwd', '-apr1', 'p@ss:w/rd')).trim();
  await writeFile(users, `probe:${hash}\n`);
  const auth = `auth_param basic program /usr/lib/squid/basic_ncsa_auth ${users}
auth_param basic realm lab
acl known proxy_auth REQUIRED
http_access allow known
http_access deny all`;
  const configs: readonly (readonly [number, string])[] = [
    [3128, 'http_access allow all'],
    [3129, auth],
    [3130, 'acl denied dstdomain crl.lab.test\nhttp_access deny denied\nhttp_access allow all'],
  ];
  for (const [port, rules] of configs) {
    const config = join(folder, `squid-${port}.conf`);
    await writeFile(config, squidConfig(folder, port, rules));
    lab.start('fw', [await program('squid'), '-N', '-f', config]);
  }
};

/** Waits until something listens on an address of the host. */
const listening = async (lab: Namespaces, host: 'inet' | 'fw', address: string): Promise<void> => {
  for (let attempt = 0; attempt < 200; attempt++) {
    const sockets = await lab.exec(host, 'ss', '-Hlntu');
    if (sockets.includes(`${address} `)) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`nothing listens on ${address}`);
};

/** Starts everything; `folder` holds the PKI of makeOpensslPki and takes what the services write. */
export const startServices = async (lab: Namespaces, folder: string): Promise<void> => {
  await chmod(folder, 0o777);
  await mkdir(join(folder, 'tmp'), { recursive: true });
  await startDns(lab, folder);
  await startFaultyDns(lab, folder);
  await writeFile(join(folder, 'nginx.conf'), nginxConfig(folder));
  lab.start('inet', [
    await program('nginx'),
    '-e',
    `${folder}/nginx.err`,
    '-c',
    `${folder}/nginx.conf`,
  ]);
  const ocsp = [
    'ocsp',
    '-port',
    '8889',
    '-index',
    'root.txt',
    '-CA',
    'root.crt',
    '-rsigner',
    'ocsp-root.crt',
    '-rkey',
    'ocsp-root.key',
    '-nmin',
    '60',
    '-ignore_err',
  ];
  lab.start('inet', ['openssl', ...ocsp], { cwd: folder });
  const faulty = [
    '--import',
    'tsx',
    faultServer,
    `${folder}/www/inter.crl`,
    ipv4('block'),
    ipv6('block'),
  ];
  lab.start('inet', [process.execPath, ...faulty]);
  await startProxies(lab, folder);
  await Promise.all([
    ...[
      `${ipv4('dns')}:53`,
      `${ipv4('dns2')}:53`,
      `${ipv4('crl')}:80`,
      `${ipv4('block')}:9000`,
      '*:8889',
    ].map((address) => listening(lab, 'inet', address)),
    ...[3128, 3129, 3130].map((port) => listening(lab, 'fw', `10.77.1.1:${port}`)),
  ]);
};
