/** Which services are certready's: those that carry its mark in the registry, which goes when the service goes. */

import { ServiceError } from '../service-error.ts';
import type { ServiceConfig } from './service-control.ts';
import type { WindowsSystem } from './system.ts';

const services = 'SYSTEM\\CurrentControlSet\\Services';
export const serviceKey = (name: string): string => `${services}\\${name}`;

/** Where a service keeps values of its own. */
export const parametersKey = (name: string): string => `${serviceKey(name)}\\Parameters`;
export const versionValue = 'CertreadyVersion';
export const stateDirValue = 'StateDir';

/** The version that installed it; undefined for services of others. */
export const installedVersion = (
  { registry }: Pick<WindowsSystem, 'registry'>,
  name: string,
): string | undefined => {
  const mark = registry.read(parametersKey(name), versionValue);
  return mark?.type === 'text' ? mark.data : undefined;
};

/** Where a service that certready installed keeps its state. */
export const stateDirOf = (
  { registry }: Pick<WindowsSystem, 'registry'>,
  name: string,
): string | undefined => {
  const noted = registry.read(parametersKey(name), stateDirValue);
  return noted?.type === 'text' ? noted.data : undefined;
};

/** @throws ServiceError `foreign-service` */
export const ownConfig = (
  system: Pick<WindowsSystem, 'registry' | 'services'>,
  name: string,
): ServiceConfig | undefined => {
  const config = system.services.config(name);
  if (config && installedVersion(system, name) === undefined)
    throw new ServiceError(
      'foreign-service',
      `${name} is a service that certready did not install (${config.commandLine}); expected: another name (--name), or that service removed`,
    );
  return config;
};

/** The names of certready's services. */
export const ownServices = (system: Pick<WindowsSystem, 'registry'>): string[] =>
  system.registry.subkeys(services).filter((name) => installedVersion(system, name) !== undefined);
