/** `certready`: the agent in the foreground, until it is told to end. */

import { hostname, release } from 'node:os';
import { connectSupervisor } from '../../service/supervisor.ts';
import type { AgentStatus } from '../agent-status.ts';
import { createAlerting } from '../alerts/index.ts';
import { ask } from '../ask.ts';
import type { Config } from '../config/config.ts';
import { createAgentLog } from '../log/index.ts';
import { createMetrics } from '../metrics/index.ts';
import { platformOf } from '../platform.ts';
import { render } from '../report/render.ts';
import { Agent } from '../scheduled/agent.ts';
import { changeLine } from '../scheduled/change-lines.ts';
import { systemClock } from '../scheduled/clock.ts';
import { loadSettings } from '../settings.ts';
import { version } from '../version.ts';
import { type OnceOptions, toldLogLevel } from './once-options.ts';
import { writeReportFile } from './report-file.ts';
import type { Surroundings } from './surroundings.ts';

const logConfig = ({ log }: Config, options: OnceOptions): Config['log'] => ({
  ...log,
  level: toldLogLevel(options) ?? log.level,
});

/** @returns the exit status: 0 where it was told to end */
export const runAgent = async (
  options: OnceOptions,
  surroundings: Surroundings,
): Promise<number> => {
  const { env, platform, serve, signal: ended } = surroundings;
  const settings = await loadSettings(options, { env, platform });
  const { config, path } = settings;
  const log = await createAgentLog(logConfig(config, options), surroundings);
  const hostName = hostname();
  const clock = systemClock;
  const alerting = await createAlerting({
    config,
    stateDir: config.stateDir,
    host: { name: hostName, platform: platformOf(platform), release: release() },
    agentVersion: version,
    env,
    platform,
    clock,
    random: Math.random,
    log: (level, message) => log.log(level, message),
    onEvent: (event) => {
      const { level, message, fields } = changeLine(event);
      log.announce(level, message, fields);
    },
  });
  let agent: Agent | undefined;
  const metrics = await createMetrics({
    config: config.metrics,
    env,
    version,
    now: () => clock.now(),
    status: (): AgentStatus => {
      if (!agent) throw new Error('asked for its status before it began');
      return agent.status();
    },
    log: (level, message) => log.log(level, message),
  });
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  const reload = (): void => log.log('info', 'reload asked for');
  const supervisor = await connectSupervisor({ env, platform, onStop: stop, onReload: reload });
  agent = new Agent({
    hostName,
    settings,
    parts: {
      clock,
      log,
      alerting,
      metrics,
      supervisor,
      ask: (asked, signal) => ask(asked, { signal }),
      async deliver(report) {
        if (options.output === '-') return;
        const shown = await render(report, options.format, { columns: 80, color: false });
        await writeReportFile(options.output, shown);
      },
    },
  });
  serve(reload);
  const told = new Promise<void>((resolve) => {
    for (const signal of [ended, stopping.signal]) {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve());
    }
  });
  log.announce('info', `certready ${version} begins, configuration: ${path ?? 'defaults'}`);
  agent.start();
  supervisor.ready();
  await told;
  supervisor.stopping();
  await agent.stop();
  await metrics.close();
  await alerting.close();
  log.announce('info', 'certready ends');
  await log.close();
  await supervisor.close(0);
  return 0;
};
