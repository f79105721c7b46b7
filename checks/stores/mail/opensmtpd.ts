/** OpenSMTPD: its configuration says which relays verify, and whether with roots of their own (smtpd.conf(5)). */

import { posix } from 'node:path';
import { fromFile, isFile, logicalLines, readText } from './configuration-file.ts';
import type { MailTrust, MailUse, RootSource } from './mail-trust.ts';

const word = /"([^"]*)"|(\S+)/;

/** The word that follows a keyword, without its quotes. */
const after = (line: string, keyword: string): string | undefined => {
  const match = new RegExp(`(?:^|\\s)${keyword}\\s+(?:${word.source})`).exec(line);
  return match?.[1] ?? match?.[2];
};

/** `name = value` lines are macros, expanded in all that follows but between quotes. */
const expandMacros = (lines: readonly string[]): string[] => {
  const macros = new Map<string, string>();
  const expanded: string[] = [];
  for (const line of lines) {
    const text = line.replace(/"[^"]*"|\$(\w+)/g, (all, name: string | undefined) =>
      name === undefined ? all : (macros.get(name) ?? all),
    );
    const [, name, value] = /^(\w+)\s*=\s*(.+)$/.exec(text) ?? [];
    if (name !== undefined && value !== undefined) macros.set(name, value);
    else expanded.push(text);
  }
  return expanded;
};

/**
 * `ca NAME cert FILE` gives the roots of the server of that name: of a relay's `ca` or `pki`, or else of
 * this host.
 */
const sourceOf = (relay: string, lines: readonly string[]): RootSource => {
  const files = new Map(
    lines.flatMap((line): (readonly [string, string])[] => {
      const name = after(line, '^ca');
      const file = after(line, 'cert');
      return name !== undefined && file?.startsWith('/') === true ? [[name, file]] : [];
    }),
  );
  const host = lines.flatMap((line) => after(line, '^hostname') ?? [])[0];
  const name = after(relay, 'ca') ?? after(relay, 'pki') ?? host ?? [...files.keys()][0] ?? '';
  const path = files.get(name);
  return path === undefined ? { kind: 'system' } : { kind: 'file', path };
};

/**
 * A relay by `smtp+tls://` or `smtps://` delivers only to whom the roots vouch for, unless `tls
 * no-verify`; without a host, or by `smtp://`, mail goes anyway unless `tls` is said.
 */
export const parseSmtpdConf = (text: string): readonly MailUse[] => {
  const lines = expandMacros(logicalLines(text));
  return lines.flatMap((line): MailUse[] => {
    const match = /^action\s+(?:"([^"]*)"|(\S+))\s+relay\b(.*)$/.exec(line);
    if (!match) return [];
    const relay = match[3] ?? '';
    const host = after(relay, 'host') ?? '';
    const scheme = /^(?:smtp\+tls|smtps):\/\//.test(host);
    const options = relay.replace(host, '');
    const isVerified = (scheme || /\btls\b/.test(options)) && !/\bno-verify\b/.test(options);
    // A macro that is not defined here may say anything
    const isKnown = !host.startsWith('$');
    return [
      {
        service: match[1] ?? match[2] ?? 'relay',
        sources: [sourceOf(relay, lines)],
        mail: isVerified ? 'verifies' : isKnown ? 'unused' : 'unknown',
      },
    ];
  });
};

const mostIncludes = 20;

/** The text with what it includes in the place of each `include`. */
const withIncludes = async (text: string, root: string): Promise<string> => {
  let whole = text;
  for (let count = 0; count < mostIncludes; count++) {
    const found = /^[ \t]*include[ \t]+"([^"]+)".*$/m.exec(whole);
    if (found?.[1] === undefined) return whole;
    const included = await readText(posix.join(root, found[1]));
    whole = whole.slice(0, found.index) + included + whole.slice(found.index + found[0].length);
  }
  return whole;
};

export const askOpenSmtpd = async (root = '/'): Promise<MailTrust[]> => {
  const at = (path: string): string => posix.join(root, path);
  const programs = ['/usr/sbin/smtpd', '/usr/sbin/smtpctl'].map(at);
  if (!(await Promise.all(programs.map(isFile))).every(Boolean)) return [];
  const paths = ['/etc/smtpd.conf', '/etc/smtpd/smtpd.conf', '/etc/opensmtpd/smtpd.conf'].map(at);
  return fromFile('opensmtpd', paths, async (text) =>
    parseSmtpdConf(await withIncludes(text, root)),
  );
};
