/** Mail servers whose configuration files say all that matters: OpenSMTPD and sendmail. */

import { posix } from 'node:path';
import type { TrustStore } from '../../types.ts';
import { kindOfPath, readStoreFile } from '../files.ts';
import { StoreError } from '../store-error.ts';
import type { MailTrust, MailUse, RootSource } from './mail-trust.ts';

const readText = async (path: string): Promise<string> =>
  (await readStoreFile(path, AbortSignal.timeout(5000), 4 * 1024 * 1024)).toString('utf8');

const isFile = async (path: string): Promise<boolean> =>
  (await kindOfPath(path).catch(() => 'other')) === 'file';

/** What `read` makes of the first of some files that exists; nothing where none does. */
const fromFile = async (
  program: string,
  paths: readonly string[],
  read: (text: string) => readonly MailUse[] | Promise<readonly MailUse[]>,
): Promise<MailTrust[]> => {
  for (const configuration of paths) {
    if (!(await isFile(configuration))) continue;
    try {
      return [{ program, configuration, uses: await read(await readText(configuration)) }];
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return [{ program, configuration, failure: error.message }];
    }
  }
  return [];
};

/** Lines with what a backslash continues, comments taken off. */
const logicalLines = (text: string): string[] =>
  text
    .replace(/\\\n/g, ' ')
    .split('\n')
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '');

/**
 * smtpd.conf(5): a relay by `smtp+tls://` or `smtps://` delivers only to whom the system's roots vouch
 * for, unless `tls no-verify`; without a host, or by `smtp://`, mail goes anyway unless `tls` is said.
 */
export const parseSmtpdConf = (text: string): readonly MailUse[] =>
  logicalLines(text).flatMap((line): MailUse[] => {
    const match = /^action\s+(?:"([^"]*)"|(\S+))\s+relay\b(.*)$/.exec(line);
    if (!match) return [];
    const rest = match[3] ?? '';
    const host = /\bhost\s+(?:"([^"]*)"|(\S+))/.exec(rest);
    const scheme = /^(?:smtp\+tls|smtps):\/\//.test(host?.[1] ?? host?.[2] ?? '');
    const options = host ? rest.replace(host[0], '') : rest;
    const isVerified = (scheme || /\btls\b/.test(options)) && !/\bno-verify\b/.test(options);
    const mail = isVerified ? 'verifies' : 'unused';
    return [{ service: match[1] ?? match[2] ?? 'relay', sources: [{ kind: 'system' }], mail }];
  });

export const askOpenSmtpd = async (root = '/'): Promise<MailTrust[]> => {
  const programs = ['/usr/sbin/smtpd', '/usr/sbin/smtpctl'].map((path) => posix.join(root, path));
  if (!(await Promise.all(programs.map(isFile))).every(Boolean)) return [];
  const paths = ['/etc/smtpd.conf', '/etc/smtpd/smtpd.conf', '/etc/opensmtpd/smtpd.conf'];
  const configured = paths.map((path) => posix.join(root, path));
  return fromFile('opensmtpd', configured, parseSmtpdConf);
};

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

export const askSendmail = async (root = '/'): Promise<MailTrust[]> => {
  const at = (path: string): string => posix.join(root, path);
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
