/** The mail host of the lab's internet: Postfix, and beside it one that fails as it is told. */

import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ipv4, ipv6 } from '../addresses.ts';
import { lastMailPort } from '../mail-faults.ts';
import type { Namespaces } from '../namespaces.ts';

const mailFaults = fileURLToPath(new URL('../mail-faults.ts', import.meta.url));

const master = '/usr/lib/postfix/sbin/master';
const queues = [
  'active',
  'bounce',
  'defer',
  'deferred',
  'flush',
  'hold',
  'incoming',
  'maildrop',
].concat(['pid', 'private', 'public', 'saved', 'trace', 'corrupt']);

/** Every daemon that an idle smtpd asks for. */
const daemons = [
  'smtp inet n - n - - smtpd',
  'pickup unix n - n 60 1 pickup',
  'cleanup unix n - n - 0 cleanup',
  'qmgr unix n - n 300 1 qmgr',
  'tlsmgr unix - - n 1000? 1 tlsmgr',
  'rewrite unix - - n - - trivial-rewrite',
  'anvil unix - - n - 1 anvil',
  'proxymap unix - - n - - proxymap',
  'postlog unix-dgram n - n - 1 postlogd',
];

const settings = (folder: string): Readonly<Record<string, string>> => ({
  compatibility_level: '3.6',
  queue_directory: `${folder}/spool`,
  data_directory: `${folder}/data`,
  mail_owner: 'postfix',
  setgid_group: 'postdrop',
  myhostname: 'mx.lab.test',
  mydestination: '',
  inet_interfaces: `${ipv4('mail')}, [${ipv6('mail')}]`,
  inet_protocols: 'all',
  smtpd_tls_security_level: 'may',
  smtpd_tls_chain_files: `${folder}/chain.pem`,
  smtpd_relay_restrictions: 'reject',
  smtpd_peername_lookup: 'no',
  maillog_file: `${folder}/mail.log`,
  maillog_file_prefixes: folder,
});

export const startMailHost = async (lab: Namespaces, pki: string): Promise<void> => {
  const folder = join(pki, 'postfix');
  await mkdir(join(folder, 'conf'), { recursive: true });
  const kept = ['data', ...queues.map((queue) => `spool/${queue}`)].map((name) =>
    join(folder, name),
  );
  for (const path of kept) await mkdir(path, { recursive: true });
  await chmod(folder, 0o755);
  await lab.exec('inet', 'chown', 'postfix', ...kept);
  const parts = ['mail.key', 'mail.crt', 'inter.crt'].map((name) => readFile(join(pki, name)));
  await writeFile(join(folder, 'chain.pem'), Buffer.concat(await Promise.all(parts)), {
    mode: 0o600,
  });
  const main = Object.entries(settings(folder)).map(([key, value]) => `${key} = ${value}\n`);
  await writeFile(join(folder, 'conf/main.cf'), main.join(''));
  await writeFile(join(folder, 'conf/master.cf'), daemons.map((line) => `${line}\n`).join(''));
  // Without postfix(1), whose checks take seconds
  lab.start('inet', [master, '-c', join(folder, 'conf'), '-d']);
  lab.start('inet', [process.execPath, '--import', 'tsx', mailFaults, pki]);
};

export const mailSockets = [`${ipv4('mail')}:25`, `[${ipv6('block')}]:${lastMailPort}`];
