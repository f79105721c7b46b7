/** Words for this host's clock. */

import type { Finding } from '../types.ts';
import { notVerified } from './consequences.ts';
import { numberOf, shown, targetOf } from './evidence.ts';
import type { GapWords } from './gap-info.ts';
import { onPlatforms } from './on-platforms.ts';

/** `12 min behind`: positive offsets are servers that are ahead of this host. */
const offset = (finding: Finding): string => {
  const seconds = numberOf(finding, 'offsetSeconds');
  if (seconds === undefined) return 'wrong';
  const size = Math.abs(seconds);
  const [amount, unit] =
    size < 120
      ? [size, 's']
      : size < 7200
        ? [size / 60, 'min']
        : size < 172_800
          ? [size / 3600, 'h']
          : [size / 86_400, 'days'];
  return `${Math.round(amount)} ${unit} ${seconds > 0 ? 'behind' : 'ahead'}`;
};

export const clockWords: GapWords<'clock'> = {
  'clock-skew': {
    title: "This host's clock is wrong",
    owner: 'server',
    severity: 'critical',
    severityNote: 'a warning under an hour',
    meaning:
      'The clock of this host differs by more than five minutes from what the servers that it talks to say in their answers.',
    consequence: `Good certificates, CRLs and OCSP responses count as ended or not valid yet. ${notVerified} From five minutes on Kerberos logins fail as well.`,
    summary: (finding) =>
      `The clock of ${shown(targetOf(finding))} is ${offset(finding)}${numberOf(finding, 'offsetSeconds') === undefined ? '' : " (by the servers' time)"}`,
    remedy: () =>
      "Set the clock and keep it set: switch on NTP with a source that this host reaches over UDP port 123. In a domain, Windows takes the time from its domain controller: mend it there. In a virtual machine, check the hypervisor's clock as well. Then run certready --once again, because every verdict on validity depends on it.",
    commands: onPlatforms({
      posix: (_finding, platform) =>
        platform === 'darwin'
          ? ['date -u', 'systemsetup -getusingnetworktime', 'sntp -sS time.apple.com']
          : [
              'date -u',
              'timedatectl',
              'timedatectl set-ntp true',
              'chronyc tracking',
              'chronyc sources',
              'chronyc makestep',
            ],
      powershell: () => [
        'w32tm /query /status',
        'w32tm /query /source',
        'w32tm /resync /rediscover',
      ],
    }),
    example: { target: 'mx1.example.org', evidence: { offsetSeconds: 7300, servers: 4 } },
    seeAlso: ['crl-expired', 'crl-not-yet-valid', 'certificate-expired'],
    sources: ['RFC 9110 section 6.6.1 (Date)', 'RFC 5905 (NTP)', 'Microsoft: w32tm'],
  },
};
