/** Metrics as the agent uses them. */

import type { AgentStatus } from '../agent-status.ts';
import type { Config } from '../config/config.ts';
import type { LogLevel } from '../diagnostics.ts';
import type { Report } from '../report/report.ts';

export interface MetricsOptions {
  readonly config: Config['metrics'];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly now: () => Date;
  /** Asked at every scrape. */
  readonly status: () => AgentStatus;
  /** The way out that a push takes, as the configuration in force has it; the defaults unless given. */
  readonly network?: () => Pick<Config, 'proxy' | 'timeouts'>;
  readonly log: (level: LogLevel, message: string) => void;
}

export interface Metrics {
  /** Takes in a run's report, writes the text file, pushes what is to be pushed. Never throws. */
  observe(report: Report): Promise<void>;
  /** Writes the text file and pushes again without a new report: a run has failed, a problem came or went. */
  refresh(): Promise<void>;
  /** Where the endpoint listens, if it does: `HOST:PORT`. */
  readonly address?: string | undefined;
  /** Why the endpoint, the text file or the push does not work, a line each by problem code. */
  problems(): readonly { readonly code: string; readonly summary: string }[];
  /** Takes a new configuration. @throws AgentError, and the old one stays */
  reconfigure(config: Config['metrics']): Promise<void>;
  close(): Promise<void>;
}
