/** Trust stores from a POSIX shell: look at a root, add it, take a block off it. Run as root. */

import type { Finding, Platform } from '../../types.ts';
import {
  keeperOf,
  mailServerOf,
  nssDatabase,
  profileOf,
  rootAlias,
  sha256Of,
  storePathOf,
} from '../store.ts';
import { sh } from './quote.ts';

/** The file that the root's certificate is written to first. */
export const rootFile = 'certready-root.pem';

/** Writes the root to a file and shows its fingerprint, which has to be the one in the remedy. */
export const rootToFile = (finding: Finding): string[] => {
  const profile = profileOf(finding);
  return [
    profile === undefined
      ? 'certready profile list'
      : sh`certready profile show ${profile} --pem > ${rootFile}`,
    `openssl x509 -in ${rootFile} -noout -subject -dates -fingerprint -sha256`,
  ];
};

const restart = (finding: Finding): string[] => {
  const program = mailServerOf(finding);
  if (program === undefined) return [];
  const isDebian = keeperOf(finding) !== 'update-ca-trust';
  return [`systemctl restart ${program === 'exim' && isDebian ? 'exim4' : program}`];
};

const pemFile = (finding: Finding): string => `${rootAlias(finding)}.pem`;

const addOnLinux = (finding: Finding): string[] => {
  const path = storePathOf(finding);
  switch (keeperOf(finding)) {
    case 'windows': // read on another platform: there is no command here
      return [];
    case 'update-ca-certificates':
    case 'postfix-chroot':
      return [
        sh`cp ${rootFile} ${`/usr/local/share/ca-certificates/${rootAlias(finding)}.crt`}`,
        'update-ca-certificates',
      ];
    case 'update-ca-trust':
      return [
        sh`cp ${rootFile} ${`/etc/pki/ca-trust/source/anchors/${pemFile(finding)}`}`,
        'update-ca-trust extract',
      ];
    case 'suse':
      return [
        sh`cp ${rootFile} ${`/etc/pki/trust/anchors/${pemFile(finding)}`}`,
        'update-ca-certificates',
      ];
    case 'p11-kit':
      return [sh`trust anchor --store ${rootFile}`];
    case 'bundle':
      return [sh`{ echo; cat ${rootFile}; } >> ${path}`];
    case 'directory':
      return [
        sh`cp ${rootFile} ${`${path.replace(/\/$/, '')}/${pemFile(finding)}`}`,
        sh`openssl rehash ${path}`,
      ];
    case 'java':
      return [
        sh`keytool -importcert -noprompt -alias ${rootAlias(finding)} -file ${rootFile} -keystore ${path}`,
      ];
    case 'nss':
      return [
        sh`certutil -A -d ${nssDatabase(finding)} -n ${rootAlias(finding)} -t C,, -a -i ${rootFile}`,
      ];
  }
};

/** Adds the root to the store that the finding names, and restarts the mail server that keeps a copy. */
export const addRoot = (finding: Finding, platform: Platform): string[] => {
  const keeper = keeperOf(finding);
  const isOwnFile = ['bundle', 'directory', 'java', 'nss'].includes(keeper);
  if (platform === 'darwin' && !isOwnFile)
    return [
      ...rootToFile(finding),
      `security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain ${rootFile}`,
    ];
  return [...rootToFile(finding), ...addOnLinux(finding), ...restart(finding)];
};

/** Shows what the store holds, so that the entry in question can be found. */
export const showStore = (finding: Finding, platform: Platform): string[] => {
  const path = storePathOf(finding);
  switch (keeperOf(finding)) {
    case 'windows':
      return [];
    case 'java':
      return [sh`keytool -list -v -keystore ${path}`];
    case 'nss':
      return [sh`certutil -L -d ${nssDatabase(finding)}`];
    case 'update-ca-trust':
    case 'suse':
    case 'p11-kit':
      return ['trust list --filter=certificates --purpose=server-auth'];
    case 'directory':
      return [sh`ls -l ${path}`];
    case 'bundle':
      return [listBundle(path)];
    case 'update-ca-certificates':
    case 'postfix-chroot':
      return platform === 'darwin'
        ? ['security find-certificate -a -Z /Library/Keychains/System.keychain']
        : [listBundle('/etc/ssl/certs/ca-certificates.crt')];
  }
};

const listBundle = (path: string): string =>
  sh`openssl crl2pkcs7 -nocrl -certfile ${path} | openssl pkcs7 -print_certs -noout`;

/** Takes the root off a block list, or sets its trust again. */
export const trustAgain = (finding: Finding, platform: Platform): string[] => {
  switch (keeperOf(finding)) {
    case 'update-ca-certificates':
    case 'postfix-chroot':
      return [
        "grep -n '^!' /etc/ca-certificates.conf",
        'dpkg-reconfigure ca-certificates',
        ...restart(finding),
      ];
    case 'update-ca-trust':
    case 'suse':
    case 'p11-kit':
      return [
        'trust list --filter=blocklist',
        'ls -l /etc/pki/ca-trust/source/blocklist /etc/pki/ca-trust/source/blacklist /etc/pki/trust/blocklist /etc/pki/trust/blacklist',
        ...restart(finding),
      ];
    case 'nss':
      return [
        sh`certutil -L -d ${nssDatabase(finding)}`,
        sh`certutil -M -d ${nssDatabase(finding)} -n ${nssNickname(finding)} -t C,,`,
      ];
    case 'windows':
    case 'bundle':
    case 'directory':
    case 'java':
      return showStore(finding, platform);
  }
};

const nssNickname = (finding: Finding): string => rootAlias(finding);

/** Finds a certificate's SHA-256 among the files of a folder or a bundle. */
export const findFingerprint = (finding: Finding): string[] => {
  const found = sha256Of(finding, 'found');
  if (found === undefined || keeperOf(finding) !== 'directory') return [];
  const colons = found.replace(/..(?=.)/g, '$&:');
  return [
    sh`for file in ${storePathOf(finding)}/*; do openssl x509 -in "$file" -noout -fingerprint -sha256 2>/dev/null | grep -q ${colons} && echo "$file"; done`,
  ];
};
