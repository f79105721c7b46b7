/** Steps that systemd takes with a unit, each of which is verified by what systemd says afterwards. */

import { setTimeout as wait } from 'node:timers/promises';
import type { Step } from '../plan.ts';
import { ServiceError } from '../service-error.ts';
import { runTool, systemctl } from './systemctl.ts';
import { unitName } from './unit-file.ts';

const activeState = async (name: string): Promise<string> =>
  (await systemctl.show(unitName(name), 'ActiveState')).ActiveState;

const running = ['active', 'reloading'] as const;

export const isRunning = async (name: string): Promise<boolean> =>
  (running as readonly string[]).includes(await activeState(name));

/** Whether it runs, or is about to. */
export const isUp = async (name: string): Promise<boolean> =>
  [...running, 'activating'].includes(await activeState(name));

/** Whether it starts with the system. */
export const isEnabled = async (name: string): Promise<boolean> =>
  (await systemctl.show(unitName(name), 'UnitFileState')).UnitFileState === 'enabled';

const expectProperty = async (
  name: string,
  property: 'ActiveState' | 'UnitFileState',
  allowed: readonly string[],
): Promise<void> => {
  const found = (await systemctl.show(unitName(name), property))[property];
  if (!allowed.includes(found))
    throw new ServiceError(
      'step-failed',
      `systemd says ${found === '' ? 'nothing' : found}, expected ${allowed.join(' or ')}`,
    );
};

/** A failed one counts as stopped, but would be listed until somebody looks. */
const stop = async (name: string): Promise<void> => {
  await systemctl.run('stop', '--', unitName(name));
  await systemctl.run('reset-failed', '--', unitName(name)).catch(() => undefined);
};

/** The journal takes a moment to get what a service says as it ends. */
const journalRetries = 5;
const journalRetryMs = 100;

/** What the service said last, in its last life. */
const lastWords = async (name: string): Promise<string> => {
  const unit = unitName(name);
  const { InvocationID, InactiveExitTimestamp: begin } = await systemctl.show(
    unit,
    'InvocationID',
    'InactiveExitTimestamp',
  );
  if (InvocationID === '' || begin === '') return '';
  // Of a process that was gone when the journal looked at it, it knows the unit alone
  const life = [`_SYSTEMD_INVOCATION_ID=${InvocationID}`, '+', `_SYSTEMD_UNIT=${unit}`];
  // All that it has been handed by now; where it cannot be asked, it is waited for
  await runTool('journalctl', ['--sync']).catch(() => undefined);
  for (let attempt = 0; attempt < journalRetries; attempt++) {
    const options = ['--quiet', '--output=cat', '--lines=1', `--since=${begin}`];
    const said = await runTool('journalctl', [...options, ...life]).catch(() => '');
    if (said.trim() !== '') return said.trim().slice(0, 500);
    await wait(journalRetryMs);
  }
  return '';
};

/** systemctl's own words say no more than where to look. */
const startBy = async (verb: 'start' | 'restart', name: string): Promise<void> => {
  // An administrator's start does not count among those that failed before.
  await systemctl.run('reset-failed', '--', unitName(name)).catch(() => undefined);
  try {
    await systemctl.run(verb, '--', unitName(name));
  } catch (error) {
    const { Result, ExecMainStatus } = await systemctl.show(
      unitName(name),
      'Result',
      'ExecMainStatus',
    );
    const said = await lastWords(name);
    if (Result === '' || Result === 'success') throw error;
    const status = Result === 'exit-code' ? ` ${ExecMainStatus}` : '';
    throw new Error(`${Result}${status}${said === '' ? '' : `: ${said}`}`, { cause: error });
  }
};

export const startStep = (name: string): Step => ({
  summary: `start ${unitName(name)}`,
  run: () => startBy('start', name),
  verify: () => expectProperty(name, 'ActiveState', running),
  undo: () => stop(name),
});

/** Of one that runs, so that an update takes effect. */
export const restartStep = (name: string): Step => ({
  summary: `restart ${unitName(name)}`,
  run: () => startBy('restart', name),
  verify: () => expectProperty(name, 'ActiveState', running),
});

/** Undone, what ran before runs again. */
export const stopStep = (name: string, wasUp: boolean): Step => ({
  summary: `stop ${unitName(name)}`,
  run: () => stop(name),
  verify: () => expectProperty(name, 'ActiveState', ['inactive', 'failed']),
  ...(wasUp && { undo: () => startBy('start', name) }),
});

export const enableStep = (name: string): Step => ({
  summary: `enable ${unitName(name)}, so that it starts with the system`,
  run: () => systemctl.run('enable', '--quiet', '--', unitName(name)),
  verify: () => expectProperty(name, 'UnitFileState', ['enabled']),
  undo: () => systemctl.run('disable', '--quiet', '--', unitName(name)),
});

export const disableStep = (name: string): Step => ({
  summary: `disable ${unitName(name)}`,
  run: () => systemctl.run('disable', '--quiet', '--', unitName(name)),
  verify: () => expectProperty(name, 'UnitFileState', ['disabled']),
  undo: () => systemctl.run('enable', '--quiet', '--', unitName(name)),
});
