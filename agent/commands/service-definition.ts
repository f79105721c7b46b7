/** What the configuration says of the service that is to run with it. */

import { dirname } from 'node:path';
import type { ServiceDefinition } from '../../service/service-manager.ts';
import type { Config, SecretText } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { referencedFile } from '../config/secret.ts';
import { AgentError } from '../errors.ts';
import { isBuiltIn } from '../profiles/built-in.ts';
import { loadProfiles } from '../profiles/load.ts';
import { version } from '../version.ts';
import type { ServiceOptions } from './service.ts';
import type { Surroundings } from './surroundings.ts';

const secretsOf = ({ alerts, proxy, metrics: { otlp } }: Config): readonly SecretText[] => [
  proxy,
  ...(otlp ? [otlp.url, ...Object.values(otlp.headers ?? {})] : []),
  ...alerts.flatMap(({ url, secret = [] }) => [url, ...[secret].flat()]),
];

const secretFiles = (config: Config): string[] => [
  ...new Set(secretsOf(config).flatMap((text) => referencedFile(text) ?? [])),
];

const readPaths = ({ profiles, trustStores, nodeServices }: Config): string[] => [
  ...profiles.filter((name) => !isBuiltIn(name)),
  ...(trustStores === 'auto' ? [] : trustStores.map(({ path }) => path)),
  ...nodeServices.flatMap(({ node, extraCaCerts = [] }) => [node, extraCaCerts].flat()),
];

const writeFolders = ({ log, metrics }: Config): string[] =>
  [log.file, metrics.textfile].flatMap((path) => (path === undefined ? [] : [dirname(path)]));

/** Whether somebody named a file; one at the default place is found without that, also one that comes later. */
export const namesConfig = (
  { config }: Pick<ServiceOptions, 'config'>,
  { env }: Pick<Surroundings, 'env'>,
): boolean => config !== undefined || (env['CERTREADY_CONFIG'] ?? '') !== '';

/**
 * What `service install` is to install, by a configuration that is right.
 * @param stateDir where it keeps its state unless the configuration says so
 * @throws AgentError as loadConfig and loadProfiles, and `usage` for a program that will not stay
 */
export const serviceDefinition = async (
  options: ServiceOptions,
  surroundings: Surroundings,
  stateDir: string,
): Promise<ServiceDefinition> => {
  const { name, config: file } = options;
  const { env, platform, program } = surroundings;
  const passing = program.find((word) => /[\\/]_npx[\\/]/.test(word));
  if (passing !== undefined)
    throw new AgentError(
      'usage',
      `${passing}: npx keeps its programs only for a while; install it first: npm install --global certready`,
    );
  const { config, path } = await loadConfig({
    file,
    env: { ...env, STATE_DIRECTORY: stateDir },
    platform,
  });
  await loadProfiles(config.profiles);
  return {
    name,
    displayName: name,
    description: 'Readiness of this mail host for a certificate change',
    version,
    program,
    ...(path !== undefined && namesConfig(options, surroundings) && { configFile: path }),
    stateDir: config.stateDir,
    schedule: config.schedule,
    readPaths: [...(path === undefined ? [] : [path]), ...readPaths(config)],
    secretFiles: secretFiles(config),
    writeFolders: writeFolders(config),
  };
};
