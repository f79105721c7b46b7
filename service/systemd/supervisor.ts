/** systemd as the program's supervisor: sd_notify(3), sd_watchdog_enabled(3). */

import { hrtime, pid } from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import type { Supervisor, SupervisorOptions } from '../supervisor.ts';
import { type NotifySocket, openNotifySocket } from './notify-socket.ts';

/** What `systemctl status` still shows in a line. */
const longestStatus = 240;

/** Microseconds of CLOCK_MONOTONIC, which is libuv's clock too. */
const monotonicMicroseconds = (): bigint => hrtime.bigint() / 1000n;

const oneLine = (text: string): string =>
  text.replaceAll(/[\u0000-\u001f\u007f]+/g, ' ').slice(0, longestStatus);

/** How often to say that all is well: half of the time after which systemd kills; undefined: never. */
export const watchdogPeriodMs = (
  env: SupervisorOptions['env'],
  ownPid: number,
): number | undefined => {
  const { WATCHDOG_USEC: microseconds = '', WATCHDOG_PID: forPid = String(ownPid) } = env;
  // Inherited from a parent that is watched itself
  if (forPid !== String(ownPid)) return undefined;
  if (!/^[1-9]\d{0,15}$/.test(microseconds)) return undefined;
  return Math.max(Number(microseconds) / 2000, 1);
};

/** setTimeout takes no more. */
const longestTimerMs = 2 ** 31 - 1;

/** An agent that wakes from the machine's sleep has seconds to come round before it is killed. */
const secondLookMs = 1000;

/** @returns what ends it */
const watch = (
  { env, isAlive = () => true }: SupervisorOptions,
  tell: (...lines: string[]) => void,
): (() => void) => {
  const period = Math.min(watchdogPeriodMs(env, pid) ?? 0, longestTimerMs);
  if (period === 0) return () => undefined;
  let timer: NodeJS.Timeout;
  const look = (): void => {
    const alive = isAlive();
    if (alive) tell('WATCHDOG=1');
    timer = setTimeout(look, alive ? period : Math.min(period, secondLookMs)).unref();
  };
  look();
  return () => clearTimeout(timer);
};

/** How long the last messages may take, when the program ends. */
const farewellMs = 2000;

export const systemdSupervisor = async (options: SupervisorOptions): Promise<Supervisor> => {
  const problem = (error: unknown): void =>
    options.onProblem?.(
      `systemd cannot be told how the service fares: ${error instanceof Error ? error.message : String(error)}`,
    );
  let socket: NotifySocket | undefined;
  try {
    socket = await openNotifySocket(options);
  } catch (error) {
    problem(error);
  }
  let sent = Promise.resolve();
  // One after the other: a late STATUS must not overtake STOPPING.
  const tell = (...lines: string[]): void => {
    sent = sent.then(() => socket?.send(lines)).catch(problem);
  };
  const unwatch = socket ? watch(options, tell) : () => undefined;
  return {
    ready: () => tell('READY=1'),
    reloading: () => tell('RELOADING=1', `MONOTONIC_USEC=${monotonicMicroseconds()}`),
    status: (line) => tell(`STATUS=${oneLine(line)}`),
    stopping: () => tell('STOPPING=1'),
    async close() {
      unwatch();
      await Promise.race([sent, wait(farewellMs, undefined, { ref: false })]);
    },
  };
};
