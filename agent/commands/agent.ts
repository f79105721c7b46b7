/** `certready`: the agent in the foreground, until it is told to end. */

import { hostname, release } from 'node:os';
import { type Supervisor, connectSupervisor } from '../../service/supervisor.ts';
import { overdue } from '../agent-status.ts';
import { type Alerting, type AlertingOptions, createAlerting } from '../alerts/index.ts';
import type { Config } from '../config/config.ts';
import { type Loaded, type LoadedSettings, asError } from '../helper/calls.ts';
import { helperDeliver } from '../helper/deliver.ts';
import { type HelperOptions, callOnce, sharedHelper } from '../helper/process.ts';
import { type AgentLog, createAgentLog } from '../log/index.ts';
import { openSystemLog } from '../log/system-log.ts';
import { createMetrics } from '../metrics/index.ts';
import { platformOf } from '../platform.ts';
import { failureExitCode } from '../report/exit-code.ts';
import { Agent } from '../scheduled/agent.ts';
import { changeLine } from '../scheduled/change-lines.ts';
import { systemClock as clock } from '../scheduled/clock.ts';
import { createStatusWriter } from '../scheduled/status-writer.ts';
import { version } from '../version.ts';
import { type OnceOptions, toldLogLevel } from './once-options.ts';
import type { Invocation, Surroundings } from './surroundings.ts';

/** What the command line says goes before the configuration, also for what is sent: alerts and metrics. */
const withOptions = (settings: LoadedSettings, options: OnceOptions): LoadedSettings => {
  const { config } = settings;
  const level = toldLogLevel(options) ?? config.log.level;
  const proxy = options.proxy ?? config.proxy;
  return { ...settings, config: { ...config, proxy, log: { ...config.log, level } } };
};

const loader =
  (options: OnceOptions, helper: HelperOptions): (() => Promise<Loaded>) =>
  async () => {
    const loaded = await callOnce(helper, { name: 'load', request: options });
    return loaded.fault ? loaded : { ...loaded, settings: withOptions(loaded.settings, options) };
  };

const hostName = hostname();

interface AlertingParts {
  readonly config: Config;
  readonly log: AgentLog;
  readonly helper: HelperOptions;
}

const openAlerting = (
  { config, log, helper }: AlertingParts,
  { env, platform }: Surroundings,
): Promise<Alerting> => {
  const couriers = sharedHelper(helper);
  const options: AlertingOptions = {
    config,
    stateDir: config.stateDir,
    host: { name: hostName, platform: platformOf(platform), release: release() },
    agentVersion: version,
    env,
    platform,
    clock,
    random: Math.random,
    log: (level, message) => log.log(level, message),
    openWayOut: ({ proxy, timeouts }) =>
      Promise.resolve(
        helperDeliver(couriers, { config: { proxy, timeouts }, hostName, agentVersion: version }),
      ),
    checkState: (request) => callOnce(helper, { name: 'check-state', request }),
    onEvent: (event) => {
      const { level, message, fields } = changeLine(event);
      log.announce(level, message, fields);
    },
  };
  return createAlerting(options);
};

/** Resolves when the user, the system or the service manager ends the agent. */
const told = (signals: readonly AbortSignal[]): Promise<void> =>
  new Promise((resolve) => {
    const any = AbortSignal.any([...signals]);
    if (any.aborted) resolve();
    any.addEventListener('abort', () => resolve());
  });

/** The service manager, which is there before the agent. */
interface Supervision {
  readonly supervisor: Supervisor;
  /** Aborts when the manager ends the agent. */
  readonly stopping: AbortSignal;
  /** What is asked for before it is there waits for it here. */
  readonly begun: { log?: AgentLog; agent?: Agent };
}

/** @throws AgentError for a configuration that is wrong */
const live = async (
  options: OnceOptions,
  surroundings: Surroundings,
  { supervisor, stopping, begun }: Supervision,
): Promise<void> => {
  const { env, platform, pid, program, serve, signal, stderr } = surroundings;
  const helper: HelperOptions = {
    program,
    onLine: (line) => (begun.log ? begun.log.log('warn', line) : void stderr.write(`${line}\n`)),
  };
  const load = loader(options, helper);
  const { files, settings, fault } = await load();
  if (fault) throw asError(fault);
  const { config } = settings;
  const log = await createAgentLog(config.log, surroundings);
  begun.log = log;
  const alerting = await openAlerting({ config, log, helper }, surroundings);
  const { output: path, format } = options;
  const output = path === '-' ? undefined : { path, format };
  const status = createStatusWriter({
    version,
    pid,
    stateDir: config.stateDir,
    platform,
    now: () => clock.now(),
    status: () => ({ status: agent.status(), configPath: agent.settings.path }),
    onFailure: (error) => log.log('debug', `the status file cannot be written: ${String(error)}`),
  });
  const agent = new Agent(
    {
      clock,
      log,
      alerting,
      openMetrics: (sources) =>
        createMetrics({
          ...sources,
          env,
          version,
          now: () => clock.now(),
          log: (level, message) => log.log(level, message),
        }),
      supervisor,
      load,
      run: (asked, runSignal) =>
        callOnce(
          helper,
          { name: 'run', request: { settings: asked, ...(output && { output }) } },
          runSignal,
        ),
      due: ({ config: { schedule, timezone, splay } }, after) =>
        callOnce(helper, {
          name: 'due',
          request: {
            schedule,
            splay,
            hostName,
            after: after.getTime(),
            ...(timezone !== undefined && { timezone }),
          },
        }),
      onChange: () => status.changed(),
    },
    settings,
  );
  begun.agent = agent;
  serve(() => agent.reload());
  const from = settings.path ?? 'defaults, there is no file';
  log.announce('info', `certready ${version} begins; configuration: ${from}`, { pid });
  await agent.start(files);
  supervisor.ready();
  await told([signal, stopping]);
  supervisor.stopping();
  await agent.stop();
  await status.close();
  await alerting.close();
  log.announce('info', 'certready ends');
  await log.close();
};

/** Where nobody may read standard error, as below Windows' service manager, the system's log says why it ended. */
const reportEnd = async (error: unknown, platform: NodeJS.Platform): Promise<void> => {
  const systemLog = await openSystemLog(platform);
  const message = `certready cannot go on: ${error instanceof Error ? error.message : String(error)}`;
  systemLog.report({ at: clock.now(), level: 'error', message, fields: {} });
  systemLog.close();
};

/**
 * The service manager is met first, so that it hears of an agent that cannot begin.
 * @returns the exit status: 0 where it was told to end
 */
export const runAgent = async (options: OnceOptions, invocation: Invocation): Promise<number> => {
  const { env, platform, program, argv, signal, stderr } = invocation;
  const stopping = new AbortController();
  const begun: Supervision['begun'] = {};
  const supervisor = await connectSupervisor({
    env,
    platform,
    beginning: { commandLine: [...program, ...argv], signal },
    onStop: () => stopping.abort(),
    onReload: () => begun.agent?.reload(),
    // A schedule that stands still is for the manager to start again.
    isAlive: () =>
      begun.agent === undefined || overdue(begun.agent.status(), clock.now()) === undefined,
    onProblem: (line) =>
      begun.log ? begun.log.log('warn', line) : void stderr.write(`certready: ${line}\n`),
  });
  try {
    await live(options, invocation, { supervisor, stopping: stopping.signal, begun });
  } catch (error) {
    await reportEnd(error, platform);
    await supervisor.close(failureExitCode);
    throw error;
  }
  await supervisor.close(0);
  return 0;
};
