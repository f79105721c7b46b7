/** `certready --once`: every check once, the report, and an exit status. */

import type { CheckKind } from '../../checks/types.ts';
import { checkKinds } from '../../checks/types.ts';
import type { Config } from '../config/config.ts';
import { milliseconds } from '../config/duration.ts';
import { loadConfig } from '../config/load.ts';
import { type Diagnostics, type LogLevel, createDiagnostics } from '../diagnostics.ts';
import { AgentError } from '../errors.ts';
import { type HostOptions, createHost } from '../host.ts';
import { parseHostPort } from '../host-port.ts';
import { knownRoots } from '../profiles/known-roots.ts';
import { loadProfiles } from '../profiles/load.ts';
import { exitCodes } from '../report/exit-code.ts';
import { render } from '../report/render.ts';
import type { Report } from '../report/report.ts';
import { runOnce } from '../run.ts';
import { version } from '../version.ts';
import type { OnceOptions } from './once-options.ts';
import { smtpPort } from './options.ts';
import { progressLine } from './progress.ts';
import { checkWritable, writeReportFile } from './report-file.ts';
import type { Surroundings } from './surroundings.ts';

const logLevel = ({ logLevel: told, quiet, verbose }: OnceOptions): LogLevel => {
  if (told) return told;
  if (quiet) return 'error';
  return verbose === 0 ? 'warn' : verbose === 1 ? 'info' : 'debug';
};

const kindsOf = ({ check = checkKinds, skip = [] }: OnceOptions): ReadonlySet<CheckKind> => {
  const kinds = new Set(check.filter((kind) => !skip.includes(kind)));
  if (kinds.size > 0) return kinds;
  throw new AgentError('usage', '--check and --skip leave nothing to ask');
};

/** The proxy of the configuration may be kept elsewhere. */
const proxyOf = async (
  { proxy }: OnceOptions,
  config: Config,
  env: Surroundings['env'],
): Promise<string> => {
  if (proxy !== undefined) return proxy;
  if (config.proxy === 'system' || config.proxy === 'none') return config.proxy;
  return (await import('../config/secret.ts')).readSecret(config.proxy, env);
};

const hostOptions = async (
  options: OnceOptions,
  config: Config,
  { env, platform }: Surroundings,
): Promise<HostOptions> => ({
  env,
  platform,
  connectTimeoutMs: options.connectTimeout ?? milliseconds(config.timeouts.connect),
  requestTimeoutMs: options.timeout ?? milliseconds(config.timeouts.request),
  resolve: options.resolve ?? [],
  connectTo: options.connectTo ?? [],
  proxy: await proxyOf(options, config, env),
  trustStores:
    options.trustStore ??
    (config.trustStores === 'auto' ? 'auto' : config.trustStores.map(({ path }) => path)),
});

/** NO_COLOR (no-color.org) and FORCE_COLOR as other programs read them. */
const wantsColor = ({ color }: OnceOptions, { env, stdout }: Surroundings): boolean => {
  if (!color || (env['NO_COLOR'] ?? '') !== '') return false;
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false';
  return stdout.isTTY && env['TERM'] !== 'dumb';
};

const write = async (
  report: Report,
  options: OnceOptions,
  surroundings: Surroundings,
): Promise<void> => {
  const { stdout } = surroundings;
  const { format, output } = options;
  if (output === '-')
    return stdout.write(
      await render(report, format, {
        columns: stdout.columns,
        color: wantsColor(options, surroundings),
      }),
    );
  await writeReportFile(output, await render(report, format, { columns: 80, color: false }));
};

const logReport = ({ checks }: Report, diagnostics: Diagnostics): void => {
  for (const { id, status, durationMs, stages, summary } of checks) {
    const steps = stages.map(({ name, ms, detail }) =>
      [`${name} ${ms} ms`, ...(detail === undefined ? [] : [detail])].join(' '),
    );
    diagnostics.log('info', `${id}: ${status} in ${durationMs} ms: ${summary}`);
    if (steps.length > 0) diagnostics.log('debug', `${id}: ${steps.join('; ')}`);
  }
};

const run = async (
  options: OnceOptions,
  surroundings: Surroundings,
  diagnostics: Diagnostics,
): Promise<Report> => {
  const { env, platform, stderr, signal } = surroundings;
  const kinds = kindsOf(options);
  const { config, path } = await loadConfig({ file: options.config, env, platform });
  diagnostics.log('info', `configuration: ${path ?? 'defaults, there is no file'}`);
  const [profiles, host] = await Promise.all([
    loadProfiles(options.profile ?? config.profiles),
    hostOptions(options, config, surroundings).then(createHost),
    options.output === '-' ? undefined : checkWritable(options.output),
  ]);
  diagnostics.log('info', `profiles: ${profiles.map(({ id }) => id).join(', ')}`);
  const smtp = options.smtp ?? config.smtp.flatMap((text) => parseHostPort(text, smtpPort) ?? []);
  const progress = progressLine(stderr, options.quiet !== true);
  try {
    return await runOnce({
      profiles,
      host,
      run: {
        smtp,
        knownRoots: () => knownRoots(profiles),
        ...(options.at && { at: options.at }),
      },
      kinds,
      runTimeoutMs: milliseconds(config.timeouts.run),
      version,
      onProgress: (done, total, last) => progress.show(done, total, last),
      signal,
    });
  } finally {
    await progress.clear();
  }
};

/** @returns the exit status that the verdict gives */
export const once = async (options: OnceOptions, surroundings: Surroundings): Promise<number> => {
  const { stderr } = surroundings;
  const diagnostics = createDiagnostics(logLevel(options), (text) => stderr.write(text));
  try {
    const report = await run(options, surroundings, diagnostics);
    logReport(report, diagnostics);
    await write(report, options, surroundings);
    return exitCodes[report.verdict];
  } finally {
    await diagnostics.close();
  }
};
