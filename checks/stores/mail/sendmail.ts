/** sendmail: its configuration file and its access map say what it verifies, and with which roots. */

import { posix } from 'node:path';
import type { TrustStore } from '../../types.ts';
import { fromFile, isFile, logicalLines, readText } from './configuration-file.ts';
import type { MailTrust, RootSource } from './mail-trust.ts';

/** `O Name=value` lines of sendmail.cf (Sendmail Operations Guide 5.6). */
export const parseSendmailCf = (text: string): readonly RootSource[] => {
  const option = (name: string): string =>
    new RegExp(`^O\\s+${name}\\s*=\\s*(\\S+)`, 'm').exec(text)?.[1] ?? '';
  const sources: RootSource[] = [
    { kind: 'file', path: option('CACertFile') },
    { kind: 'folder', path: option('CACertPath') },
  ];
  return sources.filter((source) => 'path' in source && source.path.startsWith('/'));
};

/** The access map asks for verification with `TLS_Srv:HOST VERIFY` (cf/README, "STARTTLS"). */
const accessVerifies = async (paths: readonly string[]): Promise<TrustStore['mail']> => {
  for (const path of paths)
    if (await isFile(path)) {
      const lines = logicalLines(await readText(path));
      const verified = lines.some((line) => /^TLS_(?:Srv|Rcpt)\b.*\bVERIFY/i.test(line));
      return verified ? 'verifies' : 'unused';
    }
  return 'unused';
};

/** Where distributions put the program itself, whatever else is called sendmail. */
const programs = [
  '/usr/libexec/sendmail/sendmail',
  '/usr/lib/sm.bin/sendmail',
  '/usr/sbin/sendmail.sendmail',
];

/** Other mail servers bring a program of the same name, and its configuration outlives a removal. */
const isInstalled = async (at: (path: string) => string): Promise<boolean> => {
  if ((await Promise.all(programs.map(at).map(isFile))).includes(true)) return true;
  const others = ['/usr/sbin/postconf', '/usr/sbin/exim4', '/usr/sbin/exim', '/usr/sbin/smtpctl'];
  const isOther = (await Promise.all(others.map(at).map(isFile))).includes(true);
  return !isOther && isFile(at('/usr/sbin/sendmail'));
};

export const askSendmail = async (root = '/'): Promise<MailTrust[]> => {
  const at = (path: string): string => posix.join(root, path);
  if (!(await isInstalled(at))) return [];
  return fromFile(
    'sendmail',
    ['/etc/mail/sendmail.cf', '/etc/sendmail.cf'].map(at),
    async (text) => [
      {
        service: 'sendmail',
        sources: parseSendmailCf(text),
        mail: await accessVerifies(['/etc/mail/access'].map(at)),
      },
    ],
  );
};
