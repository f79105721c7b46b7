/** Postfix, asked by postconf(1): which roots its SMTP client reads, and whether they decide anything (postconf(5)). */

import { posix } from 'node:path';
import type { CommandResult, RunCommand } from '../commands.ts';
import { kindOfPath, readStoreFile } from '../files.ts';
import { StoreError } from '../store-error.ts';
import { type MailTrust, type MailUse, type RootSource, graver } from './mail-trust.ts';
import { type Policies, readPolicies } from './postfix-policies.ts';

const parameters = [
  'smtp_tls_security_level',
  'smtp_use_tls',
  'smtp_enforce_tls',
  'smtp_tls_enforce_peername',
  'smtp_tls_CAfile',
  'smtp_tls_CApath',
  'smtp_tls_trust_anchor_file',
  'tls_append_default_CA',
  'smtp_tls_policy_maps',
  'smtp_tls_per_site',
  'config_directory',
  'queue_directory',
  'compatibility_level',
  'multi_instance_directories',
] as const;

type Settings = ReadonlyMap<string, string>;

/** `name = value` lines, as postconf writes them; a service's have `service/type/` before the name. */
export const parseSettings = (output: string): Map<string, string> => {
  const settings = new Map<string, string>();
  for (const line of output.split('\n')) {
    const match = /^(\S+) =(?: (.*))?$/.exec(line);
    if (match?.[1] !== undefined) settings.set(match[1], (match[2] ?? '').trim());
  }
  return settings;
};

interface Client {
  readonly name: string;
  readonly chroot: boolean;
}

type Setting = (name: string) => string;

/**
 * The services of master.cf that run the SMTP client, and whether each is locked into the queue's
 * folder; `-` is `byDefault`.
 */
export const parseClients = (fields: Settings, byDefault: boolean): readonly Client[] => {
  const clients: Client[] = [];
  for (const [key, command] of fields) {
    const name = /^(.+)\/command$/.exec(key)?.[1];
    if (name === undefined || !/^smtp(?:\s|$)/.test(command)) continue;
    const chroot = fields.get(`${name}/chroot`);
    clients.push({ name, chroot: chroot === '-' ? byDefault : chroot !== 'n' });
  }
  return clients;
};

const isYes = (value: string): boolean => value.toLowerCase() === 'yes';

/** The security level, by the older parameters where the newer is empty (postconf(5), smtp_tls_security_level). */
const levelOf = (setting: Setting): string => {
  const level = setting('smtp_tls_security_level').toLowerCase();
  if (level !== '') return level;
  if (isYes(setting('smtp_enforce_tls')))
    return isYes(setting('smtp_tls_enforce_peername')) ? 'verify' : 'encrypt';
  return isYes(setting('smtp_use_tls')) ? 'may' : 'none';
};

/** Levels at which a certificate that no root vouches for stops the mail; DANE and fingerprints need no roots. */
const verifyingLevels = new Set(['verify', 'secure']);

/** What the level and the tables make of the client's roots; the older tables name no files. */
const policiesOf = async (setting: Setting): Promise<Policies> => {
  const { mail, anchored } = await readPolicies(setting('smtp_tls_policy_maps'));
  if (verifyingLevels.has(levelOf(setting))) return { mail: 'verifies', anchored };
  const sites = await readPolicies(setting('smtp_tls_per_site'));
  return { mail: graver(mail, sites.mail), anchored };
};

/** Whether the instance runs: then it has copied what it copies. */
const isRunning = async (queue: string): Promise<boolean> => {
  try {
    const path = posix.join(queue, 'pid/master.pid');
    const text = await readStoreFile(path, AbortSignal.timeout(5000), 100);
    const id = Number(text.toString('latin1').trim());
    return Number.isInteger(id) && (await kindOfPath(`/proc/${id}`)) === 'folder';
  } catch (error) {
    if (error instanceof StoreError) return false;
    throw error;
  }
};

/** Files of trust anchors are opened by the client once it is locked in; nobody copies them there. */
const anchorSources = (
  files: readonly string[],
  setting: Setting,
  chroot: boolean,
): readonly RootSource[] => {
  const queue = setting('queue_directory');
  return files.map((file) => ({
    kind: 'file',
    path: chroot ? posix.join(queue, posix.resolve('/', file)) : posix.resolve(queue, file),
  }));
};

/**
 * A client works in the queue's folder, from which relative paths count, also once it is locked in there.
 *
 * Trust anchors take the place of the CAfile and the CApath (postconf(5), smtp_tls_trust_anchor_file).
 * The CAfile is read before the client is locked in, the CApath afterwards (postconf(5),
 * smtp_tls_CApath). Debian copies the folder into the queue when the service starts; before its first
 * start there is nothing to be read but the original.
 */
const sourcesOf = async (setting: Setting, chroot: boolean): Promise<readonly RootSource[]> => {
  const anchors = setting('smtp_tls_trust_anchor_file')
    .split(/[\s,]+/)
    .filter(Boolean);
  if (anchors.length > 0) return anchorSources(anchors, setting, chroot);
  const file = setting('smtp_tls_CAfile');
  const folder = setting('smtp_tls_CApath');
  const queue = setting('queue_directory');
  const sources: RootSource[] = [];
  if (file !== '') sources.push({ kind: 'file', path: posix.resolve(queue, file) });
  if (folder.startsWith('/')) {
    const original = posix.resolve('/', folder);
    const inside = posix.join(queue, original);
    const isCopied = (await kindOfPath(inside).catch(() => 'other')) !== 'absent';
    const isLocked = chroot && (isCopied || (await isRunning(queue)));
    sources.push(
      isLocked
        ? { kind: 'folder', path: inside, copyOf: original }
        : { kind: 'folder', path: original },
    );
  } else if (folder !== '') sources.push({ kind: 'folder', path: posix.join(queue, folder) });
  if (sources.length > 0 && isYes(setting('tls_append_default_CA')))
    sources.push({ kind: 'system' });
  return sources;
};

/** Before 3.0 clients were locked in unless told otherwise; the level says how new the defaults are. */
const isLockedByDefault = (settings: Settings): boolean =>
  Number.parseInt(settings.get('compatibility_level') ?? '', 10) < 1;

/** What one client does with the roots that it has for all, and with those of single destinations. */
const clientUses = async (
  { name, chroot }: Client,
  setting: Setting,
): Promise<readonly MailUse[]> => {
  const { mail, anchored } = await policiesOf(setting);
  return [
    { service: name, sources: await sourcesOf(setting, chroot), mail },
    ...anchored.map(({ destinations, files }): MailUse => ({
      service: name,
      sources: anchorSources(files, setting, chroot),
      mail: 'verifies',
      ...(!destinations.includes('*') && { destinations }),
    })),
  ];
};

/** What master.cf says for one service, `-o NAME=VALUE` for each. */
const overridesOf = (overrides: Settings, { name }: Client): string[] =>
  [...overrides].flatMap(([key, value]) =>
    key.startsWith(`${name}/`) ? ['-o', `${key.slice(name.length + 1)}=${value}`] : [],
  );

/** Asks postconf for main.cf as one service sees it: other parameters may be made of what is its own. */
type AskSettings = (options: readonly string[]) => Promise<Settings>;

const usesOf = async (
  ask: AskSettings,
  overrides: Settings,
  fields: Settings,
): Promise<readonly MailUse[]> => {
  const settings = await ask([]);
  const uses = await Promise.all(
    parseClients(fields, isLockedByDefault(settings)).map(async (client) => {
      const own = overridesOf(overrides, client);
      const seen = own.length === 0 ? settings : await ask(own);
      return clientUses(client, (parameter) => seen.get(parameter) ?? '');
    }),
  );
  return uses.flat();
};

/** An answer of postconf as settings. @throws StoreError for none */
const settingsIn = (answer: CommandResult): Settings => {
  if ('output' in answer) return parseSettings(answer.output);
  const failure = 'failure' in answer ? answer.failure : 'postconf is not there any more';
  throw new StoreError('unreadable', failure);
};

const askInstance = async (run: RunCommand, folder: string | undefined): Promise<MailTrust[]> => {
  const where = folder === undefined ? [] : ['-c', folder];
  const inFolder = (path: string): string => `${path}/main.cf`;
  const main = await run('postconf', [...where, '-x', ...parameters]);
  if ('absent' in main) return [];
  try {
    const settings = settingsIn(main);
    const [overrides, fields] = await Promise.all(
      ['-P', '-F'].map(async (what) => settingsIn(await run('postconf', [...where, what]))),
    );
    const ask: AskSettings = async (options) =>
      options.length === 0
        ? settings
        : settingsIn(await run('postconf', [...where, ...options, '-x', ...parameters]));
    const uses = await usesOf(ask, overrides ?? new Map(), fields ?? new Map());
    const others = (settings.get('multi_instance_directories') ?? '').split(/[\s,]+/);
    const instances = folder === undefined ? others.filter((path) => path.startsWith('/')) : [];
    const more = await Promise.all(instances.map((path) => askInstance(run, path)));
    const configuration = inFolder(settings.get('config_directory') ?? '/etc/postfix');
    return [{ program: 'postfix', configuration, uses }, ...more.flat()];
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    const configuration = inFolder(folder ?? '/etc/postfix');
    return [{ program: 'postfix', configuration, failure: error.message }];
  }
};

/** Every instance of Postfix on this machine; none where it is not installed. */
export const askPostfix = (run: RunCommand): Promise<MailTrust[]> => askInstance(run, undefined);
