/** Waits for a program that listens on a port of loopback. */

import type { ChildProcess } from 'node:child_process';
import { connect } from 'node:net';
import { eventually } from './eventually.ts';

const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

/** @throws when the program ends before it listens */
export const untilOpen = (child: ChildProcess, port: number): Promise<void> =>
  eventually(`a listener on port ${port}`, () => {
    const { exitCode, signalCode } = child;
    if (exitCode === null && signalCode === null) return isOpen(port);
    throw new Error(`what was to listen on port ${port} ended: ${exitCode ?? signalCode}`);
  });
