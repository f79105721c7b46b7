/** Words for revocation data. */

import type { Finding } from '../types.ts';
import { sourceOf } from './certificate-source.ts';
import { crlWords } from './crl.ts';
import { inBrackets, said, shown, targetOf, textOf } from './evidence.ts';
import type { GapWords } from './gap-info.ts';
import { ocspWords } from './ocsp.ts';
import { onPlatforms } from './on-platforms.ts';
import * as posix from './posix/commands.ts';
import * as powershell from './powershell/commands.ts';

const details = (finding: Finding): string =>
  inBrackets([said(finding, 'serials', 'serial'), textOf(finding, 'reason')]);

export const revocationWords: GapWords<'revocation'> = {
  ...crlWords,
  ...ocspWords,
  'certificate-revoked': {
    title: 'Certificate revoked',
    owner: 'ca',
    severity: 'critical',
    meaning:
      'A valid CRL or OCSP response says that the certificate has been revoked: its issuer no longer stands for it.',
    consequence:
      "Exchange and gateways that check revocation refuse the certificate, and every certificate below it if it is a CA's: mail queues with 454 4.7.5 Certificate validation failure. Postfix, Exim and OpenSMTPD do not ask and keep sending; if the key was stolen, they cannot tell its thief from the mail host.",
    summary: (finding) =>
      sourceOf(finding) === 'mail-host'
        ? `The certificate of ${shown(targetOf(finding))} is revoked${details(finding)}`
        : `Revoked according to ${shown(targetOf(finding))}${details(finding)}`,
    remedy: (finding) =>
      sourceOf(finding) === 'mail-host'
        ? `Tell the operator of ${shown(targetOf(finding))} that the certificate is revoked. Do not switch revocation checks off: find out by telephone whether the mail host was broken into.`
        : `A revoked certificate does not come back: look for the CA's announcement, run certready profile list and use the profile that follows. Wrong revocations have happened; fetch the data from outside this network too before acting.`,
    commands: onPlatforms({
      posix: (finding) =>
        sourceOf(finding) === 'mail-host'
          ? [posix.starttls(finding, ' -status')]
          : [posix.fetch(finding), posix.crlText()],
      powershell: (finding) =>
        sourceOf(finding) === 'mail-host'
          ? [powershell.starttls(finding), powershell.verifyWithFetch()]
          : [powershell.fetch(finding), powershell.dump()],
    }),
    example: {
      target: 'http://crl.globalsign.com/root.crl',
      evidence: {
        url: 'http://crl.globalsign.com/root.crl',
        serial: '4707B1019A0C57AD39B3E17DA9F9',
        reason: 'cessationOfOperation',
      },
    },
    seeAlso: ['ocsp-unknown', 'certificate-expired'],
    sources: ['RFC 5280 section 5.3.1 (reason code)', 'RFC 6960 section 2.2 (certificate status)'],
  },
};
