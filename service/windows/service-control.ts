/** Windows' service control manager (winsvc.h), as far as an installer needs it. */

import { type Native, loadNative } from './native.ts';
import { type ServiceSettings, type SettingName, bindSettings } from './service-settings.ts';
import { ownProcess, statusFields } from './service-status.ts';
import { WindowsError, windowsErrors } from './windows-error.ts';

/** What QueryServiceStatusEx says: SERVICE_STATUS_PROCESS. */
export interface ProcessStatus {
  readonly dwCurrentState: number;
  readonly dwWin32ExitCode: number;
  readonly dwServiceSpecificExitCode: number;
  readonly dwCheckPoint: number;
  readonly dwWaitHint: number;
  readonly dwProcessId: number;
}

interface QueryConfig {
  readonly dwStartType: number;
  readonly lpBinaryPathName: string;
  readonly lpServiceStartName: string | null;
  readonly lpDisplayName: string;
}

/** The part of QUERY_SERVICE_CONFIGW that is ours. */
export interface ServiceConfig {
  readonly displayName: string;
  readonly commandLine: string;
  readonly startType: number;
  /** e.g. `NT AUTHORITY\LocalService` */
  readonly account: string;
}

/** Every call opens what it needs with the least rights, and closes it. @throws WindowsError */
export interface ServiceControl {
  /** @throws WindowsError `accessDenied` where this account may not make services */
  authorise(): void;
  /** undefined where there is no such service. */
  status(name: string): ProcessStatus | undefined;
  /** undefined where there is no such service. */
  config(name: string): ServiceConfig | undefined;
  create(name: string, config: ServiceConfig): void;
  /** Takes all but the account, which stays. */
  change(name: string, config: Omit<ServiceConfig, 'account'>): void;
  /** undefined where this Windows does not know the setting. */
  setting<Name extends SettingName>(name: string, setting: Name): ServiceSettings[Name] | undefined;
  changeSetting<Name extends SettingName>(
    name: string,
    setting: Name,
    value: ServiceSettings[Name],
  ): void;
  start(name: string): void;
  /** Sends SERVICE_CONTROL_STOP. */
  stop(name: string): void;
  remove(name: string): void;
}

/** SC_MANAGER_… and SERVICE_… rights. */
const managerRights = { connect: 0x1, create: 0x2 } as const;
const serviceRights = {
  queryConfig: 0x1,
  /** SERVICE_CHANGE_CONFIG, and SERVICE_START, without which no restart can be set as the answer to a failure. */
  changeConfig: 0x2 | 0x10,
  queryStatus: 0x4,
  start: 0x10,
  stop: 0x20,
  remove: 0x10000,
} as const;

/** SERVICE_AUTO_START */
export const automaticStart = 2;
/** SERVICE_ERROR_NORMAL: a failure to start is logged, and the system goes on. */
const errorControl = 1;
/** SERVICE_CONTROL_STOP */
const stopControl = 1;
/** The most that QueryServiceConfigW takes. */
const configBytes = 8192;

const declare = ({ koffi, advapi32 }: Native) => {
  const status = koffi.struct({
    ...statusFields,
    dwProcessId: 'uint32',
    dwServiceFlags: 'uint32',
  });
  const config = koffi.struct({
    dwServiceType: 'uint32',
    dwStartType: 'uint32',
    dwErrorControl: 'uint32',
    lpBinaryPathName: 'str16',
    lpLoadOrderGroup: 'str16',
    dwTagId: 'uint32',
    lpDependencies: 'void *',
    lpServiceStartName: 'str16',
    lpDisplayName: 'str16',
  });
  const call = (declaration: string) => advapi32.func(declaration);
  return {
    statusBytes: koffi.sizeof(status),
    readStatus: (bytes: Buffer) => koffi.decode(bytes, status) as ProcessStatus,
    readConfig: (bytes: Buffer) => koffi.decode(bytes, config) as QueryConfig,
    openManager: call(
      'void * __stdcall OpenSCManagerW(str16 machine, str16 database, uint32 access)',
    ),
    open: call('void * __stdcall OpenServiceW(void *manager, str16 name, uint32 access)'),
    close: call('int __stdcall CloseServiceHandle(void *handle)'),
    create: call(
      'void * __stdcall CreateServiceW(void *manager, str16 name, str16 display, uint32 access, uint32 type, uint32 start, uint32 errorControl, str16 path, str16 group, void *tag, void *dependencies, str16 account, str16 password)',
    ),
    change: call(
      'int __stdcall ChangeServiceConfigW(void *service, uint32 type, uint32 start, uint32 errorControl, str16 path, str16 group, void *tag, void *dependencies, str16 account, str16 password, str16 display)',
    ),
    status: call(
      'int __stdcall QueryServiceStatusEx(void *service, int level, _Out_ uint8 *status, uint32 size, _Out_ uint32 *needed)',
    ),
    config: call(
      'int __stdcall QueryServiceConfigW(void *service, _Out_ uint8 *config, uint32 size, _Out_ uint32 *needed)',
    ),
    start: call('int __stdcall StartServiceW(void *service, uint32 count, void *arguments)'),
    control: call('int __stdcall ControlService(void *service, uint32 code, _Out_ uint8 *status)'),
    remove: call('int __stdcall DeleteService(void *service)'),
  };
};

/** Opens and closes around what is done with a manager or a service. */
const handles = ({ lastError }: Native, api: ReturnType<typeof declare>) => {
  const required = (result: unknown): unknown => {
    if (result === null || result === 0) throw new WindowsError(lastError());
    return result;
  };
  const closing = <T>(handle: unknown, use: (handle: unknown) => T): T => {
    try {
      return use(handle);
    } finally {
      api.close(handle);
    }
  };
  const withManager = <T>(access: number, use: (manager: unknown) => T): T =>
    closing(required(api.openManager(null, null, access)), use);
  const withService = <T>(
    name: string,
    right: keyof typeof serviceRights,
    use: (service: unknown) => T,
  ): T =>
    withManager(managerRights.connect, (manager) =>
      closing(required(api.open(manager, name, serviceRights[right])), use),
    );
  /** The same, and undefined where there is no such service. */
  const ifThere = <T>(...args: Parameters<typeof withService<T>>): T | undefined => {
    try {
      return withService(...args);
    } catch (error) {
      if (error instanceof WindowsError && error.windowsCode === windowsErrors.doesNotExist)
        return undefined;
      throw error;
    }
  };
  return { required, closing, withManager, withService, ifThere };
};

/** @throws ServiceError where Windows' functions cannot be called */
export const bindServiceControl = async (): Promise<ServiceControl> => {
  const native = await loadNative();
  const api = declare(native);
  const settings = bindSettings(native);
  const { required, closing, withManager, withService, ifThere } = handles(native, api);
  return {
    authorise: () => withManager(managerRights.create, () => undefined),
    status: (name) =>
      ifThere(name, 'queryStatus', (service) => {
        const bytes = Buffer.alloc(api.statusBytes);
        required(api.status(service, 0, bytes, bytes.length, [0]));
        return api.readStatus(bytes);
      }),
    config: (name) =>
      ifThere(name, 'queryConfig', (service) => {
        const bytes = Buffer.alloc(configBytes);
        required(api.config(service, bytes, bytes.length, [0]));
        const found = api.readConfig(bytes);
        return {
          displayName: found.lpDisplayName,
          commandLine: found.lpBinaryPathName,
          startType: found.dwStartType,
          account: found.lpServiceStartName ?? '',
        };
      }),
    create: (name, { displayName, commandLine, startType, account }) =>
      withManager(managerRights.create, (manager) => {
        const service: unknown = api.create(
          ...[manager, name, displayName, serviceRights.queryConfig],
          ...[ownProcess, startType, errorControl],
          ...[commandLine, null, null, null, account, null],
        );
        closing(required(service), () => undefined);
      }),
    change: (name, { displayName, commandLine, startType }) =>
      withService(name, 'changeConfig', (service) => {
        required(
          api.change(
            ...[service, ownProcess, startType, errorControl, commandLine],
            ...[null, null, null, null, null, displayName],
          ),
        );
      }),
    setting: (name, setting) =>
      withService(name, 'queryConfig', (service) => settings.read(service, setting)),
    changeSetting: (name, setting, value) =>
      withService(name, 'changeConfig', (service) => settings.write(service, setting, value)),
    start: (name) =>
      withService(name, 'start', (service) => {
        required(api.start(service, 0, null));
      }),
    stop: (name) =>
      withService(name, 'stop', (service) => {
        required(api.control(service, stopControl, Buffer.alloc(api.statusBytes)));
      }),
    remove: (name) =>
      withService(name, 'remove', (service) => {
        required(api.remove(service));
      }),
  };
};
