/** Which stores outgoing mail is verified with: the mail servers' own, and what they make of the others. */

import { resolve } from 'node:path';
import { fingerprint256 } from '../../pki/certificate.ts';
import type { StoreEntry, StoreProblem, TrustStore } from '../../types.ts';
import { readCertificateFolder, readWholeFolder } from '../certificate-folder.ts';
import type { TlsLibrary } from '../certificate-form.ts';
import type { RunCommand } from '../commands.ts';
import { pemReaders } from '../pem.ts';
import { mergeParts } from '../merge-parts.ts';
import { bundlePart } from '../openssl.ts';
import { type Collected, StoreError, contentsOf } from '../store-error.ts';
import { realPath } from '../system.ts';
import { askExim } from './exim.ts';
import { type MailTrust, type MailUse, type RootSource, eitherOf, graver } from './mail-trust.ts';
import { askOpenSmtpd } from './opensmtpd.ts';
import { askPostfix } from './postfix.ts';
import { askSendmail } from './sendmail.ts';

export interface MailServersOptions {
  readonly root?: string;
  readonly run: RunCommand;
}

/** Every mail server of the machine. An image's programs are not run: only their files are read. */
export const askMailServers = async ({
  root = '/',
  run,
}: MailServersOptions): Promise<readonly MailTrust[]> => {
  const live = root === '/' ? [askPostfix(run), askExim(run)] : [];
  const found = await Promise.all([...live, askOpenSmtpd(root), askSendmail(root)]);
  return found.flat();
};

export interface SystemStore {
  readonly store: TrustStore;
  /** Every file and folder that it is made of, by real path. */
  readonly paths: ReadonlySet<string>;
}

/** Who reads the sources, and what `system` means to it. */
interface Reader {
  readonly library: TlsLibrary;
  readonly system: TrustStore;
}

const readPath = async (
  { kind, path }: Exclude<RootSource, { kind: 'system' }>,
  { library }: Reader,
  signal: AbortSignal,
): Promise<Collected> => {
  try {
    if (kind === 'file') return await bundlePart(path, signal, pemReaders[library]);
    const read = library === 'gnutls' ? readWholeFolder : readCertificateFolder;
    return await read(path, signal);
  } catch (error) {
    // The program looks here and nowhere else: nothing there means no roots
    if (!(error instanceof StoreError) || error.fault !== 'absent') throw error;
    return { entries: [], problems: [{ origin: path, problem: error.message }] };
  }
};

const readSource = async (
  source: RootSource,
  reader: Reader,
  signal: AbortSignal,
): Promise<Collected> => {
  if (source.kind !== 'system') return readPath(source, reader, signal);
  const contents = await reader.system.read(signal);
  if ('unreadable' in contents) throw new StoreError('unreadable', contents.unreadable);
  return 'absent' in contents ? { entries: [], problems: [] } : contents;
};

/** What the next start will copy. It explains an absence; where it cannot be read, nothing is explained. */
const readNotCopied = async (
  source: RootSource,
  known: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<readonly StoreEntry[]> => {
  if (source.kind === 'system' || source.copyOf === undefined) return [];
  try {
    const { entries } = await readCertificateFolder(source.copyOf, signal);
    return entries.flatMap((entry): StoreEntry[] => {
      const isLinked = entry.hashLinks !== undefined && entry.hashLinks.ways.size > 0;
      if (!isLinked || known.has(fingerprint256(entry.der))) return [];
      return [{ ...entry, missingFrom: [{ part: 'store', path: source.path }] }];
    });
  } catch (error) {
    if (error instanceof StoreError) return [];
    throw error;
  }
};

/** The roots of all sources together: one of them is enough for a program that reads them all. */
const readUnion = async (
  sources: readonly RootSource[],
  reader: Reader,
  signal: AbortSignal,
): Promise<Collected> => {
  const parts = await Promise.all(sources.map((source) => readSource(source, reader, signal)));
  const entries = mergeParts([
    { part: 'folder', path: pathOf(sources), entries: parts.flatMap((part) => part.entries) },
  ]);
  const known = new Set(entries.map(({ der }) => fingerprint256(der)));
  const waiting = await Promise.all(sources.map((source) => readNotCopied(source, known, signal)));
  const problems: StoreProblem[] = parts.flatMap((part) => part.problems);
  return { entries: [...entries, ...waiting.flat()], problems };
};

const pathOf = (sources: readonly RootSource[]): string =>
  sources.map((source) => (source.kind === 'system' ? 'system' : source.path))[0] ?? 'none';

const nameOf = (sources: readonly RootSource[]): string =>
  sources.map((source) => (source.kind === 'system' ? 'system' : source.path)).join(',');

const isSystem = async (source: RootSource, { paths }: SystemStore): Promise<boolean> =>
  source.kind === 'system' || paths.has(await realPath(resolve(source.path)));

/** What the commands that add to it need to know: the first of its sources is added to. */
const placeOf = ([first]: readonly RootSource[]): Pick<TrustStore, 'shape' | 'copyOf'> =>
  first === undefined || first.kind === 'system'
    ? {}
    : { shape: first.kind, ...(first.copyOf !== undefined && { copyOf: first.copyOf }) };

const ownStore = (
  program: string,
  { sources, mail, destinations }: Omit<MailUse, 'service'>,
  reader: Reader,
): TrustStore => ({
  kind: program,
  name: nameOf(sources),
  path: pathOf(sources),
  ...placeOf(sources),
  mail,
  ...(destinations && { destinations }),
  read: (signal) => contentsOf(() => readUnion(sources, reader, signal)),
});

/** A client that verifies and has no roots at all to do it with. */
const emptyStore = ({ program, configuration }: MailTrust, mail: MailUse['mail']): TrustStore => ({
  kind: program,
  name: configuration,
  path: configuration,
  shape: 'setting',
  mail,
  read: () => Promise.resolve({ entries: [], problems: [] }),
});

const failedStore = ({ program, configuration }: MailTrust, failure: string): TrustStore => ({
  kind: program,
  name: configuration,
  path: configuration,
  mail: 'unknown',
  read: () => Promise.resolve({ unreadable: failure }),
});

const noMailServer: TrustStore = {
  kind: 'mail-server',
  name: 'mail-server',
  path: 'none',
  mail: 'unused',
  read: () => Promise.resolve({ absent: 'no mail server that certready knows is installed' }),
};

/** One store that is used in two ways. */
const together = (a: TrustStore, b: TrustStore): TrustStore => {
  const { destinations: ofA, ...store } = a;
  const destinations = eitherOf(ofA, b.destinations);
  return { ...store, mail: graver(a.mail, b.mail), ...(destinations && { destinations }) };
};

export interface MailStores {
  /** Stores of the mail servers' own. */
  readonly own: readonly TrustStore[];
  /** What mail depends on the system's store for. */
  readonly system: TrustStore['mail'];
  /** Who verifies with it. */
  readonly systemLibraries: ReadonlySet<TlsLibrary>;
  /** What it depends on any other store for: nothing, where every mail server's configuration is known. */
  readonly others: TrustStore['mail'];
}

/**
 * What the mail servers verify with. Without any, whoever sends mail from this machine is not known,
 * and so it stays with every store.
 */
export const mailStores = async (
  trusts: readonly MailTrust[],
  system: SystemStore,
): Promise<MailStores> => {
  const systemLibraries = new Set<TlsLibrary>();
  if (trusts.length === 0)
    return { own: [noMailServer], system: 'unknown', systemLibraries, others: 'unknown' };
  const own = new Map<string, TrustStore>();
  const add = (store: TrustStore): void => {
    const known = own.get(store.name);
    own.set(store.name, known ? together(known, store) : store);
  };
  const others = trusts.some((trust) => 'failure' in trust) ? 'unknown' : 'unused';
  let systemMail: TrustStore['mail'] = others;
  for (const trust of trusts) {
    if ('failure' in trust) {
      add(failedStore(trust, trust.failure));
      continue;
    }
    const { library = 'openssl' } = trust;
    for (const use of trust.uses) {
      if (use.undetermined !== undefined) add(failedStore(trust, use.undetermined));
      const inSystem = await Promise.all(use.sources.map((source) => isSystem(source, system)));
      if (use.sources.length === 0) {
        if (use.mail !== 'unused') add(emptyStore(trust, use.mail));
      } else if (inSystem.every(Boolean)) {
        systemMail = graver(systemMail, use.mail);
        if (use.mail !== 'unused') systemLibraries.add(library);
      } else add(ownStore(trust.program, use, { library, system: system.store }));
    }
  }
  return { own: [...own.values()], system: systemMail, systemLibraries, others };
};
