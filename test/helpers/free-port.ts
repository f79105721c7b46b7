/**
 * A TCP port for a program that cannot be given an open socket: it is free now and nobody is likely to take
 * it before that program does.
 */

import { createServer } from 'node:net';

/** Below what systems give away by themselves (from 32768 on Linux, from 49152 on elsewhere). */
const range = { first: 20_000, length: 12_000 };
/** Test files run side by side, each in its own process: each begins at another place. */
let next = (process.pid * 16) % range.length;

const isFree = (port: number, address: string): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, address, () => server.close(() => resolve(true)));
  });

/** Never the same twice in one process. */
export const freePort = async (address = '127.0.0.1'): Promise<number> => {
  const first = next;
  do {
    const port = range.first + next;
    next = (next + 1) % range.length;
    if (await isFree(port, address)) return port;
  } while (next !== first);
  throw new Error(`no free port at ${address}`);
};
