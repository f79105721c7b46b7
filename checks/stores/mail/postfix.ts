/** Postfix, asked by postconf(1): which roots its SMTP client reads, and whether they decide anything (postconf(5)). */

import { posix } from 'node:path';
import type { RunCommand } from '../commands.ts';
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

const isYes = (value: string | undefined): boolean => value === 'yes';

/** The security level, by the older parameters where the newer is empty (postconf(5), smtp_tls_security_level). */
const levelOf = (setting: (name: string) => string): string => {
  const level = setting('smtp_tls_security_level');
  if (level !== '') return level;
  if (isYes(setting('smtp_enforce_tls')))
    return isYes(setting('smtp_tls_enforce_peername')) ? 'verify' : 'encrypt';
  return isYes(setting('smtp_use_tls')) ? 'may' : 'none';
};

/** Levels at which a certificate that no root vouches for stops the mail; DANE and fingerprints need no roots. */
const verifyingLevels = new Set(['verify', 'secure']);

/** What the level and the tables make of the client's roots; the older tables name no files. */
const policiesOf = async (setting: (name: string) => string): Promise<Policies> => {
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
  setting: (name: string) => string,
  chroot: boolean,
): readonly RootSource[] => {
  const queue = setting('queue_directory');
  return files.map((file) => ({
    kind: 'file',
    path: chroot ? posix.join(queue, posix.resolve('/', file)) : posix.resolve(queue, file),
  }));
};

/**
 * Trust anchors take the place of the CAfile and the CApath (postconf(5), smtp_tls_trust_anchor_file).
 * The CAfile is read before the client is locked in, the CApath afterwards (postconf(5),
 * smtp_tls_CApath). Debian copies the folder into the queue when the service starts; before its first
 * start there is nothing to be read but the original.
 */
const sourcesOf = async (
  setting: (name: string) => string,
  chroot: boolean,
): Promise<readonly RootSource[]> => {
  const anchors = setting('smtp_tls_trust_anchor_file')
    .split(/[\s,]+/)
    .filter(Boolean);
  if (anchors.length > 0) return anchorSources(anchors, setting, chroot);
  const file = setting('smtp_tls_CAfile');
  const folder = setting('smtp_tls_CApath');
  const sources: RootSource[] = [];
  if (file !== '') sources.push({ kind: 'file', path: file });
  if (folder !== '') {
    const queue = setting('queue_directory');
    const original = posix.resolve('/', folder);
    const inside = posix.join(queue, original);
    const isCopied = (await kindOfPath(inside).catch(() => 'other')) !== 'absent';
    const isLocked = chroot && (isCopied || (await isRunning(queue)));
    sources.push(
      isLocked
        ? { kind: 'folder', path: inside, copyOf: original }
        : { kind: 'folder', path: original },
    );
  }
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
  setting: (parameter: string) => string,
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

const usesOf = async (
  settings: Settings,
  overrides: Settings,
  fields: Settings,
): Promise<readonly MailUse[]> => {
  const uses = await Promise.all(
    parseClients(fields, isLockedByDefault(settings)).map((client) =>
      clientUses(
        client,
        (parameter) =>
          overrides.get(`${client.name}/${parameter}`) ?? settings.get(parameter) ?? '',
      ),
    ),
  );
  return uses.flat();
};

const askInstance = async (run: RunCommand, folder: string | undefined): Promise<MailTrust[]> => {
  const where = folder === undefined ? [] : ['-c', folder];
  const answers = await Promise.all([
    run('postconf', [...where, '-x', ...parameters]),
    run('postconf', [...where, '-xP']),
    run('postconf', [...where, '-F']),
  ]);
  if (answers.some((answer) => 'absent' in answer)) return [];
  const failed = answers.find((answer) => 'failure' in answer);
  const inFolder = (path: string): string => `${path}/main.cf`;
  const unasked = inFolder(folder ?? '/etc/postfix');
  if (failed) return [{ program: 'postfix', configuration: unasked, failure: failed.failure }];
  const [settings, overrides, fields] = answers.map((answer) =>
    parseSettings('output' in answer ? answer.output : ''),
  );
  if (!settings || !overrides || !fields) return [];
  const uses = await usesOf(settings, overrides, fields);
  const others = (settings.get('multi_instance_directories') ?? '').split(/[\s,]+/);
  const instances = folder === undefined ? others.filter((path) => path.startsWith('/')) : [];
  const more = await Promise.all(instances.map((path) => askInstance(run, path)));
  const configuration = inFolder(settings.get('config_directory') ?? '/etc/postfix');
  return [{ program: 'postfix', configuration, uses }, ...more.flat()];
};

/** Every instance of Postfix on this machine; none where it is not installed. */
export const askPostfix = (run: RunCommand): Promise<MailTrust[]> => askInstance(run, undefined);
