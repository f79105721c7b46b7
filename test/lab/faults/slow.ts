/** Slowness is no gap. */

import { type Fault, forward } from './fault.ts';

export const slowness: readonly Fault[] = (
  [
    { name: 'latency of 500 ms', make: (lab) => lab.slow({ roundTripMs: 500, lossPercent: 0 }) },
    { name: '5 % loss', make: (lab) => lab.slow({ roundTripMs: 20, lossPercent: 5 }) },
    {
      name: 'every first SYN lost',
      make: forward('tcp flags & (syn|ack) == syn numgen inc mod 2 0 drop'),
    },
  ] satisfies Omit<Fault, 'gaps'>[]
).map((fault) => ({ ...fault, patient: true, families: ['both'], gaps: [] }));
