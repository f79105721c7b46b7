/** `certready service install|uninstall|start|stop`: the plan, then its steps, or only the plan. */

import { ServiceError } from '../../service/service-error.ts';
import { openServiceManager } from '../../service/open.ts';
import { type Plan, type Step, execute } from '../../service/plan.ts';
import type { ServiceManager } from '../../service/service-manager.ts';
import { loadConfig } from '../config/load.ts';
import { systemReason } from '../errors.ts';
import { cronLine } from './cron-line.ts';
import { asAgentError } from './service-failure.ts';
import { namesConfig, serviceDefinition } from './service-definition.ts';
import type { ServiceOptions, ServiceVerb } from './service.ts';
import type { Surroundings } from './surroundings.ts';

const planOf = async (
  verb: ServiceVerb,
  options: ServiceOptions,
  { manager, surroundings }: { manager: ServiceManager; surroundings: Surroundings },
): Promise<Plan> => {
  const { name } = options;
  switch (verb) {
    case 'install': {
      const stateDir = manager.stateDirOf(name);
      return manager.planInstall(await serviceDefinition(options, surroundings, stateDir));
    }
    case 'uninstall':
      return manager.planUninstall(name);
    case 'start':
      return manager.planStart(name);
    case 'stop':
      return manager.planStop(name);
  }
};

const indented = (text: string): string => text.trimEnd().replaceAll(/^(?=.)/gm, '    ');

const shown = ({ summary, detail }: Step): string =>
  `would ${summary}\n${detail === undefined ? '' : `${indented(detail)}\n`}`;

/**
 * Where no service manager runs, cron still can do it, or whatever starts programs there. The line goes to standard
 * output, alone: it can be sent to its file.
 */
const withoutManager = async (
  error: ServiceError,
  options: ServiceOptions,
  surroundings: Surroundings,
): Promise<ServiceError> => {
  const { env, platform, program, stdout } = surroundings;
  if (platform === 'win32') return error;
  const { name } = options;
  const { config, path } = await loadConfig({ file: options.config, env, platform });
  const configFile = namesConfig(options, surroundings) ? path : undefined;
  const { schedule } = config;
  await stdout.write(`${cronLine({ name, schedule, program, configFile })}\n`);
  return new ServiceError(error.code, [
    ...error.lines,
    `cron can do without it: the line on standard output is for /etc/cron.d/${name}`,
    'whatever starts programs here can start certready without arguments, which is the agent',
  ]);
};

/** @throws AgentError that says in a line which step failed; then what was done is undone */
export const changeService = async (
  verb: ServiceVerb,
  options: ServiceOptions,
  surroundings: Surroundings,
): Promise<void> => {
  const { stdout } = surroundings;
  try {
    const manager = await openServiceManager(surroundings);
    if (!options.dryRun) await manager.authorise();
    const plan = await planOf(verb, options, { manager, surroundings });
    if (options.dryRun) await stdout.write(plan.steps.map(shown).join(''));
    else
      await execute(plan, {
        onStep: ({ summary }) => stdout.write(`done: ${summary}\n`),
        reasonOf: systemReason,
      });
    await stdout.write((plan.notes ?? []).map((note) => `${note}\n`).join(''));
  } catch (error) {
    const isWithoutManager = error instanceof ServiceError && error.code === 'no-service-manager';
    throw asAgentError(
      isWithoutManager && verb === 'install'
        ? await withoutManager(error, options, surroundings)
        : error,
    );
  }
};
