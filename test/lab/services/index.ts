/** Everything that the lab's internet and firewall offer. */

import { chmod } from 'node:fs/promises';
import type { HostName, Namespaces } from '../namespaces.ts';
import { mailSockets, startMailHost } from './mail.ts';
import { resolverSockets, startResolvers } from './names.ts';
import { proxySockets, startProxies } from './proxies.ts';
import { startWebServers, webSockets } from './web.ts';

const patienceMs = 60_000;

/** Waits until something listens on each of the sockets, written as `ss` writes them. */
const untilListening = async (
  lab: Namespaces,
  host: HostName,
  sockets: readonly string[],
): Promise<void> => {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const open = await lab.exec(host, 'ss', '-Hlntu');
    const missing = sockets.filter((socket) => !open.includes(` ${socket} `));
    if (missing.length === 0) return;
    if (performance.now() > deadline)
      throw new Error(`the lab waited ${patienceMs} ms for ${missing.join(', ')}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
};

/** Starts everything; `folder` holds what makeLabPki made, and takes what the services write. */
export const startServices = async (lab: Namespaces, folder: string): Promise<void> => {
  await chmod(folder, 0o777); // squid, unbound and Postfix write here under names of their own
  await Promise.all([
    startResolvers({ lab, folder }),
    startWebServers(lab, folder),
    startProxies(lab, folder),
    startMailHost(lab, folder),
  ]);
  await Promise.all([
    untilListening(lab, 'inet', [...resolverSockets, ...webSockets, ...mailSockets]),
    untilListening(lab, 'fw', proxySockets),
  ]);
};
