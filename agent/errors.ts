/** What stops the program: a wrong command line, a wrong file, something that cannot be written. */

import type { ServiceErrorCode } from '../service/service-error.ts';
import { harmless } from './report/harmless.ts';

/** Stable, for scripts and tests; the words of an error may change. */
export type AgentErrorCode =
  | 'usage'
  | 'file-missing'
  | 'file-unreadable'
  | 'config-invalid'
  | 'profile-invalid'
  | 'profile-unknown'
  | 'certificate-invalid'
  | 'trust-store-unreadable'
  | 'secret-missing'
  | 'state-in-use'
  | 'endpoint-unavailable'
  | 'output-unwritable'
  | ServiceErrorCode;

/** An operational error. It ends in main.ts as its lines on standard error and exit status 3. */
export class AgentError extends Error {
  override readonly name = 'AgentError';
  readonly code: AgentErrorCode;
  /** What could not be done, what was found, what is allowed: a line each. */
  readonly lines: readonly string[];

  constructor(code: AgentErrorCode, lines: string | readonly string[], cause?: unknown) {
    const all = (typeof lines === 'string' ? [lines] : lines).map((line) => harmless(line));
    super(all.join('\n'), cause === undefined ? undefined : { cause });
    this.code = code;
    this.lines = all;
  }
}

/** The system's code of a failed call, e.g. ENOENT; empty where there is none. */
export const systemCode = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  ENOTDIR: 'no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'is a folder, a file is expected',
  ENOSPC: 'no space left on the device',
  EROFS: 'the file system is read-only',
  ELOOP: 'too many symbolic links',
  EADDRINUSE: 'the address is in use',
  EADDRNOTAVAIL: 'this host has no such address',
  ENAMETOOLONG: 'the name is too long',
};

/** Why a system call failed, in words where there are any. */
export const systemReason = (error: unknown): string => {
  const code = systemCode(error);
  return reasons[code] ?? (code !== '' ? code : error instanceof Error ? error.message : 'failed');
};

/** What is said on standard error of an error that ends the program. */
export const errorLines = (error: unknown): string => {
  if (error instanceof AgentError)
    return error.lines.map((line) => `certready: ${line}\n`).join('');
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `certready: fault in certready, please report it: ${details}\n`;
};
