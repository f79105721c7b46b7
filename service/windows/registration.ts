/** The service's entry with the manager: its command line, its settings, certready's mark. */

import type { Step } from '../plan.ts';
import { ServiceError } from '../service-error.ts';
import type { ServiceDefinition } from '../service-manager.ts';
import { commandLine } from './command-line.ts';
import {
  installedVersion,
  parametersKey,
  serviceKey,
  stateDirValue,
  versionValue,
} from './ownership.ts';
import { promised } from './promised.ts';
import { type ServiceConfig, automaticStart } from './service-control.ts';
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
  system: WindowsSystem,
  { name, version, stateDir }: ServiceDefinition,
  { passStateDir }: { passStateDir: boolean },
): Step[] => {
  const { registry } = system;
  const key = parametersKey(name);
  const environment = passStateDir ? [`STATE_DIRECTORY=${stateDir}`] : [];
  const isDone = (): boolean =>
    installedVersion(system, name) === version &&
    registry.read(key, stateDirValue)?.data === stateDir &&
    String(registry.read(serviceKey(name), 'Environment')?.data ?? '') === environment.join();
  if (isDone()) return [];
  return [
    {
      summary: `note in the registry that certready ${version} installed it`,
      run: promised(() => {
        registry.write(key, stateDirValue, { type: 'text', data: stateDir });
        if (environment.length > 0)
          registry.write(serviceKey(name), 'Environment', { type: 'texts', data: environment });
        else registry.removeValue(serviceKey(name), 'Environment');
        registry.write(key, versionValue, { type: 'text', data: version });
      }),
      verify: promised(() => {
        if (!isDone()) throw new ServiceError('step-failed', `HKLM\\${key} does not hold it`);
      }),
    },
  ];
};

/** A step for what differs; what this Windows does not know, or does not keep, becomes a note. */
export const settingSteps = (
  { services }: WindowsSystem,
  definition: ServiceDefinition,
  { isThere, notes }: { isThere: boolean; notes: string[] },
): Step[] => {
  const { name } = definition;
  const wanted = settingsOf(definition);
  const shows = (setting: SettingName): boolean =>
    JSON.stringify(services.setting(name, setting)) === JSON.stringify(wanted[setting]);
  const apply = (setting: SettingName): void => {
    try {
      services.changeSetting(name, setting, wanted[setting]);
    } catch (error) {
      if (!isWindowsError(error, 'invalidLevel')) throw error;
    }
  };
  const different = settingNames.filter((setting) => !isThere || !shows(setting));
  if (different.length === 0) return [];
  return [
    {
      summary: `set ${different.map((setting) => settingWords[setting]).join(', ')}`,
      run: promised(() => different.forEach(apply)),
      verify: promised(() => {
        for (const setting of different.filter((one) => !shows(one)))
          notes.push(`this Windows does not keep ${settingWords[setting]} of a service`);
      }),
    },
  ];
};
