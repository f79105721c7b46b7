/**
 * What the agent has done for it in a process of its own: whatever needs the heavy libraries, and whatever may
 * take the process down with it. At rest the agent holds none of it.
 */

import type { AlertRequest, Delivery } from '../alerts/delivery.ts';
import type { WayOutOptions } from '../alerts/way-out.ts';
import { AgentError, type AgentErrorCode } from '../errors.ts';
import type { ReportFormat } from '../report/render.ts';
import type { Report } from '../report/report.ts';
import type { AskOptions, Settings } from '../settings.ts';

/** Said on the command line; nobody else starts it. */
export const helperCommand = 'helper-process';

/** The times that a schedule is due at, without a hole from `from` up to the last of them; milliseconds. */
export interface DueTimes {
  readonly from: number;
  readonly times: readonly number[];
}

/** The part of the settings that outlives the process that read them. */
export type LoadedSettings = Omit<Settings, 'host'> & {
  readonly host: Omit<Settings['host'], 'env' | 'platform'>;
};

/** A file, and the digest of what it held; `none` where it could not be read. */
export interface WatchedFile {
  readonly path: string;
  readonly digest: string;
}

export type Loaded = {
  /** The files that it was read from, or would have been had they been there, as they were just before. */
  readonly files: readonly WatchedFile[];
} & (
  | { readonly settings: LoadedSettings; readonly fault?: undefined }
  | { readonly settings?: undefined; readonly fault: CallFault }
);

/** Where each report is written, besides. */
export interface ReportOutput {
  readonly path: string;
  readonly format: ReportFormat;
}

/** A trouble that a run may have had beside its report; without a summary it had none. */
export interface RunProblem {
  readonly code: string;
  readonly summary: string | undefined;
}

/** What a schedule's times depend on. */
export type DueRequest = Pick<Settings['config'], 'schedule' | 'timezone' | 'splay'> & {
  readonly hostName: string;
  /** Milliseconds. */
  readonly after: number;
};

/** By name: what is asked, and what comes of it. Structured clones; errors come as errors. */
export interface Calls {
  readonly load: { request: AskOptions; response: Loaded };
  readonly due: { request: DueRequest; response: DueTimes };
  readonly run: {
    request: { settings: LoadedSettings; output?: ReportOutput };
    response: { report: Report; problems: readonly RunProblem[] };
  };
  readonly deliver: {
    request: {
      wayOut: Pick<WayOutOptions, 'config' | 'hostName' | 'agentVersion'>;
      request: AlertRequest;
    };
    response: Delivery;
  };
  /** Checks what a state file holds; what is wrong with it comes as an error. */
  readonly 'check-state': { request: unknown; response: null };
}

export type CallName = keyof Calls;

export interface CallMessage {
  readonly id: number;
  readonly name: CallName;
  readonly request: unknown;
}

export interface CallFault {
  readonly message: string;
  /** Of an AgentError. */
  readonly code?: AgentErrorCode;
  readonly lines?: readonly string[];
}

export const faultOf = (error: unknown): CallFault => {
  if (error instanceof AgentError)
    return { message: error.message, code: error.code, lines: error.lines };
  return { message: error instanceof Error ? error.message : String(error) };
};

/** The error that a fault was. */
export const asError = ({ message, code, lines }: CallFault): Error =>
  code === undefined ? new Error(message) : new AgentError(code, lines ?? [message]);

export type AnswerMessage =
  | { readonly id: number; readonly response: unknown; readonly fault?: undefined }
  | { readonly id: number; readonly fault: CallFault };

/** The other end of a message channel between two processes. */
export interface Channel {
  send(message: CallMessage | AnswerMessage): void;
  onMessage(listener: (message: unknown) => void): void;
  /** The other process has ended, or let go. */
  onClose(listener: () => void): void;
}
