/** Trust stores from a POSIX shell: look at a root, add it, take a block off it. Run as root. */

import type { Finding, Platform } from '../../types.ts';
import { textOf } from '../evidence.ts';
import {
  keeperOf,
  mailServerOf,
  nssDatabase,
  originOf,
  profileOf,
  rootAlias,
  storePathOf,
} from '../store.ts';
import { sh } from './quote.ts';

/** The file that the root's certificate is written to first. */
const rootFile = 'certready-root.pem';

/** Writes the root to a file and shows its fingerprint, which has to be the one in the remedy. */
export const rootToFile = (finding: Finding): string[] => {
  const profile = profileOf(finding);
  return [
    profile === undefined
      ? 'certready profile list'
      : sh`certready profile show ${profile} --pem > ${rootFile}`,
    sh`openssl x509 -in ${rootFile} -noout -subject -dates -fingerprint -sha256`,
  ];
};

const restart = (finding: Finding): string[] => {
  const program = mailServerOf(finding);
  if (program === undefined) return [];
  const isDebian = keeperOf(finding) !== 'update-ca-trust';
  return [`systemctl restart ${program === 'exim' && isDebian ? 'exim4' : program}`];
};

const toFolder = (finding: Finding, folder: string, ending = 'pem'): string =>
  sh`cp ${rootFile} ${`${folder.replace(/\/$/, '')}/${rootAlias(finding)}.${ending}`}`;

const copyIn = (finding: Finding): string[] => {
  const path = storePathOf(finding);
  switch (keeperOf(finding)) {
    case 'windows': // a store of another platform has no command here
      return [];
    case 'update-ca-certificates':
    case 'postfix-chroot':
      return [
        toFolder(finding, '/usr/local/share/ca-certificates', 'crt'),
        'update-ca-certificates',
      ];
    case 'update-ca-trust':
      return [toFolder(finding, '/etc/pki/ca-trust/source/anchors'), 'update-ca-trust extract'];
    case 'suse':
      return [toFolder(finding, '/etc/pki/trust/anchors'), 'update-ca-certificates'];
    case 'p11-kit':
      return [sh`trust anchor --store ${rootFile}`];
    case 'bundle':
      return [sh`{ echo; cat ${rootFile}; } >> ${path}`];
    case 'directory':
      return [toFolder(finding, path), sh`openssl rehash ${path}`];
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

const systemFolder = '/usr/share/ca-certificates/';

/** Undoes a deselection in Debian's and Alpine's selection, whether by a leading `!` or by absence. */
const selectAgain = (finding: Finding): string[] => {
  const file = originOf(finding)?.file ?? '';
  const name = file.startsWith(systemFolder) ? file.slice(systemFolder.length) : '';
  if (!/^[\p{L}\p{N} ./_+-]+$/u.test(name) || name.includes('..'))
    return ['dpkg-reconfigure ca-certificates'];
  const deselected = `s|^!\\(${name.replaceAll('.', '\\.')}\\)$|\\1|`;
  return [
    sh`sed -i -e ${deselected} /etc/ca-certificates.conf`,
    sh`grep -q -x -F -e ${name} /etc/ca-certificates.conf || echo ${name} >> /etc/ca-certificates.conf`,
    'update-ca-certificates',
  ];
};

/** Writes anew what the store's tool writes, where one part of it lacks the root. */
const rebuild = (finding: Finding): string[] => {
  switch (keeperOf(finding)) {
    case 'update-ca-certificates':
    case 'postfix-chroot':
      return ['update-ca-certificates --fresh'];
    case 'suse':
      return ['update-ca-certificates -f'];
    case 'update-ca-trust':
      return ['update-ca-trust extract'];
    case 'p11-kit':
      return ['trust extract-compat'];
    case 'directory':
      return [sh`openssl rehash ${storePathOf(finding)}`];
    case 'bundle':
    case 'java':
    case 'nss':
    case 'windows':
      return [...rootToFile(finding), ...copyIn(finding)];
  }
};

/** Why the root is missing decides how it comes back: selected again, linked again, or added. */
const bringBack = (finding: Finding): string[] => {
  const reason = textOf(finding, 'reason') ?? '';
  if (reason === 'deselected') return selectAgain(finding);
  return /^(hash-link-missing|not-in-.*)$/.test(reason)
    ? rebuild(finding)
    : [...rootToFile(finding), ...copyIn(finding)];
};

/** Adds the root to the store that the finding names, and restarts the mail server that keeps a copy. */
export const addRoot = (finding: Finding, platform: Platform): string[] => {
  const isOwnFile = ['bundle', 'directory', 'java', 'nss'].includes(keeperOf(finding));
  if (platform === 'darwin' && !isOwnFile)
    return [
      ...rootToFile(finding),
      sh`security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain ${rootFile}`,
    ];
  return [...bringBack(finding), ...restart(finding)];
};

/** The entry in question, where the evidence says where it stands. */
export const showEntry = (finding: Finding): string[] => {
  const origin = originOf(finding);
  if (origin === undefined) return [];
  const { file, index } = origin;
  const pick = index > 1 ? sh`awk '/-----BEGIN/{n++} n==${index}' ${file} |` : sh`cat ${file} |`;
  return [`${pick} openssl x509 -noout -subject -issuer -serial -dates -fingerprint -sha256`];
};

const listBundle = (path: string): string =>
  sh`openssl crl2pkcs7 -nocrl -certfile ${path} | openssl pkcs7 -print_certs -noout`;

/** Shows what the store holds. */
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
      return [sh`ls -l -- ${path}`];
    case 'bundle':
      return [listBundle(path)];
    case 'update-ca-certificates':
    case 'postfix-chroot':
      return platform === 'darwin'
        ? ['security find-certificate -a -Z /Library/Keychains/System.keychain']
        : [listBundle('/etc/ssl/certs/ca-certificates.crt')];
  }
};

const isBlocklisted = (file: string): boolean => /\/(block|black)list\/[^/]+$/.test(file);

/** Takes the root off a block list, or sets its trust again; asks before it removes a file. */
export const trustAgain = (finding: Finding, platform: Platform): string[] => {
  const file = originOf(finding)?.file ?? '';
  switch (keeperOf(finding)) {
    case 'update-ca-trust':
    case 'suse':
    case 'p11-kit':
      return [
        'trust list --filter=blocklist',
        ...(isBlocklisted(file) ? [sh`rm -i -- ${file}`] : []),
        ...rebuild(finding),
        ...restart(finding),
      ];
    case 'nss':
      return [
        sh`certutil -L -d ${nssDatabase(finding)}`,
        sh`certutil -M -d ${nssDatabase(finding)} -n ${nickname(finding)} -t C,,`,
      ];
    case 'update-ca-certificates':
    case 'postfix-chroot':
    case 'windows':
    case 'bundle':
    case 'directory':
    case 'java':
      return [...showEntry(finding), ...showStore(finding, platform)];
  }
};

/** The name that NSS knows the root by. */
const nickname = (finding: Finding): string =>
  textOf(finding, 'nickname') ?? textOf(finding, 'origin') ?? textOf(finding, 'root') ?? 'NICKNAME';
