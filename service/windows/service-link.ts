/** The link between this process and the service control manager that started it (winsvc.h). */

import { setTimeout as delay } from 'node:timers/promises';
import { type Native, loadNative } from './native.ts';
import { startedByManager } from './parent-process.ts';
import { type ServiceStatus, statusFields } from './service-status.ts';

export interface ServiceLink {
  /** Tells the manager where the service is. */
  report(status: ServiceStatus): void;
  /** Resolves when the manager has let go of this process, which it does once the service is stopped. */
  released(): Promise<void>;
}

/** Answers a control of the manager (SERVICE_CONTROL_…) at once. */
export type AnswerControl = (control: number) => number;

const pollMs = 20;

/**
 * Runs StartServiceCtrlDispatcherW as a thread of its own: its signature is that of a thread's start. A thread
 * of libuv's pool would do, but Node waits for those when it ends, and this one only returns when the service
 * is stopped: a crash would leave a process that never dies.
 * @returns whether that thread still runs
 */
const startDispatcher = (
  { koffi, advapi32, kernel32 }: Native,
  table: unknown,
): (() => boolean) => {
  const createThread = kernel32.func(
    'void * __stdcall CreateThread(void *security, size_t stack, void *start, void *parameter, uint32 flags, void *id)',
  );
  const waitFor = kernel32.func('uint32 __stdcall WaitForSingleObject(void *handle, uint32 ms)');
  const waitTimeout = 0x102;
  const dispatcher: unknown = advapi32.symbol('StartServiceCtrlDispatcherW');
  const thread: unknown = createThread(null, 0, dispatcher, koffi.as(table, 'void *'), 0, null);
  return () => thread !== null && Number(waitFor(thread, 0)) === waitTimeout;
};

/**
 * Becomes the service that the manager started this process for.
 * @returns undefined where no manager did: in a console, below a task or another program
 * @throws ServiceError where Windows' functions cannot be called
 */
export const linkToManager = async (answer: AnswerControl): Promise<ServiceLink | undefined> => {
  const native = await loadNative();
  if (!startedByManager(native)) return undefined;
  const { koffi, advapi32 } = native;
  const serviceMain = koffi.pointer(koffi.proto('void', ['uint32', 'void *']));
  const handler = koffi.pointer(koffi.proto('uint32', ['uint32', 'uint32', 'void *', 'void *']));
  const status = koffi.pointer(koffi.struct(statusFields));
  const register = advapi32.func('RegisterServiceCtrlHandlerExW', 'void *', [
    'str16',
    handler,
    'void *',
  ]);
  const setStatus = advapi32.func('SetServiceStatus', 'int', ['void *', status]);

  // Both are called on threads of Windows' own; koffi runs them on this one while those wait
  const onControl = koffi.register((control: number) => answer(control), handler);
  let handle: unknown;
  const onMain = koffi.register((count: number, names: unknown) => {
    const name: unknown = count > 0 ? koffi.decode(names, 'str16') : '';
    handle = register(name, onControl, null);
  }, serviceMain);
  const entry = koffi.struct({ lpServiceName: 'str16', lpServiceProc: serviceMain });
  const table: unknown = koffi.alloc(entry, 2);
  koffi.encode(table, koffi.array(entry, 2), [
    { lpServiceName: '', lpServiceProc: onMain },
    { lpServiceName: null, lpServiceProc: null },
  ]);
  const runs = startDispatcher(native, table);
  while (handle === undefined && runs()) await delay(pollMs);
  if (handle === undefined || handle === null) return undefined;
  return {
    report: (to) => void setStatus(handle, to),
    async released() {
      while (runs()) await delay(pollMs);
    },
  };
};
