/**
 * One agent per state folder: two would overwrite each other's state, and alerts would be lost. The lock is a
 * listening socket, so that the system gives it up with the process, however that ends.
 */

import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { type Server, connect, createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { systemCode } from '../errors.ts';

export type Lock =
  | { readonly state: 'held'; readonly release: () => Promise<void> }
  /** Another process holds it. */
  | { readonly state: 'taken' }
  /** There is no place for a socket here (a read-only disk, a very long path): nobody is kept out. */
  | { readonly state: 'unavailable'; readonly reason: string };

const addressOf = (folder: string, platform: NodeJS.Platform): string => {
  if (platform !== 'win32') return join(folder, 'state.lock');
  const name = createHash('sha256').update(resolve(folder).toLowerCase()).digest('hex');
  return `\\\\.\\pipe\\certready-${name.slice(0, 32)}`;
};

/** The longest path that a socket's address can hold on every system; a longer one would be cut off. */
const longestSocketPath = 103;

const listen = (address: string): Promise<Server> =>
  new Promise((resolved, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen(address, () => {
      server.off('error', reject);
      server.on('error', () => undefined);
      server.unref();
      resolved(server);
    });
  });

/** Whether somebody listens there; a socket that a killed process left behind refuses. */
const isAlive = (address: string): Promise<boolean> =>
  new Promise((resolved) => {
    const socket = connect(address);
    socket.once('connect', () => {
      socket.destroy();
      resolved(true);
    });
    socket.once('error', (error) =>
      resolved(!['ECONNREFUSED', 'ENOENT'].includes(systemCode(error))),
    );
  });

/** Takes the lock of a folder that exists. */
export const lockFolder = async (folder: string, platform: NodeJS.Platform): Promise<Lock> => {
  const address = addressOf(folder, platform);
  if (platform !== 'win32' && Buffer.byteLength(address) > longestSocketPath)
    return { state: 'unavailable', reason: 'the path is too long for a lock' };
  const held = async (): Promise<Lock> => {
    const server = await listen(address);
    const release = (): Promise<void> => new Promise((done) => server.close(() => done()));
    return { state: 'held', release };
  };
  try {
    return await held();
  } catch (error) {
    if (systemCode(error) !== 'EADDRINUSE')
      return { state: 'unavailable', reason: systemCode(error) };
  }
  if (await isAlive(address)) return { state: 'taken' };
  try {
    await rm(address, { force: true });
    return await held();
  } catch (error) {
    return systemCode(error) === 'EADDRINUSE'
      ? { state: 'taken' }
      : { state: 'unavailable', reason: systemCode(error) };
  }
};
