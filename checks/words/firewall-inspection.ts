/** Words for a firewall that changes what the mail server and its peer say to each other. */

import type { Finding } from '../types.ts';
import { whereUnverified } from './consequences.ts';
import { destinationOf, hostPortText, inBrackets, said, shown } from './evidence.ts';
import type { GapWords } from './gap-info.ts';
import { onPlatforms } from './on-platforms.ts';
import * as posix from './posix/commands.ts';
import * as powershell from './powershell/commands.ts';

type InspectionWords = Pick<GapWords<'firewall'>, 'starttls-stripped' | 'tls-intercepted'>;

const host = (finding: Finding): string => shown(hostPortText(destinationOf(finding, 25)));

export const inspectionWords: InspectionWords = {
  'starttls-stripped': {
    title: 'STARTTLS removed on the way',
    owner: 'network',
    severity: 'critical',
    severityNote: whereUnverified,
    meaning:
      'The mail host offers STARTTLS, but the offer does not arrive: its keyword is overwritten, or it is gone although an earlier run saw it. SMTP inspection in firewalls does this.',
    consequence:
      'Mail to this host goes in clear text where the sender allows it. Where TLS is required it stays in the queue: Exchange Online asks for TLS on its connectors, Postfix at level encrypt, verify or secure defers with "TLS is required, but was not offered".',
    summary: (finding) =>
      `STARTTLS does not get through from ${host(finding)}${inBrackets([said(finding, 'overwritten', 'reply', 'keywords')])}`,
    remedy: (finding) =>
      `Switch off SMTP inspection between this host and ${host(finding)}, or let it pass STARTTLS. On Cisco firewalls it is "inspect esmtp" (older: "fixup protocol smtp"); a banner or EHLO answer full of asterisks or X is its mark. Other products call it SMTP protocol enforcement or mail proxy.`,
    commands: onPlatforms({
      posix: (finding) => [posix.ehlo(finding), posix.starttls(finding)],
      powershell: (finding) => [...powershell.connect(finding, 25), powershell.starttls(finding)],
    }),
    example: {
      target: 'contoso-com.mail.protection.outlook.com:25',
      evidence: {
        host: 'contoso-com.mail.protection.outlook.com',
        port: 25,
        overwritten: ['XXXXXXXA'],
      },
    },
    seeAlso: ['starttls-missing', 'tls-intercepted', 'connection-reset'],
    sources: [
      'RFC 3207 (SMTP over TLS)',
      'RFC 7435 (opportunistic security)',
      'Cisco: inspect esmtp',
    ],
  },
  'tls-intercepted': {
    title: 'TLS opened on the way',
    owner: 'network',
    severity: 'critical',
    meaning:
      'The certificate ends in a root that this host does not trust, that no profile names and that is not publicly known: something between the two ends puts its own certificate in place.',
    consequence:
      'Senders that verify refuse the connection and mail queues (Exchange: 454 4.7.5 Certificate validation failure; Postfix at verify: "Server certificate not verified"). Senders that do not verify hand every message to the device in between in clear text.',
    summary: (finding) =>
      `${host(finding)} shows a certificate of an unknown CA${inBrackets([said(finding, 'root', 'issuer')])}`,
    remedy: (finding) =>
      `Exempt ${host(finding)} from TLS inspection. Compare the issuer that the command below prints with the one seen from outside this network: if they differ, a device in between opens the connection. Do not add the inspection's root to the mail server's store: it would then accept a certificate for any name from that device. If the issuer is the same outside, the mail host itself uses a private root: ask its operator.`,
    commands: onPlatforms({
      posix: (finding) => [posix.starttls(finding, ' -showcerts')],
      powershell: (finding) => [powershell.starttls(finding)],
    }),
    example: {
      target: 'contoso-com.mail.protection.outlook.com:25',
      evidence: {
        host: 'contoso-com.mail.protection.outlook.com',
        port: 25,
        issuer: 'CN=Inspection CA, O=Example Firewall',
        root: 'CN=Inspection CA, O=Example Firewall',
      },
    },
    seeAlso: ['chain-untrusted', 'unexpected-root', 'starttls-stripped'],
    sources: ['RFC 5280 section 6 (path validation)', 'RFC 3207 (SMTP over TLS)'],
  },
};
