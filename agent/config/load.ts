/** Finding, reading and checking the configuration file. */

import { dirname, join, resolve } from 'node:path';
import { readText } from '../documents/read.ts';
import { AgentError } from '../errors.ts';
import { isBuiltIn } from '../profiles/built-in.ts';
import { type Config, defaultConfig } from './config.ts';
import type { ConfigDocument } from './schema.ts';

export interface LoadedConfig {
  readonly config: Config;
  /** The file that it came from; absent where there is none. */
  readonly path?: string;
}

export interface ConfigPlaces {
  /** What `--config` names. */
  readonly file?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
}

const programData = (env: ConfigPlaces['env']): string => env['ProgramData'] ?? 'C:\\ProgramData';

const defaultPlaces = ({ env, platform }: ConfigPlaces): { file: string; stateDir: string } =>
  platform === 'win32'
    ? {
        file: join(programData(env), 'certready', 'config.yaml'),
        stateDir: join(programData(env), 'certready'),
      }
    : { file: '/etc/certready/config.yaml', stateDir: '/var/lib/certready' };

/** Where the service manager says that a service keeps its state (systemd.exec(5), StateDirectory=). */
const managedStateDir = ({ env, platform }: ConfigPlaces): string | undefined => {
  const folders = env['STATE_DIRECTORY'] ?? '';
  if (folders === '') return undefined;
  return platform === 'win32' ? folders : folders.split(':')[0];
};

interface Places {
  readonly absolute: (path: string) => string;
  /** A path that a secret is read from. */
  readonly reference: (text: string) => string;
}

const withAbsoluteMetrics = (
  metrics: NonNullable<ConfigDocument['metrics']>,
  { absolute, reference }: Places,
): ConfigDocument['metrics'] => {
  const { textfile, otlp } = metrics;
  return {
    ...metrics,
    ...(textfile !== undefined && { textfile: absolute(textfile) }),
    ...(otlp && {
      otlp: {
        ...otlp,
        url: reference(otlp.url),
        ...(otlp.headers && {
          headers: Object.fromEntries(
            Object.entries(otlp.headers).map(([name, value]) => [name, reference(value)]),
          ),
        }),
      },
    }),
  };
};

/** Paths in the file are relative to the file. */
const withAbsolutePaths = (document: ConfigDocument, folder: string): ConfigDocument => {
  const absolute = (path: string): string => resolve(folder, path);
  const reference = (text: string): string =>
    text.startsWith('file:') ? `file:${absolute(text.slice('file:'.length))}` : text;
  const { profiles, stateDir, proxy, trustStores, nodeServices, alerts, metrics, log } = document;
  return {
    ...document,
    ...(profiles && {
      profiles: profiles.map((name) => (isBuiltIn(name) ? name : absolute(name))),
    }),
    ...(stateDir !== undefined && { stateDir: absolute(stateDir) }),
    ...(proxy !== undefined && { proxy: reference(proxy) }),
    ...(Array.isArray(trustStores) && {
      trustStores: trustStores.map(({ path }) => ({ path: absolute(path) })),
    }),
    ...(nodeServices && {
      nodeServices: nodeServices.map((service) => ({
        ...service,
        node: absolute(service.node),
        ...(service.extraCaCerts !== undefined && { extraCaCerts: absolute(service.extraCaCerts) }),
      })),
    }),
    ...(alerts && {
      alerts: alerts.map(({ type, url, secret }) => ({
        type,
        url: reference(url),
        ...(secret !== undefined && {
          secret: typeof secret === 'string' ? reference(secret) : secret.map(reference),
        }),
      })),
    }),
    ...(metrics && { metrics: withAbsoluteMetrics(metrics, { absolute, reference }) }),
    ...(log?.file !== undefined && { log: { ...log, file: absolute(log.file) } }),
  };
};

/** What is given, without the keys that are absent. */
const given = <T extends object>(values: T): { [Key in keyof T]: Exclude<T[Key], undefined> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]: Exclude<T[Key], undefined>;
  };

const merge = (defaults: Config, document: ConfigDocument): Config =>
  ({
    ...defaults,
    ...given(document),
    timeouts: { ...defaults.timeouts, ...given(document.timeouts ?? {}) },
    metrics: given(document.metrics ?? {}),
    log: { ...defaults.log, ...given(document.log ?? {}) },
  }) as Config;

const namedFile = ({ file, env }: ConfigPlaces): string | undefined => {
  const fromEnvironment = env['CERTREADY_CONFIG'];
  return file ?? (fromEnvironment === '' ? undefined : fromEnvironment);
};

/** Where the configuration is read from, whether or not there is a file. */
export const configPath = (places: ConfigPlaces): string =>
  resolve(namedFile(places) ?? defaultPlaces(places).file);

/**
 * The configuration by the contract's order: `--config`, `CERTREADY_CONFIG`, the default place; none is needed.
 * @throws AgentError as readText for a file that was named, and `config-invalid` with a line per problem
 */
export const loadConfig = async (places: ConfigPlaces): Promise<LoadedConfig> => {
  const { file, stateDir } = defaultPlaces(places);
  const defaults = defaultConfig(managedStateDir(places) ?? stateDir);
  const named = namedFile(places);
  const path = configPath(places);
  let text;
  try {
    text = await readText(path);
  } catch (error) {
    if (named === undefined && error instanceof AgentError && error.code === 'file-missing')
      return { config: defaults };
    throw error;
  }
  const { parseConfig } = await import('./parse.ts');
  const document = parseConfig(text, named ?? file);
  return { config: merge(defaults, withAbsolutePaths(document, dirname(path))), path };
};
