/** Trust stores from a POSIX shell: look at a root, replace its entry, take a block off it. Run as root. */

import type { Finding, Platform } from '../../types.ts';
import { textOf } from '../evidence.ts';
import {
  type EntryPlace,
  keeperOf,
  nssDatabase,
  originOf,
  originalOriginOf,
  sha256Of,
  storePathOf,
} from '../store.ts';
import {
  copyIn,
  draftFile,
  nameRoots,
  rebuild,
  restart,
  rootFile,
  rootToFile,
} from './add-root.ts';
import { sh } from './quote.ts';

/** awk's pattern for the blocks that count as certificates of a bundle. */
const blockBegins = '/-----BEGIN (X509 |TRUSTED )?CERTIFICATE-----/';

/** The entry in question, where the evidence says where it stands. */
export const showEntry = (finding: Finding): string[] => {
  const origin = originOf(finding);
  // A database names its entries, and only its own tool shows them
  if (origin === undefined || ['java', 'nss'].includes(keeperOf(finding))) return [];
  const { file, index } = origin;
  const only = `${blockBegins} {show = (++n == ${index})} show; /-----END /{show = 0}`;
  const pick = index > 1 ? sh`awk ${only} ${file} |` : sh`cat ${file} |`;
  return [`${pick} openssl x509 -noout -subject -issuer -serial -dates -fingerprint -sha256`];
};

/** The bundle without the entry, and with the plain certificate at its end; its owner and mode stay. */
const replaceIn = ({ file, index }: EntryPlace): string[] => {
  const others = `${blockBegins} {skip = (++n == ${index})} !skip; /-----END /{skip = 0}`;
  return [
    sh`{ awk ${others} ${file} && cat ${rootFile}; } > ${draftFile}`,
    sh`cat ${draftFile} > ${file}`,
  ];
};

/** Puts the plain certificate in the place of an entry that restricts or rejects it. */
export const replaceEntry = (finding: Finding): string[] => {
  const origin = originalOriginOf(finding);
  const isFile = keeperOf(finding) === 'bundle';
  return [
    ...rootToFile(finding),
    ...(origin === undefined ? copyIn(finding) : replaceIn(origin)),
    ...(isFile || origin === undefined ? [] : rebuild(finding)),
    ...restart(finding),
  ];
};

const listBundle = (path: string): string =>
  sh`openssl crl2pkcs7 -nocrl -certfile ${path} | openssl pkcs7 -print_certs -noout`;

/** Shows what the store holds. */
export const showStore = (finding: Finding, platform: Platform): string[] => {
  const path = storePathOf(finding);
  switch (keeperOf(finding)) {
    case 'windows':
      return [];
    case 'setting':
      return nameRoots(finding);
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
    case 'java':
      return unblockInJava(finding);
    case 'update-ca-certificates':
    case 'bundle':
    case 'directory':
      return [...showEntry(finding), ...replaceEntry(finding)];
    case 'setting':
    case 'windows':
      return showStore(finding, platform);
  }
};

/** A runtime refuses what its blocked.certs names, a fingerprint a line. */
const unblockInJava = (finding: Finding): string[] => {
  const { file } = originOf(finding) ?? {};
  const sha256 = sha256Of(finding);
  if (file === undefined || sha256 === undefined) return [];
  return [sh`grep -n -i -e ${sha256} -- ${file}`, sh`sed -i -e ${`/^${sha256}$/Id`} -- ${file}`];
};

/** The name that NSS knows the root by: what stands behind its database's name. */
const nickname = (finding: Finding): string => {
  const origin = textOf(finding, 'origin');
  const named = origin === undefined ? undefined : /cert9\.db#(.+)$/.exec(origin)?.[1];
  return named ?? origin ?? textOf(finding, 'root') ?? 'NICKNAME';
};
