/** Words for this host's own mail server: how it sends, and what it presents. */

import type { Finding } from '../types.ts';
import { notVerified } from './consequences.ts';
import { inBrackets, reasonOf, shown, targetOf, textOf, timeOf } from './evidence.ts';
import type { GapWords } from './gap-info.ts';
import { onPlatforms } from './on-platforms.ts';
import * as posix from './posix/commands.ts';
import { sh } from './posix/quote.ts';
import * as powershell from './powershell/commands.ts';

type OwnWords = Pick<GapWords<'mail-server'>, 'tls-not-verified' | 'own-certificate'>;

const ends = (finding: Finding): string => {
  const notAfter = timeOf(finding, 'notAfter');
  if (notAfter !== undefined) return ` ends on ${shown(notAfter, 30)}`;
  const reason = reasonOf(finding);
  return reason === undefined ? ' needs attention' : `: ${shown(reason, 60)}`;
};

/** The certificate's own file, where the evidence names it. */
const ownFile = (finding: Finding): string[] => {
  const path = textOf(finding, 'path');
  return path === undefined
    ? []
    : [sh`openssl x509 -in ${path} -noout -subject -issuer -enddate -ext subjectAltName`];
};

const postfixTls = "postconf -n | grep -E '^smtp_(tls|enforce|use)'";

export const ownMailServerWords: OwnWords = {
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
      'First close every root-store gap of this report: with verification on, a missing root stops the mail. Then verify. Postfix: in smtp_tls_policy_maps, for each domain that is hosted at Exchange Online, "secure match=mail.protection.outlook.com:.mail.protection.outlook.com". Exim: hosts_require_tls together with tls_verify_hosts and tls_verify_cert_hostnames. Exchange: on the send connector RequireTLS $true, TlsAuthLevel DomainValidation and TlsDomain mail.protection.outlook.com.',
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
    severityNote: 'a warning while it is valid for more than 30 days',
    meaning:
      'The certificate that this server presents when others send mail to it has ended, ends soon, or is not what others can verify.',
    consequence: `Others stop delivering to this server: Exchange Online connectors that ask for a valid certificate queue with 450 4.7.320 Certificate validation failed. ${notVerified}`,
    summary: (finding) => `Certificate of ${shown(targetOf(finding))}${ends(finding)}`,
    remedy: () =>
      "Renew the certificate, with the host's public name in it and all intermediates. Postfix: smtpd_tls_chain_files, then reload. Exchange: import it, Enable-ExchangeCertificate for SMTP, and set TlsCertificateName on the connectors anew, because it names issuer and subject.",
    commands: onPlatforms({
      posix: (finding) => [
        ...ownFile(finding),
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
