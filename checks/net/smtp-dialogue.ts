/** Greeting, EHLO and STARTTLS (RFC 5321, RFC 3207), and what each answer means. */

import { isIP } from 'node:net';
import type { Evidence, GapCode } from '../types.ts';
import {
  SmtpError,
  type SmtpFault,
  type SmtpReply,
  type SmtpSession,
  printable,
} from './smtp-session.ts';

/** A fault that ends the dialogue. */
export class Refusal extends Error {
  readonly code: GapCode;
  readonly evidence: Evidence;

  constructor(code: GapCode, evidence: Evidence) {
    super(code);
    this.code = code;
    this.evidence = evidence;
  }
}

const faultCodes: Readonly<Record<SmtpFault, GapCode>> = {
  reset: 'connection-reset',
  closed: 'connection-reset',
  silent: 'response-timeout',
  stalled: 'response-stalled',
  malformed: 'smtp-rejected',
};

const maxLinesShown = 20;

const replyEvidence = (command: string, { code, lines }: SmtpReply): Evidence => ({
  command,
  reply: code,
  text: printable(lines.slice(0, maxLinesShown).join(' ')),
  // 4yz: the server asks to come back later (RFC 5321 4.2.1)
  ...(code >= 400 && code < 500 && { temporary: true }),
});

/** RFC 5321 4.1.4: a fully qualified name, or the address in brackets. */
export const ehloName = (hostName: string, localAddress = '127.0.0.1'): string => {
  const name = hostName.replace(/\.$/, '');
  const qualified = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,62}\.)+[a-z0-9-]{1,63}$/i;
  if (qualified.test(name) && isIP(name) === 0) return name;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(localAddress)?.[1];
  const address = mapped ?? localAddress.replace(/%.*$/, '');
  return address.includes(':') ? `[IPv6:${address}]` : `[${address}]`;
};

/** Runs one command and turns the session's faults into refusals. */
const ask = async (command: string, send: () => Promise<SmtpReply>): Promise<SmtpReply> => {
  try {
    return await send();
  } catch (error) {
    if (!(error instanceof SmtpError)) throw error;
    const { fault, received } = error;
    throw new Refusal(faultCodes[fault], {
      command,
      ...(received !== '' && { received }),
      ...((fault === 'reset' || fault === 'closed') && {
        closed: fault === 'reset' ? 'RST' : 'FIN',
      }),
      ...(fault === 'malformed' && { problem: 'not an SMTP reply' }),
    });
  }
};

/** The keywords of an EHLO reply, upper case; its first line is the greeting. */
const ehloKeywords = ({ lines }: SmtpReply): readonly string[] =>
  lines.slice(1).map((line) => line.split(' ')[0]?.toUpperCase() ?? '');

/**
 * A keyword that something on the way has written over, as firewalls do that inspect SMTP: `XXXXXXXA`.
 * RFC 5321 keywords that begin with X are experiments' names, never a row of the same letter.
 */
const isOverwritten = (keyword: string): boolean => /^X{4,}[A-Z]?$/.test(keyword);

/** A greeting that something on the way has starred out. */
const isStarredOut = ({ lines }: SmtpReply): boolean =>
  /^[*0-9 ]*\*{8,}[*0-9 ]*$/.test(lines[0] ?? '');

/** Greeting, EHLO and STARTTLS. @throws Refusal */
export const converse = async (
  session: SmtpSession,
  name: string,
  onBanner: (text: string) => void,
): Promise<void> => {
  const banner = await ask('connect', () => session.reply());
  onBanner(printable([banner.code, ...banner.lines].join(' ')));
  if (banner.code !== 220) throw new Refusal('smtp-rejected', replyEvidence('connect', banner));
  const ehlo = await ask('EHLO', () => session.command(`EHLO ${name}`));
  if (ehlo.code !== 250) throw new Refusal('smtp-rejected', replyEvidence('EHLO', ehlo));
  const keywords = ehloKeywords(ehlo);
  if (!keywords.includes('STARTTLS')) {
    const overwritten = keywords.filter(isOverwritten);
    const stripped = overwritten.length > 0 || isStarredOut(banner);
    throw new Refusal(stripped ? 'starttls-stripped' : 'starttls-missing', {
      keywords: keywords.slice(0, maxLinesShown).map(printable),
      ...(overwritten.length > 0 && { overwritten: overwritten.slice(0, maxLinesShown) }),
    });
  }
  const go = await ask('STARTTLS', () => session.command('STARTTLS'));
  if (go.code !== 220) throw new Refusal('starttls-missing', replyEvidence('STARTTLS', go));
  const early = session.detach();
  // RFC 3207 4.2: nothing may come between the reply and the handshake; it could be anyone's
  if (early.length > 0)
    throw new Refusal('tls-handshake-failed', {
      problem: 'the server spoke on before the handshake',
      received: printable(early.toString('latin1')),
    });
};
