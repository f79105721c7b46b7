/** What stops `certready service …`. */

/** Stable, for scripts and tests. */
export type ServiceErrorCode =
  /** There is no manager that could be asked. */
  | 'no-service-manager'
  | 'not-privileged'
  /** A service of this name belongs to somebody else. */
  | 'foreign-service'
  | 'not-installed'
  /** The definition asks for what a service cannot have. */
  | 'unsuitable'
  /** The system refused a step, or says afterwards that it is not done. */
  | 'step-failed';

/** What stops an installation, and so on: a line each. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly code: ServiceErrorCode;
  readonly lines: readonly string[];

  constructor(code: ServiceErrorCode, lines: string | readonly string[], cause?: unknown) {
    const all = typeof lines === 'string' ? [lines] : lines;
    super(all.join('\n'), cause === undefined ? undefined : { cause });
    this.code = code;
    this.lines = all;
  }
}
