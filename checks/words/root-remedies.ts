/** How a root gets back into a store, by the store's keeper and by why it is missing. */

import type { Finding } from '../types.ts';
import { inBrackets, shown, textOf } from './evidence.ts';
import {
  enterpriseRootsOnly,
  isCopy,
  keeperOf,
  originOf,
  originalPathOf,
  profileOf,
  refusedFileOf,
  rootNameOf,
  sha256Of,
  storePathOf,
  windowsDistrust,
} from './store.ts';

export const rootIn = (finding: Finding): string =>
  `${shown(rootNameOf(finding), 45)} in ${shown(storePathOf(finding), 45)}`;

/** What the fingerprint on the screen has to be, before anything is trusted because of it. */
const compareFingerprint = (finding: Finding): string => {
  const sha256 = sha256Of(finding);
  return sha256 === undefined
    ? 'Before you add it, compare the SHA-256 fingerprint that the commands print with the one that the CA publishes.'
    : `Before you add it, compare the SHA-256 fingerprint that the commands print: ${sha256.replace(/..(?=.)/g, '$&:')}.`;
};

const fileNote = (finding: Finding): string =>
  profileOf(finding) === undefined
    ? ' The profile does not have the certificate: get it from the CA first, in PEM, and write it to the file that the commands name.'
    : '';

const isNode = (finding: Finding): boolean => textOf(finding, 'store') === 'node';

const howToAdd = (finding: Finding): string => {
  switch (keeperOf(finding)) {
    case 'java':
      return "Import it with keytool, which asks for the keystore's password, and restart the Java programs.";
    case 'nss':
      return "Import it with NSS's certutil and the trust flags C,, (issues server certificates).";
    case 'windows':
      return 'Add it for the machine (LocalMachine), not for a user: mail services run as the machine. In cmd.exe, certutil -addstore -f Root FILE does what Import-Certificate does. In a domain, distribute it by Group Policy. If Windows should have fetched it by itself, mend the automatic root update too.';
    case 'setting':
      return isNode(finding)
        ? "Node brings a list of its own. Set NODE_EXTRA_CA_CERTS in the service's environment (systemctl edit SERVICE, [Service], Environment=) to a file with the root, restart the service, and name the file in the configuration (nodeServices, extraCaCerts)."
        : "The mail server verifies, and its configuration names no roots to verify with: let it read the system's bundle, to which the root is added with the distribution's tool.";
    case 'bundle':
    case 'directory':
      return isNode(finding)
        ? 'The service reads this file besides the list that Node brings: add the certificate to it and restart the service.'
        : 'No tool of the system keeps this store: add the certificate to it directly.';
    case 'update-ca-certificates':
    case 'update-ca-trust':
    case 'suse':
    case 'p11-kit':
      return "Add it with the distribution's tool, so that it survives updates. Programs that run keep their old list until they are restarted.";
  }
};

/** Postfix's locked-in clients do not see what is changed, only what was copied for them. */
const copyNote = (finding: Finding): string =>
  isCopy(finding)
    ? ` Postfix runs chrooted and reads its own copy, made when it starts: the commands change ${shown(originalPathOf(finding))} and restart Postfix (a reload is not enough).`
    : '';

/** The whole way: how, what to compare first, and where the certificate comes from. */
export const addIt = (finding: Finding): string =>
  `${howToAdd(finding)}${copyNote(finding)} ${compareFingerprint(finding)}${fileNote(finding)}`;

const parts: Readonly<Record<string, string>> = {
  'hash-link-missing': 'has no hash link, so that OpenSSL does not find it',
  'not-in-bundle': 'is in the folder, but not in the bundle',
  'not-in-folder': 'is in the bundle, but not in the folder',
};

/** The machine has it, where it does not count. */
const elsewhere: Readonly<Record<string, string>> = {
  'not-taken-over': 'was added, but the store has not been written anew since',
  'among-intermediates': 'lies among intermediate certificates, where it anchors nothing',
  'file-refused': 'is in a file that is refused, because something in it cannot be read',
};

/** What exactly is missing, as the end of a sentence about the root. */
export const howMissing = (finding: Finding): string => {
  const reason = textOf(finding, 'reason') ?? '';
  if (reason === 'deselected')
    return `is deselected${inBrackets([textOf(finding, 'origin')?.split('/').at(-1)])}`;
  return parts[reason] ?? elsewhere[reason] ?? 'is missing';
};

export const missingRemedy = (finding: Finding): string => {
  const root = shown(rootNameOf(finding));
  const reason = textOf(finding, 'reason') ?? '';
  if (reason === 'deselected')
    return `${root} is installed, but an administrator or an update deselected it in /etc/ca-certificates.conf. Find out whether that was meant; if not, select it again with the commands below, as root. Programs that run keep their old list until they are restarted.`;
  if (reason === 'not-taken-over' && isCopy(finding))
    return `${root} was added to ${shown(originalPathOf(finding))}, and Postfix, which runs chrooted, still reads the copy that it made when it started. Restart it as below (a reload is not enough).`;
  if (keeperOf(finding) === 'setting')
    return isNode(finding)
      ? `Make the service trust ${root}. ${addIt(finding)}`
      : `${howToAdd(finding)} As root.`;
  if (reason === 'not-taken-over')
    return `${root} lies where the store's tool takes certificates from. Write the store anew with the command below, as root.`;
  if (reason === 'file-refused' && textOf(finding, 'store') === 'java')
    return `Java reads nothing of ${shown(refusedFileOf(finding))} while a certificate in it cannot be read. The check's evidence says which one. Java's own tool cannot open the file either: bring it back from a backup or by its package, or make it anew with the commands below, as root, and add what else it held.`;
  if (reason === 'file-refused')
    return `OpenSSL and GnuTLS read nothing of ${shown(refusedFileOf(finding))}, and Node not all, while something in it cannot be read: a certificate, or in OpenSSL's case a CRL or a key. The check's evidence says which one: find out first what it was meant to be. The commands below, as root, take it out and leave the rest as it is.`;
  if (reason in parts)
    return `Some programs find ${root} in this store and others do not, because its parts differ. Write the store anew with the commands below, as root, so that all parts have it.${copyNote(finding)}`;
  return `Add ${root} to ${shown(storePathOf(finding))}, as root or administrator. ${addIt(finding)}`;
};

const unblockOnWindows = {
  policy: enterpriseRootsOnly,
  list: 'wait for a newer list from Microsoft, which Windows fetches by itself',
  store: 'remove it from LocalMachine\\Disallowed, or from the Group Policy that puts it there',
} as const;

export const unblock = (finding: Finding): string => {
  switch (keeperOf(finding)) {
    case 'update-ca-trust':
    case 'suse':
    case 'p11-kit':
      return 'remove its file from the blocklist folder and write the store anew, as below';
    case 'nss':
      return 'set its trust flags again, as below';
    case 'windows':
      return unblockOnWindows[windowsDistrust(finding)];
    case 'java':
      return "take its fingerprint off the runtime's blocked.certs, as below";
    case 'setting':
      return 'let the mail server read other roots';
    case 'update-ca-certificates':
    case 'bundle':
    case 'directory':
      return 'replace the entry that rejects it by the plain certificate, as below';
  }
};

const intrusion = 'find out who put it there, and treat it as an intrusion until that is explained';

export const explainLookalike = (finding: Finding): string => {
  switch (textOf(finding, 'likeness') ?? '') {
    case 'same-key':
      return 'It has the same key: an older or newer certificate of this root. Add the right one; the other can stay.';
    case 'cross-certificate':
      return 'It has the same key, but another authority issued it: it anchors nothing. Add the root itself.';
    case 'other-key':
      return `It has another key: ${intrusion}. Then add the right one.`;
    default:
      return `If its key is the same, it is another certificate of this root; if not, ${intrusion}.`;
  }
};

/** Where the other certificate stands. */
export const lookalikePlace = (finding: Finding): string => {
  const found = sha256Of(finding, 'found');
  const origin = originOf(finding);
  return inBrackets([
    found === undefined ? undefined : `SHA-256 ${found.slice(0, 12)}...`,
    origin?.file.split('/').at(-1),
  ]);
};
