/** One run of all checks, and its report where it is wanted. */

import { ask } from '../ask.ts';
import { writeReportFile } from '../commands/report-file.ts';
import type { Surroundings } from '../commands/surroundings.ts';
import { openMemory } from '../memory/memory.ts';
import type { Report } from '../report/report.ts';
import type { Calls, ReportOutput, RunProblem } from './calls.ts';

const write = async (report: Report, { path, format }: ReportOutput): Promise<RunProblem> => {
  const code = 'output-unwritable';
  const { render } = await import('../report/render.ts');
  try {
    await writeReportFile(path, await render(report, format, { columns: 80, color: false }));
    return { code, summary: undefined };
  } catch (error) {
    return { code, summary: error instanceof Error ? error.message : String(error) };
  }
};

export const run = async (
  { settings, output }: Calls['run']['request'],
  { env, platform, signal }: Pick<Surroundings, 'env' | 'platform' | 'signal'>,
): Promise<Calls['run']['response']> => {
  const host = { ...settings.host, env, platform };
  const { stateDir } = settings.config;
  const remembered = await openMemory({ stateDir, platform, now: () => new Date() });
  const report = await ask({ ...settings, host }, { signal, remembered });
  return {
    report,
    problems: [
      { code: 'memory-unwritable', summary: await remembered.close(report) },
      { code: 'memory-set-aside', summary: remembered.setAside },
      ...(output ? [await write(report, output)] : []),
    ],
  };
};
