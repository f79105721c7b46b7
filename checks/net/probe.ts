/** Can a host be reached? Each of its addresses is dialled by itself; behind a proxy, the proxy is asked. */

import type { AddressResult, Finding, HostPort, ProbeResult, Stage } from '../types.ts';
import { hostPort } from './address.ts';
import { type DeadAddress, connectAddress, letGo } from './connect.ts';
import { type Dialer, type Route, addressEvidence, commonFault } from './dial.ts';
import type { NetworkOptions } from './options.ts';

const isDead = (result: AddressResult): result is DeadAddress => result.code !== undefined;

/** What the results of a host's addresses mean together, by families. */
const judgeAddresses = async (
  target: HostPort,
  results: readonly AddressResult[],
  port: number,
): Promise<readonly Finding[]> => {
  const dead = results.filter(isDead);
  if (dead.length === 0) return [];
  // Loaded here: where all is well nobody asks for routes.
  const { hasIpv6Route } = await import('./ipv6.ts');
  const found = (fault: DeadAddress, more: Partial<Finding> = {}): Finding => ({
    code: fault.code,
    target: hostPort(target),
    evidence: { ...addressEvidence(results, fault), port },
    ...more,
  });
  if (dead.length === results.length) return [found(commonFault(dead))];
  const findings: Finding[] = [];
  for (const family of [4, 6] as const) {
    const own = results.filter((result) => result.family === family);
    const ownDead = own.filter(isDead);
    const [first] = ownDead;
    if (first === undefined) continue;
    const whole = ownDead.length === own.length;
    if (family === 6 && whole && !(await hasIpv6Route(first.address))) continue;
    findings.push(
      family === 6 && whole
        ? found(commonFault(ownDead), { code: 'ipv6-unreachable', severity: 'warning' })
        : found(commonFault(ownDead), { severity: 'warning' }),
    );
  }
  // Both families may show the same fault of some of their addresses.
  return [...new Map(findings.map((finding) => [finding.code, finding])).values()];
};

/** @throws the signal's reason when the run is aborted */
export const probeDirectly = async (
  { options, dialer }: { readonly options: NetworkOptions; readonly dialer: Dialer },
  target: HostPort,
  signal: AbortSignal,
): Promise<ProbeResult> => {
  const { elapsed } = options;
  const { stages, port, resolution }: Route = await dialer.route(target, { signal });
  if (resolution.finding) return { stages, findings: [resolution.finding], addresses: [] };
  const start = elapsed();
  const results = await Promise.all(
    resolution.addresses.map(async (address): Promise<AddressResult> => {
      const began = elapsed();
      const outcome = await connectAddress(address, {
        port,
        elapsed,
        budgetMs: options.connectTimeoutMs,
        signal,
      });
      const ms = Math.round(elapsed() - began);
      // Of one attempt: how soon a refusal comes tells who refuses.
      if (outcome.fault) return outcome.fault;
      letGo(outcome.value);
      return { ...address, ms };
    }),
  );
  const findings = await judgeAddresses(target, results, port);
  const alive = results.filter((result) => !isDead(result));
  const connect: Stage = {
    name: 'connect',
    ms: Math.round(elapsed() - start),
    detail: alive.map(({ address }) => address).join(', ') || (findings[0]?.code ?? ''),
  };
  return { stages: [...stages, connect], findings, addresses: results };
};
