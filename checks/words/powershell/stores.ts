/** Trust stores from an elevated PowerShell: look at a root, add it, take a block off it. */

import type { Finding } from '../../types.ts';
import {
  authorityOf,
  keeperOf,
  nssDatabase,
  profileOf,
  rootAlias,
  sha256Of,
  storePathOf,
  windowsDistrust,
} from '../store.ts';
import { ps, quotePowerShell } from './quote.ts';

/** The file that the root's certificate is written to first. */
const rootFile = 'certready-root.cer';

export const rootToFile = (finding: Finding): string[] => {
  const profile = profileOf(finding);
  return [
    ...(profile === undefined
      ? []
      : [
          ps`certready profile show ${profile} --pem --authority ${authorityOf(finding)} -o ${rootFile}`,
        ]),
    ps`[BitConverter]::ToString([Security.Cryptography.SHA256]::Create().ComputeHash((New-Object Security.Cryptography.X509Certificates.X509Certificate2 (Resolve-Path ${rootFile}).Path).RawData)).Replace('-', ':')`,
  ];
};

/** Adds the root to the store that the finding names; a store that Windows does not keep is a file. */
export const addRoot = (finding: Finding): string[] => {
  const path = storePathOf(finding);
  switch (keeperOf(finding)) {
    case 'java':
      return [
        ...rootToFile(finding),
        ps`keytool -importcert -noprompt -alias ${rootAlias(finding)} -file ${rootFile} -keystore ${path}`,
      ];
    case 'nss':
      return [
        ...rootToFile(finding),
        ps`certutil -A -d ${nssDatabase(finding)} -n ${rootAlias(finding)} -t ${'C,,'} -a -i ${rootFile}`,
      ];
    case 'bundle':
      return [
        ...rootToFile(finding),
        ps`Get-Content ${rootFile} | Add-Content -Encoding Ascii -LiteralPath ${path}`,
      ];
    case 'windows':
    case 'setting':
      return rootToFile(finding);
    case 'directory':
    case 'update-ca-certificates':
    case 'update-ca-trust':
    case 'suse':
    case 'p11-kit':
      return [
        ...rootToFile(finding),
        ps`Import-Certificate -FilePath ${rootFile} -CertStoreLocation Cert:\\LocalMachine\\Root`,
      ];
  }
};

const hashes = (finding: Finding): string[] =>
  [sha256Of(finding), sha256Of(finding, 'found')].filter((hash) => hash !== undefined);

const sha256 =
  "[BitConverter]::ToString([Security.Cryptography.SHA256]::Create().ComputeHash($_.RawData)).Replace('-', '')";

/** Where on this machine the root lies: every store of the machine, by SHA-256 of the whole certificate. */
export const showRoot = (finding: Finding): string[] => {
  const wanted = hashes(finding);
  if (wanted.length === 0)
    return ['certutil -store Root', 'certutil -store AuthRoot', 'certutil -store Disallowed'];
  const list = wanted.map(quotePowerShell).join(', ');
  return [
    `Get-ChildItem Cert:\\LocalMachine -Recurse | Where-Object { $_.RawData -and ${sha256} -in ${list} } | Format-List PSParentPath, Subject, NotAfter, Thumbprint`,
  ];
};

/** The machine's list of certificates that are never trusted, and what Microsoft put on it. */
export const showDisallowed = (): string[] => [
  'Get-ChildItem Cert:\\LocalMachine\\Disallowed | Format-List Subject, NotAfter, Thumbprint',
  'certutil -verifyctl Disallowed',
];

const protectedRoots =
  'HKLM\\SOFTWARE\\Policies\\Microsoft\\SystemCertificates\\Root\\ProtectedRoots';

/** The policy that trusts Enterprise roots only, and whoever set it. */
export const showPathPolicy = (): string[] => [
  ps`reg query ${protectedRoots} /v Flags`,
  'gpresult /scope computer /v',
];

/** Takes the root off the machine's list of certificates that are never trusted; asks first. */
export const allow = (finding: Finding): string[] => {
  const distrust = windowsDistrust(finding);
  if (distrust === 'policy') return showPathPolicy();
  if (distrust === 'list') return [];
  const hash = sha256Of(finding);
  if (hash === undefined) return [];
  return [
    `Get-ChildItem Cert:\\LocalMachine\\Disallowed | Where-Object { ${sha256} -eq ${quotePowerShell(hash)} } | Remove-Item -Confirm`,
  ];
};

const authRootPolicy = 'HKLM\\SOFTWARE\\Policies\\Microsoft\\SystemCertificates\\AuthRoot';
const autoUpdate = 'HKLM\\SOFTWARE\\Microsoft\\SystemCertificates\\AuthRoot\\AutoUpdate';

/** The policy that switches the automatic root update off, and where and when the list was last fetched. */
export const rootUpdateState = (): string[] => [
  ps`reg query ${authRootPolicy} /v DisableRootAutoUpdate`,
  ps`reg query ${autoUpdate} /v RootDirUrl`,
  ps`reg query ${autoUpdate} /v LastSyncTime`,
];

export const allowRootUpdate = (): string =>
  ps`reg delete ${authRootPolicy} /v DisableRootAutoUpdate /f`;

/** Fetches the list now and says when that last succeeded. */
export const syncRootList = (): string => 'certutil -verifyctl AuthRoot | findstr /i lastsynctime';
