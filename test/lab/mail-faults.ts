/**
 * Mail hosts, and boxes in front of them, that fail as they are told, one port a behaviour, on the block
 * page's address.
 *
 *     node --import tsx test/lab/mail-faults.ts FOLDER-WITH-THE-PKI
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type SmtpServerOptions, startSmtpServer } from '../helpers/smtp-server.ts';
import { ipv4, ipv6 } from './addresses.ts';

const withoutStarttls = ['250-mx.lab.test', '250-SIZE 1000', '250 8BITMIME'];

const behaviours = {
  'mail-silent': { banner: null },
  'mail-rejects': { banner: ['554 5.7.1 your address is on a list'] },
  'mail-stripped': { ehlo: ['250-mx.lab.test', '250-XXXXXXXA', '250 8BITMIME'] },
  'mail-no-starttls': { ehlo: withoutStarttls },
  'mail-inspected': {},
  'mail-reset': { onConnect: (socket) => socket.resetAndDestroy() },
  'mail-reset-after-starttls': { onStarttls: (socket) => socket.resetAndDestroy() },
  'mail-no-tls': { onStarttls: (socket) => socket.end('500 what is this?\r\n') },
  'mail-tls-silent': { onStarttls: (socket) => socket.on('data', () => undefined) },
  'mail-old-tls': {},
} satisfies Record<string, SmtpServerOptions>;

export type MailBehaviourName = keyof typeof behaviours;

const names = Object.keys(behaviours) as readonly MailBehaviourName[];
export const mailPortOf = (name: MailBehaviourName): number => 9100 + names.indexOf(name);
/** That of the one that begins last. */
export const lastMailPort = 9100 + names.length - 1;

const serve = async (folder: string): Promise<void> => {
  const read = (...files: string[]): Buffer =>
    Buffer.concat(files.map((file) => readFileSync(join(folder, file))));
  const own = { cert: read('mail.crt', 'inter.crt'), key: read('mail.key') };
  const inspected = { cert: read('inspected.crt', 'stranger.crt'), key: read('inspected.key') };
  const old = { ...own, maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' };
  const tlsOf = (name: MailBehaviourName) =>
    name === 'mail-inspected' ? inspected : name === 'mail-old-tls' ? (old as typeof own) : own;
  for (const name of names)
    for (const host of [ipv4('block'), ipv6('block')])
      await startSmtpServer({
        tls: tlsOf(name),
        banner: ['220 mx.lab.test ESMTP'],
        ...behaviours[name],
        listen: { host, port: mailPortOf(name) },
      });
};

const [, script, folder] = process.argv;
if (script === fileURLToPath(import.meta.url) && folder !== undefined) await serve(folder);
