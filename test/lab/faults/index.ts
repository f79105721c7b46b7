/**
 * Every fault of the path. Where it says nothing else, it is the CRL host's, so that the other hosts show
 * that none of them is tainted.
 */

import { dnsFaults } from './dns.ts';
import type { Fault } from './fault.ts';
import { httpFaults } from './http.ts';
import { mailFaults } from './mail.ts';
import { proxyFaults } from './proxy.ts';
import { slowness } from './slow.ts';
import { tcpFaults } from './tcp.ts';

export const faultsByLayer: Readonly<Record<string, readonly Fault[]>> = {
  'nothing wrong': [{ name: 'healthy', gaps: [] }],
  names: dnsFaults,
  packets: tcpFaults,
  conversations: httpFaults,
  proxies: proxyFaults,
  mail: mailFaults,
  slowness,
};

export const faults: readonly Fault[] = Object.values(faultsByLayer).flat();
