/** Who started this process. */

import type { Native } from './native.ts';

interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly program: string;
}

/** The processes of this machine, as the tool help library lists them (tlhelp32.h): no rights are needed. */
const listProcesses = ({ koffi, kernel32 }: Native): ProcessEntry[] => {
  const entry = koffi.struct({
    dwSize: 'uint32',
    cntUsage: 'uint32',
    th32ProcessID: 'uint32',
    th32DefaultHeapID: 'uintptr_t',
    th32ModuleID: 'uint32',
    cntThreads: 'uint32',
    th32ParentProcessID: 'uint32',
    pcPriClassBase: 'int32',
    dwFlags: 'uint32',
    szExeFile: koffi.array('char16', 260, 'String'),
  });
  const snapshot = kernel32.func(
    'intptr_t __stdcall CreateToolhelp32Snapshot(uint32 flags, uint32 pid)',
  );
  const step = (name: string): ReturnType<typeof kernel32.func> =>
    kernel32.func(name, 'int', ['intptr_t', koffi.inout(koffi.pointer(entry))]);
  const [first, next] = [step('Process32FirstW'), step('Process32NextW')];
  const close = kernel32.func('int __stdcall CloseHandle(intptr_t handle)');
  const processesOnly = 2; // TH32CS_SNAPPROCESS
  const handle: unknown = snapshot(processesOnly, 0);
  const found = {
    dwSize: koffi.sizeof(entry),
    th32ProcessID: 0,
    th32ParentProcessID: 0,
    szExeFile: '',
  };
  const processes: ProcessEntry[] = [];
  for (let more: unknown = first(handle, found); more; more = next(handle, found))
    processes.push({
      pid: found.th32ProcessID,
      parent: found.th32ParentProcessID,
      program: found.szExeFile,
    });
  close(handle);
  return processes;
};

/** Whether the service control manager (services.exe) started this process. */
export const startedByManager = (native: Native): boolean => {
  const own = Number(native.kernel32.func('uint32 __stdcall GetCurrentProcessId()')());
  const processes = listProcesses(native);
  const parent = processes.find(({ pid }) => pid === own)?.parent;
  return processes.some(
    ({ pid, program }) => pid === parent && program.toLowerCase() === 'services.exe',
  );
};
