/** Keeps the status file up to date: one write at a time, and none for what is there already. */

import type { AgentStatus } from '../agent-status.ts';
import { type StatusFileOptions, statusFile, writeStatusFile } from '../status-file.ts';

export interface StatusWriterOptions extends Pick<StatusFileOptions, 'version' | 'pid'> {
  readonly stateDir: string;
  readonly platform: NodeJS.Platform;
  readonly now: () => Date;
  readonly status: () => { readonly status: AgentStatus; readonly configPath?: string | undefined };
  /** It could not be written; the next change tries again. */
  readonly onFailure: (error: unknown) => void;
}

export interface StatusWriter {
  changed(): void;
  /** Writes the last one. */
  close(): Promise<void>;
}

export const createStatusWriter = (options: StatusWriterOptions): StatusWriter => {
  const { version, pid, stateDir, platform } = options;
  let written = '';
  let writing: Promise<void> | undefined;
  let isAsked = false;

  const write = async (state: 'running' | 'stopped'): Promise<void> => {
    const { status, configPath } = options.status();
    const file = statusFile(status, { version, pid, state, now: options.now(), configPath });
    const text = JSON.stringify({ ...file, writtenAt: '' });
    if (text === written) return;
    try {
      await writeStatusFile(stateDir, file, platform);
      written = text;
    } catch (error) {
      options.onFailure(error);
    }
  };
  const writeAll = async (): Promise<void> => {
    while (isAsked) {
      isAsked = false;
      await write('running');
    }
    writing = undefined;
  };
  return {
    changed() {
      isAsked = true;
      writing ??= writeAll();
    },
    async close() {
      await writing;
      await write('stopped');
    },
  };
};
