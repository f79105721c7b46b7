/** The agent's log as the agent uses it: a line per run and per change. */

import type { Config } from '../config/config.ts';
import type { LogLevel } from '../diagnostics.ts';

/** What stands beside the message in JSON; never a secret. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export interface AgentLog {
  log(level: LogLevel, message: string, fields?: LogFields): void;
  /** Start, stop and gaps also go to the system's own log, where it has one (Windows' Event Log). */
  announce(level: LogLevel, message: string, fields?: LogFields): void;
  /** Why a log file cannot be written, in one line; the agent goes on without it and tries again. */
  problem(): string | undefined;
  /** Takes a new configuration. @throws AgentError, and the old one stays */
  reconfigure(config: Config['log']): Promise<void>;
  /** Resolves when every line is written. */
  close(): Promise<void>;
}
