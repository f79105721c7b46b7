/** SERVICE_STATUS, as a service reports it and as the manager shows it (winsvc.h). */

/** SERVICE_WIN32_OWN_PROCESS */
export const ownProcess = 0x10;

/** dwCurrentState */
export const currentState = {
  stopped: 1,
  startPending: 2,
  stopPending: 3,
  running: 4,
  continuePending: 5,
  pausePending: 6,
  paused: 7,
} as const;

/** SERVICE_CONTROL_…, as HandlerEx gets them and ControlService sends them. */
export const control = {
  stop: 1,
  interrogate: 4,
  shutdown: 5,
  paramChange: 6,
  preshutdown: 15,
} as const;

/** SERVICE_ACCEPT_STOP | SHUTDOWN | PARAMCHANGE | PRESHUTDOWN */
const acceptedWhileRunning = 0x1 | 0x4 | 0x8 | 0x100;

/** What HandlerEx answers. */
export const handled = { done: 0, notImplemented: 120 } as const;

/** ERROR_SERVICE_SPECIFIC_ERROR: the reason is the service's own exit status. */
export const serviceSpecificError = 1066;

/** The fields of SERVICE_STATUS under their names. */
export interface ServiceStatus {
  readonly dwServiceType: number;
  readonly dwCurrentState: number;
  readonly dwControlsAccepted: number;
  readonly dwWin32ExitCode: number;
  readonly dwServiceSpecificExitCode: number;
  readonly dwCheckPoint: number;
  /** Milliseconds until the next checkpoint, or the state's end. */
  readonly dwWaitHint: number;
}

/** Their types, for koffi. */
export const statusFields = {
  dwServiceType: 'uint32',
  dwCurrentState: 'uint32',
  dwControlsAccepted: 'uint32',
  dwWin32ExitCode: 'uint32',
  dwServiceSpecificExitCode: 'uint32',
  dwCheckPoint: 'uint32',
  dwWaitHint: 'uint32',
} as const satisfies Record<keyof ServiceStatus, 'uint32'>;

const plain: ServiceStatus = {
  dwServiceType: ownProcess,
  dwCurrentState: currentState.running,
  dwControlsAccepted: 0,
  dwWin32ExitCode: 0,
  dwServiceSpecificExitCode: 0,
  dwCheckPoint: 0,
  dwWaitHint: 0,
};

export const runningStatus: ServiceStatus = {
  ...plain,
  dwControlsAccepted: acceptedWhileRunning,
};

/** On the way from one state to another: the checkpoint grows as long as there is progress. */
export const pendingStatus = (
  state: 'startPending' | 'stopPending',
  checkPoint: number,
  waitHintMs: number,
): ServiceStatus => ({
  ...plain,
  dwCurrentState: currentState[state],
  dwCheckPoint: checkPoint,
  dwWaitHint: waitHintMs,
});

/** The end. A status other than 0 makes the manager take its recovery actions. */
export const stoppedStatus = (exitStatus: number): ServiceStatus => ({
  ...plain,
  dwCurrentState: currentState.stopped,
  dwWin32ExitCode: exitStatus === 0 ? 0 : serviceSpecificError,
  dwServiceSpecificExitCode: exitStatus,
});
