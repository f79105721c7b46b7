/** What Windows' error codes mean here (winerror.h). */

import { ServiceError, type ServiceErrorCode } from '../service-error.ts';

export const windowsErrors = {
  fileNotFound: 2,
  pathNotFound: 3,
  accessDenied: 5,
  invalidLevel: 124,
  alreadyRunning: 1056,
  doesNotExist: 1060,
  cannotAcceptControl: 1061,
  notActive: 1062,
  markedForDelete: 1072,
  neverStarted: 1077,
} as const;

const words: Readonly<Record<number, string>> = {
  2: 'there is no such file',
  3: 'there is no such folder',
  5: 'access is denied',
  19: 'the disk is write-protected',
  112: 'the disk is full',
  193: 'the program is not one of this Windows',
  1053: 'it did not answer the service manager in time',
  1055: 'the service database is locked; try again',
  1057: 'the account is not known here',
  1058: 'the service is disabled',
  1060: 'there is no such service',
  1061: 'it takes no commands at the moment',
  1062: 'it is not running',
  1067: 'it ended unexpectedly',
  1069: 'its account cannot log on',
  1072: 'it is marked for deletion, which Windows completes when every program that shows it is closed (services.msc, Task Manager)',
  1073: 'a service of that name is there already',
  1077: 'it has not been started since Windows was',
  1078: 'another service is displayed under that name',
  1260: 'a policy of this machine forbids the program',
};

/** A code in words, where there are any, and the code itself, for `net helpmsg`. */
export const windowsReason = (code: number): string => {
  const known = words[code];
  return known === undefined ? `Windows error ${code}` : `${known} (Windows error ${code})`;
};

/** A call that Windows refused. */
export class WindowsError extends ServiceError {
  /** GetLastError() */
  readonly windowsCode: number;

  constructor(windowsCode: number, what?: string) {
    const code: ServiceErrorCode =
      windowsCode === windowsErrors.accessDenied ? 'not-privileged' : 'step-failed';
    const reason = windowsReason(windowsCode);
    super(code, what === undefined ? reason : `${what}: ${reason}`);
    this.windowsCode = windowsCode;
  }
}

export const isWindowsError = (error: unknown, code: keyof typeof windowsErrors): boolean =>
  error instanceof WindowsError && error.windowsCode === windowsErrors[code];
