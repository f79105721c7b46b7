/** The source `certready` of the Event Log (Application), for all of its services. */

import type { Step } from '../plan.ts';
import { ownServices } from './ownership.ts';
import { promised } from './promised.ts';
import type { RegistryValue } from './registry.ts';
import { registrySteps } from './registry-step.ts';
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

/** None where it is there. */
export const registerEventSource = ({ registry }: Machine): Step[] =>
  registrySteps(registry, 'register the event source certready', [
    { key: eventSourceKey, values, isOwn: true },
  ]);

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
