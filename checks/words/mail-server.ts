/** Words for mail servers: what a mail host offers, and how this one sends. */

import type { Finding } from '../types.ts';
import { noMailHost, notVerified } from './consequences.ts';
import {
  addressesOf,
  destinationOf,
  hostPortText,
  inBrackets,
  isPeer,
  shown,
  targetOf,
  textOf,
} from './evidence.ts';
import type { GapWords } from './gap-info.ts';
import { onPlatforms } from './on-platforms.ts';
import * as posix from './posix/commands.ts';
import * as powershell from './powershell/commands.ts';

const host = (finding: Finding): string => shown(hostPortText(destinationOf(finding, 25)));

/** Whoever runs the host that answered. */
const operator = (finding: Finding): string =>
  isPeer(finding) ? `the operator of ${host(finding)}` : "this server's administrator";

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

const postfixTls = "postconf -n | grep -E '^smtp_(tls|enforce|use)'";

const target = 'contoso-com.mail.protection.outlook.com:25';
const owner = 'peer';
const evidence = {
  host: 'contoso-com.mail.protection.outlook.com',
  port: 25,
  address: '203.0.113.25',
};

export const mailServerWords: GapWords<'mail-server'> = {
  'smtp-rejected': {
    title: 'Mail host turns the connection away',
    owner: 'server',
    severity: 'critical',
    meaning:
      'The mail host answered the connection or EHLO with an error instead of a greeting, for example 421 (busy, rate limit) or 554 (address blocked).',
    consequence: `While it lasts no mail is accepted from this host. ${noMailHost}`,
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
    meaning:
      'STARTTLS was accepted, and then the two ends found no common ground, or what came was not TLS.',
    consequence:
      'No encrypted mail reaches this host. Exchange Online reports 450 4.4.317 Cannot establish session; Postfix at level may tries again in clear text, at encrypt or higher it defers with "Cannot start TLS: handshake failure".',
    summary: (finding) =>
      `The TLS handshake with ${host(finding)} fails${inBrackets([textOf(finding, 'error')])}`,
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
      posix: (finding) => [posix.starttls(finding, ' -cipher ECDHE:DHE')],
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
  'tls-not-verified': {
    title: 'This server does not verify the mail host',
    owner: 'server',
    severity: 'critical',
    meaning:
      'This server sends over TLS, but accepts any certificate, and falls back to clear text where it may.',
    consequence:
      'The change of authority will not stop mail from this server, but neither will an impostor: whoever redirects the connection reads the mail.',
    summary: (finding) =>
      `${shown(targetOf(finding))} does not verify certificates when it sends${inBrackets([textOf(finding, 'level') ?? textOf(finding, 'setting')])}`,
    remedy: () =>
      'First close every root-store gap of this report: with verification on, a missing root stops the mail. Then verify. Postfix: in smtp_tls_policy_maps, for each domain that is hosted at Exchange Online, "secure match=.mail.protection.outlook.com". Exim: hosts_require_tls together with tls_verify_hosts and tls_verify_cert_hostnames. Exchange: on the send connector RequireTLS $true, TlsAuthLevel DomainValidation and TlsDomain mail.protection.outlook.com.',
    commands: onPlatforms({
      posix: () => [postfixTls, "exim -bP transports 2>/dev/null | grep -E 'tls_|_tls'"],
      powershell: () => [powershell.sendConnectors()],
    }),
    example: { target: 'mx1.example.org', evidence: { server: 'postfix', level: 'may' } },
    seeAlso: ['root-missing', 'starttls-stripped', 'chain-untrusted'],
    sources: [
      'Postfix: TLS_README (client TLS security levels)',
      'Microsoft: Set-SendConnector (TlsAuthLevel)',
      'Exim specification: TLS in the smtp transport',
    ],
  },
  'own-certificate': {
    title: "This server's own certificate",
    owner: 'server',
    severity: 'critical',
    meaning:
      'The certificate that this server presents when others send mail to it has ended, ends soon, or is not what others can verify.',
    consequence: `Others stop delivering to this server: Exchange Online connectors that ask for a valid certificate queue with 450 4.7.320 Certificate validation failed. ${notVerified}`,
    summary: (finding) => `Certificate of ${shown(targetOf(finding))}${ends(finding)}`,
    remedy: () =>
      "Renew the certificate, with the host's public name in it and all intermediates. Postfix: smtpd_tls_chain_files, then reload. Exchange: import it, Enable-ExchangeCertificate for SMTP, and set TlsCertificateName on the connectors anew, because it names issuer and subject.",
    commands: onPlatforms({
      posix: (finding) => [
        `${posix.starttls(finding)} | openssl x509 -noout -subject -issuer -enddate`,
        'postconf smtpd_tls_chain_files smtpd_tls_cert_file',
      ],
      powershell: (finding) => [
        ...powershell.connect(finding, 25),
        'Get-ExchangeCertificate | Format-List Subject, Issuer, NotAfter, Services, Status, Thumbprint',
        'Get-ReceiveConnector | Format-List Identity, TlsCertificateName',
      ],
    }),
    example: {
      target: 'mx1.example.org:25',
      evidence: { subject: 'CN=mx1.example.org', notAfter: '2026-12-01T00:00:00.000Z' },
    },
    seeAlso: ['certificate-expired', 'chain-incomplete', 'name-mismatch'],
    sources: [
      'RFC 5280 section 4.1.2.5 (validity)',
      'Microsoft: Enable-ExchangeCertificate',
      'Postfix: TLS_README',
    ],
  },
};

function reply(finding: Finding): string {
  const text = textOf(finding, 'reply') ?? addressesOf(finding)[0];
  return text === undefined ? '' : `: ${shown(text, 60)}`;
}

function ends(finding: Finding): string {
  const notAfter = textOf(finding, 'notAfter');
  const reason = textOf(finding, 'reason');
  if (notAfter !== undefined) return ` ends on ${shown(notAfter, 30)}`;
  return reason === undefined ? ' needs attention' : `: ${shown(reason, 60)}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
