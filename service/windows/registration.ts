/** The service's entry with the manager: its command line, its settings, certready's mark. */

import { isDeepStrictEqual } from 'node:util';
import type { Step } from '../plan.ts';
import { ServiceError } from '../service-error.ts';
import type { ServiceDefinition } from '../service-manager.ts';
import { commandLine } from './command-line.ts';
import { parametersKey, serviceKey, stateDirValue, versionValue } from './ownership.ts';
import { promised } from './promised.ts';
import { type ServiceConfig, automaticStart } from './service-control.ts';
import { registrySteps } from './registry-step.ts';
import type { ServiceSettings, SettingName } from './service-settings.ts';
import type { WindowsSystem } from './system.ts';
import { isWindowsError } from './windows-error.ts';

/**
 * The account with the fewest rights that does all of it: what is read (the machine's certificates, registry
 * and WinHTTP proxy) every account may read, and nothing that is asked over the network wants to know who asks.
 * NetworkService would show the machine's identity to any server that demands it.
 */
export const account = 'NT AUTHORITY\\LocalService';

const minuteMs = 60_000;

export const settingsOf = ({ description }: ServiceDefinition): ServiceSettings => ({
  description,
  delayedStart: true,
  recovery: {
    resetAfterS: 24 * 60 * 60,
    restartAfterMs: [1 * minuteMs, 5 * minuteMs, 15 * minuteMs],
  },
  recoverFromErrors: true,
  ownIdentity: true,
  // To pass through folders to a file that may be read; Node and certready need no other
  privileges: ['SeChangeNotifyPrivilege'],
});

const settingWords: Readonly<Record<SettingName, string>> = {
  description: 'the description',
  delayedStart: 'the delayed start',
  recovery: 'the restarts after a failure (1, 5 and 15 minutes)',
  recoverFromErrors: 'the restarts after an exit with an error',
  ownIdentity: 'the identity of its own',
  privileges: 'the reduced privileges',
};
const settingNames = Object.keys(settingWords) as SettingName[];
const inWords = (settings: readonly SettingName[]): string =>
  settings.map((setting) => settingWords[setting]).join(', ');

export const configOf = ({
  displayName,
  program,
  configFile,
}: ServiceDefinition): ServiceConfig => ({
  displayName,
  commandLine: commandLine([
    ...program,
    ...(configFile === undefined ? [] : ['--config', configFile]),
  ]),
  startType: automaticStart,
  account,
});

const isAs = (found: ServiceConfig | undefined, wanted: ServiceConfig): boolean =>
  found?.commandLine === wanted.commandLine &&
  found.displayName === wanted.displayName &&
  found.startType === wanted.startType;

const detailOf = (config: ServiceConfig): string =>
  [
    `command line: ${config.commandLine}`,
    `account: ${config.account}`,
    'start: automatic, delayed',
  ].join('\n');

/** None where it is registered just so. */
export const registerSteps = (
  { services }: WindowsSystem,
  definition: ServiceDefinition,
  present: ServiceConfig | undefined,
): Step[] => {
  const { name } = definition;
  const wanted = configOf(definition);
  if (isAs(present, wanted)) return [];
  return [
    {
      summary: `${present ? 'update' : 'register'} the service ${name}`,
      detail: detailOf({ ...wanted, account: present?.account ?? wanted.account }),
      run: promised(() => {
        if (present) services.change(name, wanted);
        else services.create(name, wanted);
      }),
      verify: promised(() => {
        const found = services.config(name);
        if (!isAs(found, wanted))
          throw new ServiceError(
            'step-failed',
            `the service manager shows ${found?.commandLine ?? 'no such service'}, expected ${wanted.commandLine}`,
          );
      }),
      undo: promised(() => {
        if (present) services.change(name, present);
        else if (services.config(name)) services.remove(name);
      }),
    },
  ];
};

/** certready's mark, where its state is, and what the program finds in its environment. */
export const markSteps = (
  { registry }: WindowsSystem,
  { name, version, stateDir }: ServiceDefinition,
  { passStateDir }: { passStateDir: boolean },
): Step[] =>
  registrySteps(registry, `note in the registry that certready ${version} installed it`, [
    {
      key: parametersKey(name),
      values: {
        [versionValue]: { type: 'text', data: version },
        [stateDirValue]: { type: 'text', data: stateDir },
      },
      isOwn: true,
    },
    {
      key: serviceKey(name),
      values: {
        Environment: passStateDir
          ? { type: 'texts', data: [`STATE_DIRECTORY=${stateDir}`] }
          : undefined,
      },
      isOwn: false,
    },
  ]);

/** A step for what differs; what this Windows does not know, or does not keep, becomes a note. */
export const settingSteps = (
  { services }: WindowsSystem,
  definition: ServiceDefinition,
  { isThere, notes }: { isThere: boolean; notes: string[] },
): Step[] => {
  const { name } = definition;
  const wanted = settingsOf(definition);
  const isSet = (setting: SettingName): boolean =>
    isDeepStrictEqual(services.setting(name, setting), wanted[setting]);
  const set = (setting: SettingName, { [setting]: value }: Partial<ServiceSettings>): void => {
    try {
      if (value !== undefined) services.changeSetting(name, setting, value);
    } catch (error) {
      if (!isWindowsError(error, 'invalidLevel')) throw error;
    }
  };
  const different = settingNames.filter((setting) => !isThere || !isSet(setting));
  if (different.length === 0) return [];
  let before: Partial<ServiceSettings> = {};
  return [
    {
      summary: `set ${inWords(different)}`,
      run: promised(() => {
        before = Object.fromEntries(
          different.map((setting) => [setting, services.setting(name, setting)]),
        );
        for (const setting of different) set(setting, wanted);
      }),
      verify: promised(() => {
        const missing = different.filter((setting) => !isSet(setting));
        if (missing.length > 0)
          notes.push(`this Windows does not keep, of a service: ${inWords(missing)}`);
      }),
      undo: promised(() => {
        for (const setting of different) set(setting, before);
      }),
    },
  ];
};
