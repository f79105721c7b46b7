/** A Windows in memory, that refuses what a real one cannot be made to refuse in a test. */

import { WindowsError, windowsErrors } from '../../../service/windows/windows-error.ts';
import type { ProcessStatus, ServiceConfig } from '../../../service/windows/service-control.ts';
import type { RegistryValue } from '../../../service/windows/registry.ts';
import type { WindowsSystem } from '../../../service/windows/system.ts';

interface FakeService {
  config: ServiceConfig;
  settings: Record<string, unknown>;
  status: ProcessStatus;
}

const stopped = (code: number, own = 0): ProcessStatus => ({
  dwCurrentState: 1,
  dwWin32ExitCode: code,
  dwServiceSpecificExitCode: own,
  dwCheckPoint: 0,
  dwWaitHint: 0,
  dwProcessId: 0,
});
const pending = (state: 2 | 3, checkPoint: number): ProcessStatus => ({
  ...stopped(0),
  dwCurrentState: state,
  dwCheckPoint: checkPoint,
  dwWaitHint: 1000,
  dwProcessId: 77,
});
export const statuses = {
  neverStarted: stopped(windowsErrors.neverStarted),
  stopped: stopped(0),
  failed: (exitStatus: number) => stopped(1066, exitStatus),
  starting: (checkPoint: number) => pending(2, checkPoint),
  stopping: (checkPoint: number) => pending(3, checkPoint),
  running: { ...stopped(0), dwCurrentState: 4, dwProcessId: 77 },
};

/** Access lists as Windows makes them. */
export const lists = {
  programFiles: 'D:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;0x1200a9;;;BU)',
  programData:
    'D:AI(A;OICIID;FA;;;SY)(A;OICIID;FA;;;BA)(A;OICIID;0x1200a9;;;BU)(A;CIID;DCLCRPCR;;;BU)',
  downloads: 'D:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;FA;;;S-1-5-21-1-2-3-1001)',
  root: 'D:AI(A;ID;FA;;;BA)(A;ID;FA;;;SY)(A;ID;0x1200a9;;;BU)(A;ID;0x1301bf;;;AU)',
};

export interface FakeWindows extends WindowsSystem {
  readonly all: Map<string, FakeService>;
  readonly keys: Map<string, Map<string, RegistryValue>>;
  readonly paths: Map<string, { kind: 'file' | 'folder'; list: string }>;
  /** What start() leads to, one for each look; the last one stays. */
  startsWith: ProcessStatus[];
  stopsWith: ProcessStatus[];
  /** Settings that this Windows does not know. */
  readonly unknown: Set<string>;
  /** Whether its disk keeps access lists. */
  keepsLists: boolean;
  /** Which call that changes something fails, counted from 1, and with what. */
  refuse: { call: number; error: Error } | undefined;
  changes: number;
  /** Everything there is, to be compared. */
  snapshot(): unknown;
}

export const fakeWindows = (): FakeWindows => {
  const queue = new Map<string, ProcessStatus[]>();
  const change = (): void => {
    fake.changes++;
    if (fake.refuse?.call === fake.changes) throw fake.refuse.error;
  };
  const service = (name: string): FakeService => {
    const found = fake.all.get(name);
    if (!found) throw new WindowsError(windowsErrors.doesNotExist);
    return found;
  };
  const key = (path: string): string => path.toLowerCase();
  const fake: FakeWindows = {
    all: new Map(),
    keys: new Map(),
    paths: new Map([
      ['C:\\ProgramData', { kind: 'folder', list: lists.programData }],
      ['C:\\Program Files\\certready', { kind: 'folder', list: lists.programFiles }],
      ['C:\\Program Files\\certready\\certready.exe', { kind: 'file', list: lists.programFiles }],
    ]),
    startsWith: [statuses.starting(1), statuses.running],
    stopsWith: [statuses.stopping(1), statuses.stopped],
    unknown: new Set(),
    keepsLists: true,
    refuse: undefined,
    changes: 0,
    snapshot: () =>
      structuredClone({
        services: [...fake.all].map(([name, { config, settings, status }]) => ({
          ...{ name, config, settings },
          runs: status.dwCurrentState === 4,
        })),
        keys: fake.keys,
        paths: fake.paths,
      }),
    sleep: () => Promise.resolve(),
    services: {
      authorise: change,
      status(name) {
        const found = fake.all.get(name);
        const next = queue.get(name)?.shift();
        if (found && next) found.status = next;
        return found?.status;
      },
      config: (name) => fake.all.get(name)?.config,
      create(name, config) {
        change();
        fake.all.set(name, { config, settings: {}, status: statuses.neverStarted });
        fake.keys.set(key(`SYSTEM\\CurrentControlSet\\Services\\${name}`), new Map());
      },
      change(name, config) {
        change();
        const found = service(name);
        found.config = { ...config, account: found.config.account };
      },
      setting: (name, setting) => service(name).settings[setting] as never,
      changeSetting(name, setting, value) {
        change();
        if (fake.unknown.has(setting)) throw new WindowsError(windowsErrors.invalidLevel);
        service(name).settings[setting] = value;
      },
      start(name) {
        change();
        queue.set(name, [...fake.startsWith]);
        service(name);
      },
      stop(name) {
        change();
        queue.set(name, [...fake.stopsWith]);
        service(name);
      },
      remove(name) {
        change();
        service(name);
        fake.all.delete(name);
        fake.registry.removeKey(`SYSTEM\\CurrentControlSet\\Services\\${name}`);
      },
    },
    registry: {
      read: (path, name) => fake.keys.get(key(path))?.get(name),
      write(path, name, value) {
        change();
        fake.keys.set(
          key(path),
          (fake.keys.get(key(path)) ?? new Map<string, RegistryValue>()).set(name, value),
        );
      },
      removeValue(path, name) {
        fake.keys.get(key(path))?.delete(name);
      },
      removeKey(path) {
        for (const present of [...fake.keys.keys()])
          if (`${present}\\`.startsWith(`${key(path)}\\`)) fake.keys.delete(present);
      },
      subkeys: (path) =>
        path.endsWith('Services') ? [...fake.all.keys(), 'Tcpip', 'Dnscache'] : [],
    },
    files: {
      kindOf: (path) => Promise.resolve(fake.paths.get(path)?.kind),
      makeFolder(path) {
        return new Promise((resolve) => {
          change();
          fake.paths.set(path, { kind: 'folder', list: lists.programData });
          resolve(path);
        });
      },
      removeFolder: (path) => Promise.resolve(void fake.paths.delete(path)),
      read(path) {
        const found = fake.paths.get(path);
        if (!found) throw new WindowsError(windowsErrors.fileNotFound, path);
        return found.list;
      },
      write(path, list) {
        change();
        const found = fake.paths.get(path);
        if (found && fake.keepsLists) found.list = list;
      },
    },
  };
  return fake;
};
