/** The lab's web servers: nginx for CRLs, certificates, OCSP and block pages; one that misbehaves. */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type InternetHost, ipv4, ipv6 } from '../addresses.ts';
import { findProgram } from '../../helpers/programs.ts';
import type { Namespaces } from '../namespaces.ts';

const faultServer = fileURLToPath(new URL('../fault-server.ts', import.meta.url));

const listen = (host: InternetHost, port = 80): string =>
  `listen ${ipv4(host)}:${port}; listen [${ipv6(host)}]:${port};`;

const page =
  '<!doctype html><html><head><title>Access denied</title></head><body>Blocked by policy</body></html>';

/** Ports of the block page's host, by what they answer. */
export const blockPorts = {
  page200: 80,
  page403: 8403,
  page511: 8511,
  page404: 8404,
  page503: 8503,
  /** HTML under the type that a CRL has. */
  disguised: 8200,
  portal: 8302,
  /** Leads to another host that has the same files. */
  elsewhere: 8303,
  otherContent: 8080,
  otherCrl: 8082,
  wrongType: 8081,
} as const;

const pageServer = (port: number, status: number, type = 'text/html'): string =>
  `server { ${listen('block', port)} location / { default_type ${type}; return ${status} '${page}'; } }`;

/** Whatever is asked for, the answer is one file. */
const fileServer = (port: number, folder: string, file: string): string =>
  `server { ${listen('block', port)} root ${folder}/www; location / { rewrite ^.*$ /${file} break; } }`;

const config = (folder: string): string => `
daemon off; master_process off; user root; pid ${folder}/nginx.pid; error_log ${folder}/nginx.err;
events {}
http {
  access_log off; default_type application/octet-stream;
  # openssl's responder spins for ever over a connection that ends without a question.
  proxy_ignore_client_abort on;
  types { application/pkix-crl crl; application/pkix-cert crt; text/html html; }
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/tmp-${name};`).join(' ')}
  server {
    ${listen('crl')} ${listen('robin')} root ${folder}/www;
    location /moved/ { rewrite ^/moved/(.*)$ http://$host/again/$1 redirect; }
    location /again/ { rewrite ^/again/(.*)$ /$1 permanent; }
    location /ocsp/ { proxy_pass http://127.0.0.1:8889; proxy_http_version 1.0; }
  }
  server { ${listen('secure')} root ${folder}/www; }
  server {
    ${listen('ocsp')}
    location / { proxy_pass http://127.0.0.1:8889; proxy_http_version 1.0; }
    location /inter { proxy_pass http://127.0.0.1:8890; proxy_http_version 1.0; }
  }
  server { ${listen('chunked')} location / { proxy_pass http://${ipv4('http10')}; proxy_set_header Host $host; } }
  ${pageServer(blockPorts.page200, 200)}
  ${pageServer(blockPorts.page403, 403)}
  ${pageServer(blockPorts.page511, 511)}
  ${pageServer(blockPorts.page404, 404)}
  ${pageServer(blockPorts.page503, 503)}
  ${pageServer(blockPorts.disguised, 200, 'application/pkix-crl')}
  server { ${listen('block', blockPorts.portal)} location / { return 302 http://block.lab.test/login; } }
  server { ${listen('block', blockPorts.elsewhere)} location / { return 302 http://secure.lab.test$request_uri; } }
  ${fileServer(blockPorts.otherContent, folder, 'root.crt')}
  ${fileServer(blockPorts.otherCrl, folder, 'stranger.crl')}
  server { ${listen('block', blockPorts.wrongType)} root ${folder}/www; types {} default_type text/html; }
}
`;

const ocspResponder = (ca: 'root' | 'inter', port: number): readonly string[] => [
  ...['openssl', 'ocsp', '-port', String(port), '-index', `${ca}.txt`, '-CA', `${ca}.crt`],
  ...['-rsigner', `ocsp-${ca}.crt`, '-rkey', `ocsp-${ca}.key`, '-nmin', '60', '-ignore_err'],
];

export const startWebServers = async (lab: Namespaces, folder: string): Promise<void> => {
  await mkdir(join(folder, 'tmp'), { recursive: true });
  await writeFile(join(folder, 'nginx.conf'), config(folder));
  const nginx = (await findProgram('nginx')) ?? 'nginx';
  lab.start('inet', [nginx, '-e', `${folder}/nginx.err`, '-c', `${folder}/nginx.conf`]);
  lab.start('inet', ocspResponder('root', 8889), { cwd: folder });
  lab.start('inet', ocspResponder('inter', 8890), { cwd: folder });
  lab.start('inet', [process.execPath, '--import', 'tsx', faultServer]);
};

export const webSockets = [
  `${ipv4('crl')}:80`,
  `${ipv4('block')}:80`,
  `${ipv6('http10')}:80`.replace(/^(.*):80$/, '[$1]:80'),
  '*:8889',
  '*:8890',
];
