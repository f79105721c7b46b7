/** The source `certready` of the Event Log (Application), for all of its services. */

import type { Step } from '../plan.ts';
import { ServiceError } from '../service-error.ts';
import { ownServices } from './ownership.ts';
import { promised } from './promised.ts';
import type { RegistryValue } from './registry.ts';
import type { WindowsSystem } from './system.ts';

export const eventSourceKey =
  'SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\certready';

const values: Readonly<Record<string, RegistryValue>> = {
  /** Every Windows has it; its messages 1 to 1000 are the text that they are given. */
  EventMessageFile: { type: 'expandable', data: '%SystemRoot%\\System32\\EventCreate.exe' },
  /** Errors, warnings and information. */
  TypesSupported: { type: 'number', data: 7 },
};

type Machine = Pick<WindowsSystem, 'registry'>;

const isRegistered = ({ registry }: Machine): boolean =>
  Object.entries(values).every(
    ([name, { data }]) => registry.read(eventSourceKey, name)?.data === data,
  );

/** None where it is there. */
export const registerEventSource = (system: Machine): Step[] => {
  if (isRegistered(system)) return [];
  return [
    {
      summary: 'register the event source certready',
      run: promised(() => {
        for (const [name, value] of Object.entries(values))
          system.registry.write(eventSourceKey, name, value);
      }),
      verify: promised(() => {
        if (!isRegistered(system))
          throw new ServiceError('step-failed', `HKLM\\${eventSourceKey} does not hold it`);
      }),
      undo: promised(() => system.registry.removeKey(eventSourceKey)),
    },
  ];
};

/** None where it is not there, or where another service of certready's writes to it. */
export const removeEventSource = (system: Machine, service: string): Step[] => {
  const others = ownServices(system).filter((name) => name !== service);
  if (others.length > 0 || system.registry.read(eventSourceKey, 'EventMessageFile') === undefined)
    return [];
  return [
    {
      summary: 'remove the event source certready',
      run: promised(() => system.registry.removeKey(eventSourceKey)),
    },
  ];
};
