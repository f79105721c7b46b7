/** How the runs of this process have gone. */

import type { LastRun, RunResult } from '../agent-status.ts';
import { runResults } from '../agent-status.ts';
import type { Report, Verdict } from '../report/report.ts';

export interface Ended {
  readonly endedAt: Date;
  readonly durationMs: number;
}

export class Standing {
  readonly runs: Record<RunResult, number>;
  lastRun: LastRun | undefined;
  lastReport: { readonly endedAt: Date; readonly verdict: Verdict } | undefined;

  constructor() {
    this.runs = Object.fromEntries(runResults.map((result) => [result, 0])) as Standing['runs'];
  }

  reported({ verdict }: Report, { endedAt, durationMs }: Ended): void {
    this.lastReport = { endedAt, verdict };
    this.#ended({ endedAt, durationMs, result: verdict });
  }

  failed({ endedAt, durationMs }: Ended): void {
    this.#ended({ endedAt, durationMs, result: 'failed' });
  }

  #ended(run: LastRun): void {
    this.runs[run.result]++;
    this.lastRun = run;
  }
}
