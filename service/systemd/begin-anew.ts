/** The process begins anew in its own place (execve(2)): the same program and number, and nothing of what it had loaded. */

import { setImmediate as turn } from 'node:timers/promises';
import type Koffi from 'koffi';

export interface Beginning {
  /** The program and its arguments, as they were. */
  readonly commandLine: readonly string[];
  /** Aborts when the process has been told to end. */
  readonly signal: AbortSignal;
}

/** fcntl(2), the same on every architecture that Node runs on. */
const descriptorFlags = { F_SETFD: 2, FD_CLOEXEC: 1 };
const standardDescriptors = [0, 1, 2];

/**
 * @param handedOn a file descriptor that stays open, and the environment's variable that tells of it
 * @returns only where it cannot be done, or must not
 */
export const beginAnew = async (
  koffi: typeof Koffi,
  { commandLine, signal }: Beginning,
  handedOn: { readonly descriptor: number; readonly name: string; readonly value: string },
): Promise<void> => {
  const libc = koffi.load(null);
  const fcntl = libc.func('int fcntl(int fd, int command, ...)');
  const setenv = libc.func('int setenv(const char *name, const char *value, int overwrite)');
  const execv = libc.func('int execv(const char *path, const char **arguments)');
  const closes = (descriptor: number, flag: number): unknown =>
    fcntl(descriptor, descriptorFlags.F_SETFD, 'int', flag);
  const [path = ''] = commandLine;
  // A signal that has come is heard here; otherwise it would go with the old program.
  await turn();
  if (signal.aborted) return;
  // Node has marked all of its descriptors to be closed.
  for (const descriptor of [...standardDescriptors, handedOn.descriptor]) closes(descriptor, 0);
  setenv(handedOn.name, handedOn.value, 1);
  execv(path, [...commandLine, null]);
  closes(handedOn.descriptor, descriptorFlags.FD_CLOEXEC);
};
