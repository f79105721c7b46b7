/** Does this host take part in the IPv6 Internet? And from which address would it speak? */

import { createSocket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { isIPv6 } from 'node:net';
import { isGlobalIpv6 } from './address.ts';

/** Whether an interface has a global address; unknown counts as yes where the system keeps it a secret. */
const hasGlobalAddress = (): boolean => {
  try {
    return Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .some(({ address, internal }) => !internal && isGlobalIpv6(address));
  } catch {
    return true; // a sandbox without AF_NETLINK; the route decides
  }
};

/**
 * The address that this host would send from to another, by its routes: connecting a UDP socket asks for it
 * and sends nothing. Undefined where there is no route.
 */
export const sourceAddress = (destination: string): Promise<string | undefined> =>
  new Promise((resolve) => {
    const socket = createSocket(isIPv6(destination) ? 'udp6' : 'udp4');
    const end = (address?: string): void => {
      socket.close();
      resolve(address);
    };
    socket.once('error', () => end());
    socket.connect(53, destination, () => {
      try {
        end(socket.address().address);
      } catch {
        end();
      }
    });
  });

/** Whether this host has a global IPv6 address and a route to this one. */
export const hasIpv6Route = async (destination: string): Promise<boolean> => {
  if (!hasGlobalAddress()) return false;
  const source = await sourceAddress(destination);
  return source !== undefined && isGlobalIpv6(source);
};
