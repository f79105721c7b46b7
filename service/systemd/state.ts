/** What systemd says of a service, in the words of both platforms. */

import type { ServiceState } from '../service-manager.ts';
import { systemctl } from './systemctl.ts';
import { managedFolders } from './unit.ts';
import { ownUnitFile, unitName } from './unit-file.ts';

const states: Readonly<Record<string, ServiceState['state']>> = {
  active: 'running',
  reloading: 'reloading',
  activating: 'starting',
  deactivating: 'stopping',
  inactive: 'stopped',
  failed: 'failed',
};

/** `Fri 2026-11-27 20:24:39 UTC`, as systemctl writes times where TZ is UTC. */
const parseTime = (text: string): Date | undefined => {
  const [, day, time] = /(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}) UTC$/.exec(text) ?? [];
  return day === undefined || time === undefined ? undefined : new Date(`${day}T${time}Z`);
};

const properties = [
  'ActiveState',
  'SubState',
  'UnitFileState',
  'MainPID',
  'StateChangeTimestamp',
  'StatusText',
  'Result',
  'ExecMainStatus',
  'NRestarts',
  'StateDirectory',
] as const;

type Properties = Readonly<Record<(typeof properties)[number], string>>;

const reasonOf = ({ Result, ExecMainStatus }: Properties): string | undefined => {
  if (Result === '' || Result === 'success') return undefined;
  return Result === 'exit-code' ? `exit status ${ExecMainStatus}` : Result;
};

/** @throws ServiceError `foreign-service` */
export const unitState = async (name: string): Promise<ServiceState> => {
  const { owner } = await ownUnitFile(name);
  if (owner === 'nobody') return { state: 'not-installed' };
  const found = await systemctl.show(unitName(name), ...properties);
  const state = states[found.ActiveState] ?? 'stopped';
  const since = parseTime(found.StateChangeTimestamp);
  const pid = Number(found.MainPID);
  const reason = reasonOf(found);
  const [stateDir = ''] = found.StateDirectory.split(/[\s:]/);
  return {
    state,
    atBoot: found.UnitFileState === 'enabled',
    restarts: Number(found.NRestarts),
    ...(pid > 0 && { pid }),
    ...(since && { since }),
    ...(found.StatusText !== '' && { statusLine: found.StatusText }),
    ...(reason !== undefined && { reason }),
    ...(stateDir !== '' && { stateDir: `${managedFolders.StateDirectory}/${stateDir}` }),
  };
};
