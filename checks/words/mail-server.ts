/** Words for mail servers: what a mail host offers before and in the TLS handshake. */

import type { Finding } from '../types.ts';
import { noMailHost, whereUnverified } from './consequences.ts';
import {
  capital,
  destinationOf,
  hostPortText,
  inBrackets,
  isPeer,
  said,
  shown,
  textOf,
} from './evidence.ts';
import type { GapWords } from './gap-info.ts';
import { onPlatforms } from './on-platforms.ts';
import { ownMailServerWords } from './own-mail-server.ts';
import * as posix from './posix/commands.ts';
import * as powershell from './powershell/commands.ts';

const host = (finding: Finding): string => shown(hostPortText(destinationOf(finding, 25)));

/** Whoever runs the host that answered. */
const operator = (finding: Finding): string =>
  isPeer(finding) ? `the operator of ${host(finding)}` : "this server's administrator";

/** The mail host's own words: its code and its text. */
const reply = (finding: Finding): string => {
  const words = [said(finding, 'reply'), textOf(finding, 'text') ?? textOf(finding, 'problem')];
  const known = words.filter((word) => word !== undefined).join(' ');
  return known === '' ? '' : `: ${shown(known, 70)}`;
};

/** TLS alerts by their number (RFC 8446 section 6). */
const alert = (finding: Finding): string | undefined => {
  const number = said(finding, 'alert');
  return number === undefined ? undefined : `alert ${number}`;
};

const listen = onPlatforms({
  posix: (finding) => [posix.ehlo(finding)],
  powershell: (finding) => [...powershell.connect(finding, 25), powershell.starttls(finding)],
});

const handshake = onPlatforms({
  posix: (finding) => [posix.starttls(finding)],
  powershell: (finding) => [
    ...powershell.connect(finding, 25),
    powershell.starttls(finding),
    'Get-ChildItem HKLM:\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Protocols -Recurse',
  ],
});

const target = 'contoso-com.mail.protection.outlook.com:25';
const owner = 'peer';
const evidence = {
  host: 'contoso-com.mail.protection.outlook.com',
  port: 25,
  address: '203.0.113.25',
};

export const mailServerWords: GapWords<'mail-server'> = {
  ...ownMailServerWords,
  'smtp-rejected': {
    title: 'Mail host turns the connection away',
    owner: 'server',
    severity: 'critical',
    meaning:
      'The mail host answered the connection or EHLO with an error instead of a greeting, for example 421 (busy, rate limit) or 554 (address blocked).',
    consequence: `While it lasts this host cannot deliver there. ${noMailHost}`,
    summary: (finding) => `${host(finding)} turns the connection away${reply(finding)}`,
    remedy: (finding) =>
      `Read the reply. 421: wait and run again; a rate limit ends by itself. 554 or 550: this host's address is blocked or has no reverse DNS; follow the link in the reply, or ask ${operator(finding)} to allow it. If this host is not meant to send mail there directly, run the check from the one that is.`,
    commands: listen,
    example: { target, owner, evidence: { ...evidence, reply: '554 5.7.1 Service unavailable' } },
    seeAlso: ['connection-reset', 'starttls-missing'],
    sources: ['RFC 5321 sections 3.1 and 4.2 (greeting, replies)'],
  },
  'starttls-missing': {
    title: 'No STARTTLS offered',
    owner: 'server',
    severity: 'critical',
    severityNote: whereUnverified,
    meaning: 'The mail host greets and lists its extensions, and STARTTLS is not among them.',
    consequence:
      'Mail goes in clear text where the sender allows it. Where TLS is required it stays in the queue: Postfix at level encrypt, verify or secure defers with "TLS is required, but was not offered", Exchange connectors with RequireTLS do the same.',
    summary: (finding) => `${host(finding)} offers no STARTTLS`,
    remedy: (finding) =>
      `Repeat the commands from another network. If STARTTLS is offered there, a firewall in between removes it: see starttls-stripped. If not, ${operator(finding)} has to switch TLS on.`,
    commands: listen,
    example: { target, owner, evidence: { ...evidence, banner: '220 mx.example.com ESMTP' } },
    seeAlso: ['starttls-stripped', 'smtp-rejected'],
    sources: ['RFC 3207 (SMTP over TLS)', 'RFC 8314 (TLS for mail)'],
  },
  'tls-handshake-failed': {
    title: 'TLS handshake fails',
    owner: 'server',
    severity: 'critical',
    severityNote: whereUnverified,
    meaning:
      'STARTTLS was accepted, and then the two ends found no common ground, or what came was not TLS.',
    consequence:
      'No encrypted mail reaches this host. Exchange Online reports 450 4.4.317 Cannot establish session; Postfix at level may tries again in clear text, at encrypt or higher it defers with "Cannot start TLS: handshake failure".',
    summary: (finding) =>
      `The TLS handshake with ${host(finding)} fails${inBrackets([alert(finding), said(finding, 'problem', 'error')])}`,
    remedy: (finding) =>
      `Compare protocol versions and ciphers of both ends with the commands below. Check that no SMTP inspection stands in between. Then ask ${operator(finding)} to look in its log at this time. On Windows, Schannel's protocol switches and event log (source Schannel) tell why.`,
    commands: handshake,
    example: { target, owner, evidence: { ...evidence, error: 'handshake failure' } },
    seeAlso: ['tls-version-too-low', 'connection-reset', 'tls-intercepted'],
    sources: [
      'RFC 8446 section 6.2 (error alerts)',
      'RFC 3207 (SMTP over TLS)',
      'Microsoft: Schannel events',
    ],
  },
  'tls-version-too-low': {
    title: 'TLS version too old',
    owner: 'server',
    severity: 'critical',
    meaning:
      "The highest TLS version that the mail host offers is lower than the profile's minimum.",
    consequence:
      'Exchange Online and up-to-date systems refuse the connection: mail queues with 450 4.4.317 Cannot establish session, or goes in clear text where the sender allows that.',
    summary: (finding) =>
      `${host(finding)} offers at most ${shown(textOf(finding, 'protocol') ?? textOf(finding, 'found') ?? 'an old TLS version', 30)}`,
    remedy: (finding) =>
      `${capital(operator(finding))} has to switch on TLS 1.2 or later. Postfix: smtpd_tls_protocols = >=TLSv1.2. Windows: the SCHANNEL\\Protocols keys in the registry, and .NET's SchUseStrongCrypto; restart afterwards.`,
    commands: onPlatforms({
      posix: (finding) => [
        posix.starttls(finding, ' -tls1_2'),
        posix.starttls(finding, ' -tls1_3'),
      ],
      powershell: (finding) => handshake(finding, 'win32'),
    }),
    example: { target, owner, evidence: { ...evidence, protocol: 'TLSv1', expected: 'TLSv1.2' } },
    seeAlso: ['tls-handshake-failed', 'no-forward-secrecy'],
    sources: ['RFC 8996 (TLS 1.0 and 1.1 deprecated)', 'RFC 9325 (recommendations for TLS)'],
  },
  'no-forward-secrecy': {
    title: 'No forward secrecy',
    owner: 'server',
    severity: 'critical',
    meaning: 'The mail host chose a cipher without an ephemeral key exchange (ECDHE or DHE).',
    consequence:
      'Senders that insist on forward secrecy, Exchange Online among them, cannot agree on a cipher: mail queues with 450 4.4.317 Cannot establish session. What was recorded can be read by whoever gets the key later.',
    summary: (finding) =>
      `${host(finding)} uses no ephemeral key exchange${inBrackets([textOf(finding, 'cipher')])}`,
    remedy: (finding) =>
      `${capital(operator(finding))} has to offer ECDHE ciphers and prefer them. Postfix: smtpd_tls_eecdh_grade = auto and no smtpd_tls_exclude_ciphers that removes ECDHE. Windows: Get-TlsCipherSuite shows the order, Enable-TlsCipherSuite adds one.`,
    commands: onPlatforms({
      posix: (finding) => [posix.starttls(finding, ' -tls1_2 -cipher ECDHE:DHE')],
      powershell: (finding) => [
        powershell.starttls(finding),
        'Get-TlsCipherSuite | Format-Table Name, Exchange',
      ],
    }),
    example: {
      target,
      owner,
      evidence: { ...evidence, cipher: 'AES256-SHA', protocol: 'TLSv1.2' },
    },
    seeAlso: ['tls-version-too-low', 'key-too-weak'],
    sources: ['RFC 9325 section 4.1 (cipher suites)', 'RFC 7457 (attacks on TLS)'],
  },
};
