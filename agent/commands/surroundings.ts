/** What a command may use of the process that it runs in; main.ts makes the real one. */

import type { Channel } from '../helper/calls.ts';

export interface Output {
  readonly isTTY: boolean;
  /** Width of the terminal; 80 where it is not known. */
  readonly columns: number;
  /**
   * Resolves once the text has been handed over. A reader that has gone away is no error.
   * @throws AgentError `output-unwritable`
   */
  write(text: string): Promise<void>;
}

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** How this program is started again: itself, or Node and the script; absolute paths. */
  readonly program: readonly string[];
  /** The report, and whatever else was asked for. */
  readonly stdout: Output;
  /** Errors, diagnostics, progress. */
  readonly stderr: Output;
  /** Aborts when the user or the system ends the program. */
  readonly signal: AbortSignal;
  readonly pid: number;
  /** The agent that this process helps. */
  readonly parent?: Channel;
  /**
   * Said by a command that runs until it is told to end: it ends by itself, within five seconds of the signal,
   * and with a status of its own; SIGHUP calls back.
   */
  readonly serve: (onHangup: () => void) => void;
}

/** One use of the program: its surroundings, what it is asked, and the exit status that it is to end with (0 unless given). */
export interface Invocation extends Surroundings {
  /** Without the program's own name. */
  readonly argv: readonly string[];
  exitStatus(status: number): void;
}
