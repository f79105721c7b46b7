/** Windows' Event Log (advapi32.dll, called through koffi), for what an administrator looks for there. */

import { execFile } from 'node:child_process';
import type { LogLevel } from '../diagnostics.ts';
import { type Entry, given, plain } from './line.ts';

export interface SystemLog {
  /** Never throws. */
  report(entry: Entry): void;
  close(): void;
}

/** The other systems' logs read standard error. */
const none: SystemLog = { report: () => undefined, close: () => undefined };

const source = 'certready';

/** EVENTLOG_ERROR_TYPE, EVENTLOG_WARNING_TYPE, EVENTLOG_INFORMATION_TYPE */
const types: Readonly<Record<LogLevel, number>> = { error: 1, warn: 2, info: 4, debug: 4 };
/** Each type has an id of its own, so that a task can be attached to it. */
const ids: Readonly<Record<LogLevel, number>> = { error: 3, warn: 2, info: 1, debug: 1 };

const key = `HKLM\\SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\${source}`;
/** A program of every Windows whose messages 1 to 1000 are the text that they are given. */
const messageFile = '%SystemRoot%\\System32\\EventCreate.exe';

const registryValues = [
  ['EventMessageFile', 'REG_EXPAND_SZ', messageFile],
  ['TypesSupported', 'REG_DWORD', '7'],
] as const;

/** Tells the Event Viewer how to show our events. Without the right to, it shows them with a remark. */
const registerSource = async (): Promise<void> => {
  for (const [name, type, data] of registryValues)
    await new Promise<void>((resolve) => {
      const args = ['add', key, '/v', name, '/t', type, '/d', data, '/f'];
      execFile('reg.exe', args, { timeout: 5000, windowsHide: true }, () => resolve());
    });
};

/** An event's text may have 31,839 characters; one that is read has far fewer. */
const longestText = 8000;

const textOf = ({ message, fields }: Entry): string =>
  [plain(message), ...given(fields).map(([name, value]) => `${name}: ${value}`)]
    .join('\r\n')
    .slice(0, longestText);

/** Where koffi is not there (a lean build), the log file has to do. */
export const openSystemLog = async (platform: NodeJS.Platform): Promise<SystemLog> => {
  if (platform !== 'win32') return none;
  try {
    const { default: koffi } = await import('koffi');
    const advapi32 = koffi.load('advapi32.dll');
    const register = advapi32.func(
      'void * __stdcall RegisterEventSourceW(str16 server, str16 source)',
    );
    const reportEvent = advapi32.func(
      'int __stdcall ReportEventW(void *log, uint16 type, uint16 category, uint32 id, void *sid, uint16 strings, uint32 bytes, str16 *texts, void *data)',
    );
    const deregister = advapi32.func('int __stdcall DeregisterEventSource(void *log)');
    void registerSource(); // looked up when somebody reads the events
    const handle: unknown = register(null, source);
    if (handle === null) return none;
    return {
      report(entry) {
        const { level } = entry;
        reportEvent(handle, types[level], 0, ids[level], null, 1, 0, [textOf(entry)], null);
      },
      close() {
        deregister(handle);
      },
    };
  } catch {
    return none;
  }
};
