/** Is this host's clock right? The Date headers of the servers that the other checks talked to say so. */

import { type Check, type Judgement, type Seen, type ServerTime, gapId } from './types.ts';

/** How far a clock may be off before validity cannot be judged by it, milliseconds. */
export const toleratedSkewMs = 5 * 60_000;
/** From here on other programs' certificate checks fail too, milliseconds. */
const criticalSkewMs = 60 * 60_000;

const median = (values: readonly number[]): number | undefined => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)];
};

/** One offset per server: the median of what it said, so that a busy server does not outvote the others. */
const offsetsByServer = (times: readonly ServerTime[]): number[] => {
  const byHost = new Map<string, number[]>();
  for (const { host, offsetMs } of times) byHost.set(host, [...(byHost.get(host) ?? []), offsetMs]);
  return [...byHost.values()].flatMap((offsets) => median(offsets) ?? []);
};

/**
 * How far the servers' clocks are ahead of this host's, milliseconds; undefined where no server told
 * the time, or where they do not agree with each other: then nothing is known.
 */
export const clockOffset = (times: readonly ServerTime[]): number | undefined => {
  const offsets = offsetsByServer(times);
  const middle = median(offsets);
  if (middle === undefined) return undefined;
  const agreeing = offsets.filter((offset) => Math.abs(offset - middle) <= toleratedSkewMs);
  return agreeing.length * 2 > offsets.length ? middle : undefined;
};

const judgeClock = (hostName: string, { serverTimes, findings }: Seen): Judgement => {
  const offset = clockOffset(serverTimes);
  if (offset === undefined) {
    const blockedBy = [...new Set(findings.map(gapId))];
    const reason =
      serverTimes.length === 0 ? 'no server told the time' : 'the servers do not agree on the time';
    const common = { summary: reason, findings: [], evidence: { servers: serverTimes.length } };
    return serverTimes.length === 0 && blockedBy.length > 0
      ? { ...common, blockedBy }
      : { ...common, skipped: reason };
  }
  const evidence = { offsetSeconds: Math.round(offset / 1000), servers: serverTimes.length };
  const skew = Math.abs(offset);
  const summary = `${Math.round(skew / 1000)} s ${offset > 0 ? 'behind' : 'ahead of'} the servers' clocks`;
  if (skew <= toleratedSkewMs) return { summary, findings: [], evidence };
  const severity = skew < criticalSkewMs ? 'warning' : 'critical';
  return {
    summary,
    findings: [{ code: 'clock-skew', target: hostName, severity, evidence }],
    evidence,
  };
};

export const clockCheck: Check = {
  kind: 'clock',
  last: true,
  tasks: (_profile, run) => [
    {
      kind: 'clock',
      target: run.host.name,
      observe() {
        const seen = run.seen();
        return Promise.resolve({ stages: [], judge: () => judgeClock(run.host.name, seen) });
      },
    },
  ],
};
