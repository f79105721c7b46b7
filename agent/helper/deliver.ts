/** Sends alerts from a helper process, so that TLS and HTTP are not loaded where the agent rests. */

import type { Deliver } from '../alerts/delivery.ts';
import type { WayOutOptions } from '../alerts/way-out.ts';
import type { Helper } from './process.ts';

export const helperDeliver =
  (helper: Helper, wayOut: Pick<WayOutOptions, 'config' | 'hostName' | 'agentVersion'>): Deliver =>
  async (request, signal) => {
    try {
      return await helper.call('deliver', { wayOut, request }, signal);
    } catch (error) {
      if (signal.aborted) return { failed: 'stopped' };
      return { failed: error instanceof Error ? error.message : String(error) };
    }
  };
