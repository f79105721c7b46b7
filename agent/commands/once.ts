/** `certready --once`: every check once, the report, and an exit status. */

import { ask } from '../ask.ts';
import { type Diagnostics, createDiagnostics } from '../diagnostics.ts';
import { exitCodes } from '../report/exit-code.ts';
import { render } from '../report/render.ts';
import type { Report } from '../report/report.ts';
import { loadSettings } from '../settings.ts';
import { type OnceOptions, toldLogLevel } from './once-options.ts';
import { progressLine } from './progress.ts';
import { checkWritable, writeReportFile } from './report-file.ts';
import type { Surroundings } from './surroundings.ts';

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
  { env, platform, stderr, signal }: Surroundings,
  diagnostics: Diagnostics,
): Promise<Report> => {
  const [settings] = await Promise.all([
    loadSettings(options, { env, platform }),
    options.output === '-' ? undefined : checkWritable(options.output),
  ]);
  const { path, profiles } = settings;
  diagnostics.log('info', `configuration: ${path ?? 'defaults, there is no file'}`);
  diagnostics.log('info', `profiles: ${profiles.map(({ id }) => id).join(', ')}`);
  const progress = progressLine(stderr, options.quiet !== true);
  try {
    return await ask(settings, {
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
  const diagnostics = createDiagnostics(toldLogLevel(options) ?? 'warn', (text) =>
    stderr.write(text),
  );
  try {
    const report = await run(options, surroundings, diagnostics);
    logReport(report, diagnostics);
    await write(report, options, surroundings);
    return exitCodes[report.verdict];
  } finally {
    await diagnostics.close();
  }
};
