/**
 * The socket that systemd listens on for word from its services (sd_notify(3)): datagrams, which Node has no
 * sockets for. koffi makes the socket and connects it, once; from then on it is written to like a file, by the
 * same process begun anew without koffi: at rest that would cost some 2.5 MB. Where koffi is not there, systemd-notify(1) carries each message: the unit must then take it from any process.
 */

import { execFile } from 'node:child_process';
import { fstatSync, write } from 'node:fs';
import { pid } from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Beginning, beginAnew } from './begin-anew.ts';

const run = promisify(execFile);
const writeTo = promisify(write);

export interface NotifySocket {
  /** Sends `NAME=VALUE` lines as one message. @throws the system's error */
  send(lines: readonly string[]): Promise<void>;
}

export interface NotifyOptions {
  readonly env: Env;
  /** Absent: the process stays as it is. */
  readonly beginning?: Beginning;
}

/** sys/socket.h, the same on every architecture that Node runs on, and Linux' own flags. */
const socketFlags = { AF_UNIX: 1, SOCK_DGRAM: 2, SOCK_CLOEXEC: 0o2000000, SOCK_NONBLOCK: 0o4000 };

/** The size of sun_path (unix(7)). */
const maxPathBytes = 108;

/**
 * `struct sockaddr_un` as bytes. A leading `@` stands for the zero byte of an abstract address.
 * @returns undefined for what is no such address
 */
export const socketAddress = (address: string): Buffer | undefined => {
  const isAbstract = address.startsWith('@');
  if (!isAbstract && !address.startsWith('/')) return undefined;
  // An abstract name ends where the address ends, a path with a zero byte.
  const path = Buffer.from(isAbstract ? `\0${address.slice(1)}` : `${address}\0`);
  if (path.length > maxPathBytes) return undefined;
  const family = Buffer.alloc(2);
  new Uint16Array(family.buffer, family.byteOffset, 1)[0] = socketFlags.AF_UNIX;
  return Buffer.concat([family, path]);
};

/** Says `PID:DESCRIPTOR`: children inherit the variable, but not the socket. */
const inheritedName = 'CERTREADY_NOTIFY';

type Env = Readonly<Record<string, string | undefined>>;

/** The socket that this process was begun anew with. */
const inheritedSocket = (env: Env): number | undefined => {
  const [, owner, descriptor] = /^(\d+):(\d+)$/.exec(env[inheritedName] ?? '') ?? [];
  if (owner !== String(pid)) return undefined;
  try {
    return fstatSync(Number(descriptor)).isSocket() ? Number(descriptor) : undefined;
  } catch {
    return undefined;
  }
};

/**
 * A connected socket's file descriptor; undefined without koffi.
 * @throws Error when it cannot be connected
 */
const connectSocket = async (
  address: Uint8Array,
  { env, beginning }: NotifyOptions,
): Promise<number | undefined> => {
  const inherited = inheritedSocket(env);
  if (inherited !== undefined) return inherited;
  let koffi;
  try {
    koffi = (await import('koffi')).default;
  } catch {
    return undefined;
  }
  const libc = koffi.load(null);
  const socket = libc.func('int socket(int domain, int type, int protocol)');
  const connect = libc.func('int connect(int fd, const uint8_t *address, uint32_t length)');
  const { AF_UNIX, SOCK_DGRAM, SOCK_CLOEXEC, SOCK_NONBLOCK } = socketFlags;
  const descriptor = Number(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (descriptor < 0 || Number(connect(descriptor, address, address.length)) !== 0)
    throw new Error(`the socket of systemd cannot be reached (errno ${koffi.errno()})`);
  const isAnew = env[inheritedName]?.startsWith(`${pid}:`) ?? false;
  if (beginning && !isAnew)
    await beginAnew(koffi, beginning, {
      descriptor,
      name: inheritedName,
      value: `${pid}:${descriptor}`,
    });
  return descriptor;
};

const isFull = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'EAGAIN';

/** systemd reads within milliseconds, unless it is busy starting a whole system. */
const fullSocketRetries = 50;
const retryMs = 100;

const bySocket = (descriptor: number): NotifySocket => ({
  async send(lines) {
    const bytes = Buffer.from(lines.join('\n'));
    for (let attempt = 1; ; attempt++)
      try {
        await writeTo(descriptor, bytes);
        return;
      } catch (error) {
        if (!isFull(error) || attempt === fullSocketRetries) throw error;
        await wait(retryMs);
      }
  },
});

const programTimeoutMs = 10_000;

const byProgram = (address: string): NotifySocket => ({
  async send(lines) {
    const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C', NOTIFY_SOCKET: address };
    await run('systemd-notify', [...lines], { timeout: programTimeoutMs, env });
  },
});

/** Whether this program can speak for itself, so that systemd need not listen to its children. */
export const canNotify = async (): Promise<boolean> => {
  try {
    (await import('koffi')).default.load(null);
    return true;
  } catch {
    return false;
  }
};

/**
 * Speaks to `$NOTIFY_SOCKET`.
 * @throws Error for an address that is none, or where nobody listens
 */
export const openNotifySocket = async (options: NotifyOptions): Promise<NotifySocket> => {
  const { NOTIFY_SOCKET: address = '' } = options.env;
  const bytes = socketAddress(address);
  if (bytes === undefined)
    throw new Error(`NOTIFY_SOCKET=${address}: expected an absolute path, or @ and a name`);
  const descriptor = await connectSocket(bytes, options);
  return descriptor === undefined ? byProgram(address) : bySocket(descriptor);
};
