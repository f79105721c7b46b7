import { gapNames } from '../../test/lab/named.ts';
import type { Tool } from './tool.ts';

export const certready: Tool = {
  name: 'certready',
  async ask({ lab, fault, family }) {
    const { report, exitCode, elapsedMs } = await lab.ask(fault, family);
    return {
      noticed: exitCode !== 0,
      said: report.gaps.map(({ summary }) => summary).join('\n'),
      ms: elapsedMs,
      causes: gapNames(report),
      ownMs: report.durationMs,
    };
  },
};
