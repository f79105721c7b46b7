/** Commands by shell: PowerShell on Windows, a POSIX shell everywhere else. */

import type { Finding, Platform } from '../types.ts';
import type { GapInfo } from './gap-info.ts';

interface Shells {
  readonly posix: (finding: Finding, platform: Platform) => readonly string[];
  readonly powershell: (finding: Finding) => readonly string[];
}

export const onPlatforms =
  ({ posix, powershell }: Shells): GapInfo['commands'] =>
  (finding, platform) =>
    platform === 'win32' ? powershell(finding) : posix(finding, platform);
