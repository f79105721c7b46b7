/** A root into a trust store, from a POSIX shell. Run as root. */

import type { Finding, Platform } from '../../types.ts';
import { textOf } from '../evidence.ts';
import {
  authorityOf,
  isCopy,
  keeperOf,
  mailServerOf,
  nssDatabase,
  originOf,
  originalPathOf,
  profileOf,
  refusedFileOf,
  rootAlias,
  storePathOf,
} from '../store.ts';
import { sh } from './quote.ts';

/** The file that the root's certificate is written to first. */
export const rootFile = 'certready-root.pem';

/** The file that a bundle is written to before it takes the old one's place. */
export const draftFile = 'certready-store.pem';

/** Writes the root to a file and shows its fingerprint, which has to be the one in the remedy. */
export const rootToFile = (finding: Finding): string[] => {
  const profile = profileOf(finding);
  return [
    ...(profile === undefined
      ? []
      : [
          sh`certready profile show ${profile} --pem --authority ${authorityOf(finding)} -o ${rootFile}`,
        ]),
    sh`openssl x509 -in ${rootFile} -noout -subject -dates -fingerprint -sha256`,
  ];
};

export const restart = (finding: Finding): string[] => {
  const program = mailServerOf(finding);
  if (program === undefined) return [];
  const isDebian = keeperOf(finding) !== 'update-ca-trust';
  return [`systemctl restart ${program === 'exim' && isDebian ? 'exim4' : program}`];
};

const toFolder = (finding: Finding, folder: string, ending = 'pem'): string =>
  sh`cp ${rootFile} ${`${folder.replace(/\/$/, '')}/${rootAlias(finding)}.${ending}`}`;

/** Java's copy of Debian's store gets what changes, so that everything has to. */
const writeDebianStore = (finding: Finding): string =>
  textOf(finding, 'store') === 'java' || (textOf(finding, 'reason') ?? '').startsWith('not-in-')
    ? 'update-ca-certificates --fresh'
    : 'update-ca-certificates';

/** Links that lead nowhere are counted by rehash, and older OpenSSL looks at none behind them. */
const linkAgain = (folder: string): string[] => [
  sh`find -L ${folder} -maxdepth 1 -type l -delete`,
  sh`openssl rehash ${folder}`,
];

/** The bundle of the distribution, whichever it is. */
const systemBundle =
  '"$(ls /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem 2>/dev/null | head -n 1)"';

/** Makes the mail server read the system's roots; where its configuration is prose, shows what it says. */
export const nameRoots = (finding: Finding): string[] => {
  const path = storePathOf(finding);
  if (textOf(finding, 'store') === 'node') return [toFolder(finding, '/etc/ssl')];
  if (mailServerOf(finding) !== 'postfix') return ['exim -bP transports'];
  const folder = path.replace(/\/main\.cf$/, '');
  return [sh`postconf -c ${folder} -e smtp_tls_CAfile=`.concat(systemBundle)];
};

export const copyIn = (finding: Finding): string[] => {
  const path = originalPathOf(finding);
  switch (keeperOf(finding)) {
    case 'windows': // a store of another platform has no command here
      return [];
    case 'update-ca-certificates':
      return [
        toFolder(finding, '/usr/local/share/ca-certificates', 'crt'),
        writeDebianStore(finding),
      ];
    case 'update-ca-trust':
      return [toFolder(finding, '/etc/pki/ca-trust/source/anchors'), 'update-ca-trust extract'];
    case 'suse':
      return [toFolder(finding, '/etc/pki/trust/anchors'), 'update-ca-certificates'];
    case 'p11-kit':
      return [sh`trust anchor --store ${rootFile}`];
    case 'setting':
      return nameRoots(finding);
    case 'bundle':
      return [sh`{ echo; cat ${rootFile}; } >> ${path}`];
    case 'directory':
      return [sh`mkdir -p -- ${path}`, toFolder(finding, path), ...linkAgain(path)];
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
const selectAgain = (finding: Finding, key: string): string[] => {
  const file = originOf(finding, key)?.file ?? '';
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

/** Writes anew what the store's tool writes from what lies there already. */
export const rebuild = (finding: Finding): string[] => {
  switch (keeperOf(finding)) {
    case 'update-ca-certificates':
      return ['update-ca-certificates --fresh'];
    case 'suse':
      return ['update-ca-certificates -f'];
    case 'update-ca-trust':
      return ['update-ca-trust extract'];
    case 'p11-kit':
      return ['trust extract-compat'];
    case 'directory':
      return linkAgain(originalPathOf(finding));
    case 'bundle':
    case 'java':
    case 'nss':
    case 'setting':
    case 'windows':
      return [...rootToFile(finding), ...copyIn(finding)];
  }
};

/** Gives each line that begins or ends a block to itself. */
const ownLines = String.raw`s/\r$//; s/-----\(BEGIN\|END\) [A-Z0-9 ]*-----/\n&\n/g`;

/** Leaves out what OpenSSL cannot read: it looks at CRLs and at keys too, unless they are encrypted. */
const readableOnly = [
  '/^-----BEGIN /{block = ""; inside = 1} !inside {print; next}',
  'NF > 0 || block ~ /ENCRYPTED/ {block = block $0 "\\n"} !/^-----END /{next} {inside = 0}',
  'block !~ /ENCRYPTED/ {kind = block ~ /CERTIFICATE/ ? "x509" : block ~ /X509 CRL/ ? "crl" :',
  'block ~ /PRIVATE KEY/ ? "pkey" : "asn1parse"; check = "openssl " kind " -noout >/dev/null 2>&1";',
  'printf "%s", block | check; if (close(check) != 0) next} {printf "%s", block}',
].join(' ');

const systemLocal = '/usr/local/share/ca-certificates';

/** A keystore that Java's own tool cannot open is made once more. */
const anew = (finding: Finding): string[] => {
  const file = refusedFileOf(finding);
  return [sh`mv -- ${file} ${`${file}.unreadable`}`, ...rootToFile(finding), ...copyIn(finding)];
};

/** Takes out what cannot be read: of the bundle, or of what the system's tool makes it from. */
const takeOut = (finding: Finding): string[] => {
  if (textOf(finding, 'store') === 'java') return anew(finding);
  switch (keeperOf(finding)) {
    case 'update-ca-certificates':
      return [
        `find -L ${systemLocal} -name '*.crt' ! -exec openssl x509 -noout -in {} \\; -exec mv -- {} {}.unreadable \\;`,
        ...rebuild(finding),
      ];
    case 'update-ca-trust':
    case 'suse':
    case 'p11-kit':
      return rebuild(finding);
    case 'bundle':
    case 'directory':
    case 'java':
    case 'nss':
    case 'setting':
    case 'windows': {
      const file = refusedFileOf(finding);
      return [
        sh`sed ${ownLines} ${file} | awk ${readableOnly} > ${draftFile}`,
        sh`[ -s ${draftFile} ] && cat ${draftFile} > ${file}`,
      ];
    }
  }
};

/**
 * Why the root is missing decides how it comes back: selected again, linked again, or added. What one
 * part of a store lacks is added again, because the tool may no longer have it.
 */
const bringBack = (finding: Finding): string[] => {
  const reason = textOf(finding, 'reason') ?? '';
  if (reason === 'file-refused') return takeOut(finding);
  if (reason === 'deselected') return selectAgain(finding, 'origin');
  if (textOf(finding, 'deselected') !== undefined) return selectAgain(finding, 'deselected');
  if (keeperOf(finding) === 'setting' && textOf(finding, 'store') !== 'node')
    return copyIn(finding);
  if (reason === 'not-taken-over' && isCopy(finding)) return []; // the restart copies it
  return reason === 'hash-link-missing' || reason === 'not-taken-over'
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
