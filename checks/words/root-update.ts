/** Words for the automatic root update of Windows. */

import type { Finding } from '../types.ts';
import { inBrackets, shown, textOf, timeOf } from './evidence.ts';
import type { GapWords } from './gap-info.ts';
import { onPlatforms } from './on-platforms.ts';
import * as powershellCommands from './powershell/commands.ts';
import * as powershell from './powershell/stores.ts';
import { enterpriseRootsOnly, storePathOf, windowsDistrust } from './store.ts';

const listHost = 'ctldl.windowsupdate.com';

/** Where the list comes from: Microsoft, or the address that the policy redirects to. */
const source = (finding: Finding): string =>
  shown(textOf(finding, 'url') ?? textOf(finding, 'source') ?? `http://${listHost}`, 60);

const onWindows = "Windows fetches most public roots on first use, from Microsoft's signed list. ";

const target = 'r1@LocalMachine\\AuthRoot';
const evidence = {
  store: 'windows',
  path: 'LocalMachine\\AuthRoot',
  root: 'GlobalSign Root CA - R1',
};
const document = 'Microsoft: Configure Trusted Roots and Disallowed Certificates';

export const rootUpdateWords: Pick<
  GapWords<'root-store'>,
  'root-update-disabled' | 'root-update-stale'
> = {
  'root-update-disabled': {
    title: 'Automatic root update switched off',
    owner: 'server',
    severity: 'critical',
    meaning: `${onWindows}On this host a policy or a setting has switched that off.`,
    consequence:
      'A root that is not in the store already will not come by itself. When the mail host changes its authority, Exchange refuses its certificate: mail queues with 454 4.7.5 Certificate validation failure.',
    summary: (finding) =>
      `${shown(storePathOf(finding), 60)}: the automatic root update is switched off`,
    remedy: (finding) =>
      windowsDistrust(finding) === 'policy'
        ? `What Windows fetches is not trusted: ${enterpriseRootsOnly}.`
        : 'Set the policy "Turn off Automatic Root Certificates Update" (Computer Configuration, Administrative Templates, System, Internet Communication Management, Internet Communication settings) to Disabled or Not configured, and run gpupdate. If it has to stay off, distribute the roots of the profile yourself by Group Policy (certready profile show ID --pem), and the list by an internal address in RootDirUrl.',
    commands: onPlatforms({
      posix: () => [],
      powershell: (finding) =>
        windowsDistrust(finding) === 'policy'
          ? powershell.showPathPolicy()
          : [
              ...powershell.rootUpdateState(),
              'gpresult /scope computer /v',
              powershell.allowRootUpdate(),
              powershell.syncRootList(),
            ],
    }),
    example: { target, evidence: { ...evidence, setting: 'DisableRootAutoUpdate' } },
    seeAlso: ['root-missing', 'root-update-stale'],
    sources: [document, 'Microsoft: Certificate trust (certutil, authrootstl.cab)'],
  },
  'root-update-stale': {
    title: 'List of trusted roots is old',
    owner: 'server',
    severity: 'warning',
    meaning: `${onWindows}The list was not fetched for a long time.`,
    consequence:
      'Roots that were added or withdrawn since then are unknown here. Mail flows until a mail host moves to one of them; then Exchange queues it with 454 4.7.5 Certificate validation failure.',
    summary: (finding) =>
      `${shown(storePathOf(finding), 60)}: the list of trusted roots is old${inBrackets([timeOf(finding, 'lastSync') ?? timeOf(finding, 'lastSyncTime')])}`,
    remedy: (finding) =>
      `Allow this host to fetch the list from ${source(finding)} over TCP port 80, through WinHTTP's proxy if there is one. Where the list is redirected to an internal address, renew it there (certutil -syncWithWU FOLDER). Then fetch it now with the last command.`,
    commands: onPlatforms({
      posix: () => [],
      powershell: (finding) => [
        ...powershell.rootUpdateState(),
        powershellCommands.machineProxy(),
        ...powershellCommands.connect({
          ...finding,
          target: textOf(finding, 'url') ?? `${listHost}:80`,
          evidence: {},
        }),
        powershell.syncRootList(),
      ],
    }),
    example: {
      target,
      evidence: {
        ...evidence,
        lastSync: '2024-02-01T00:00:00.000Z',
        url: 'http://ctldl.windowsupdate.com/msdownload/update/v3/static/trustedr/en/authrootstl.cab',
      },
    },
    seeAlso: ['root-update-disabled', 'root-missing', 'connect-timeout'],
    sources: [document, 'Microsoft: certutil -verifyctl'],
  },
};
