/** Where a certificate that a finding is about came from, and how to look at it there. */

import type { Finding } from '../types.ts';
import { isPeer, isWebUrl, parseHostPort, shown, targetOf } from './evidence.ts';
import { onPlatforms } from './on-platforms.ts';
import * as posix from './posix/commands.ts';
import { rootToFile as posixRootToFile } from './posix/add-root.ts';
import * as powershell from './powershell/commands.ts';
import { rootToFile as powershellRootToFile } from './powershell/stores.ts';

/** A mail host presented it, a URL brought it, or the profile carries it. */
export type CertificateSource = 'mail-host' | 'url' | 'profile';

export const sourceOf = (finding: Finding): CertificateSource => {
  if (isPeer(finding) || parseHostPort(finding.target) !== undefined) return 'mail-host';
  return isWebUrl(finding) ? 'url' : 'profile';
};

/** The place as the subject of a sentence. */
export const place = (finding: Finding): string => {
  const target = shown(targetOf(finding));
  return sourceOf(finding) === 'profile' ? `The profile's certificate ${target}` : target;
};

/** The one who can put another certificate in its place. */
export const keeperOfCertificate = (finding: Finding): string => {
  if (finding.owner === 'server') return "this server's administrator";
  return sourceOf(finding) === 'mail-host'
    ? `the operator of ${shown(targetOf(finding))}`
    : 'the certificate authority';
};

/** Shows the certificate, and for a mail host the chain that it sends. */
export const showCertificate = onPlatforms({
  posix: (finding) => {
    switch (sourceOf(finding)) {
      case 'mail-host':
        return [posix.starttls(finding, ' -showcerts')];
      case 'url':
        return posix.showCertificate(finding);
      case 'profile':
        return posixRootToFile(finding);
    }
  },
  powershell: (finding) => {
    switch (sourceOf(finding)) {
      case 'mail-host':
        return [powershell.starttls(finding), powershell.queues()];
      case 'url':
        return [powershell.fetch(finding), powershell.dump()];
      case 'profile':
        return powershellRootToFile(finding);
    }
  },
});

/** As above, and then as a mail server that verifies would judge it. */
export const verifyCertificate = onPlatforms({
  posix: (finding, platform) => [
    ...showCertificate(finding, platform),
    ...(sourceOf(finding) === 'mail-host' ? [posix.starttlsVerified(finding)] : []),
  ],
  powershell: (finding) => [
    ...showCertificate(finding, 'win32'),
    ...(sourceOf(finding) === 'mail-host' ? [powershell.sendConnectors()] : []),
  ],
});

/** Asks a mail host for its certificate with the OCSP response that it staples. */
export const showStaple = onPlatforms({
  posix: (finding) => [posix.starttls(finding, ' -status')],
  powershell: (finding) => [powershell.starttls(finding), powershell.queues()],
});
