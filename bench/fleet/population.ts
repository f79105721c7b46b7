/** Hosts that run certready, as many as one likes: what each would show, without running it. */

import type { AgentStatus } from '../../agent/agent-status.ts';
import { Collector } from '../../agent/metrics/collector.ts';
import { categoryOf } from '../../agent/report/causes.ts';
import type { Gap, Report } from '../../agent/report/report.ts';
import { gaps as words } from '../../checks/gaps.ts';
import { type GapCode, type GapOwner, gapId } from '../../checks/types.ts';
import { readyReport } from '../../test/helpers/sample-report.ts';

/** What is wrong at a part of the fleet, from 0 to 1: one firewall, one proxy, one image. */
export interface Cause {
  readonly code: GapCode;
  readonly target: string;
  readonly owner: GapOwner;
  readonly from: number;
  readonly to: number;
}

export const causes: readonly Cause[] = [
  { code: 'connect-timeout', target: 'crl.globalsign.com:80', owner: 'network', from: 0, to: 0.2 },
  { code: 'proxy-denied', target: 'ocsp.globalsign.com:80', owner: 'network', from: 0.2, to: 0.25 },
  { code: 'root-missing', target: 'r1@/etc/ssl/certs', owner: 'server', from: 0.15, to: 0.3 },
  {
    code: 'ipv6-unreachable',
    target: 'crl.globalsign.com:80',
    owner: 'network',
    from: 0.4,
    to: 0.5,
  },
];

const gapOf = ({ code, target, owner }: Cause): Gap => ({
  id: gapId({ code, target }),
  code,
  category: categoryOf(code),
  owner,
  severity: words[code].severity,
  target,
  checks: [],
  summary: `${code} at ${target}`,
  remedy: 'as its words say',
  commands: [],
  evidence: {},
});

const verdictOf = (gaps: readonly Gap[]): Report['verdict'] => {
  if (gaps.some(({ severity }) => severity === 'critical')) return 'not-ready';
  return gaps.length > 0 ? 'warning' : 'ready';
};

/** An agent that has run, and is well. */
const statusOf = (verdict: Report['verdict']): AgentStatus => {
  const endedAt = new Date();
  return {
    startedAt: endedAt,
    runs: { ready: 0, warning: 0, 'not-ready': 0, unknown: 0, failed: 0, [verdict]: 1 },
    lastRun: { endedAt, durationMs: 800, result: verdict },
    lastReport: { endedAt, verdict },
    nextRun: new Date(endedAt.getTime() + 30 * 60_000),
    queues: [{ receiver: 'webhook-1', pending: 0, parked: 0 }],
    problems: [],
    configurationAccepted: true,
  };
};

export class Population {
  readonly hosts: number;
  private readonly closed = new Set<Cause>();
  private readonly answers = new Map<string, Promise<string>>();

  constructor(hosts: number) {
    this.hosts = hosts;
  }

  nameOf(host: number): string {
    return `mx${String(host).padStart(6, '0')}.example.org`;
  }

  /** How many hosts the cause hits. */
  hitBy(cause: Cause): number {
    if (this.closed.has(cause)) return 0;
    return Math.round(cause.to * this.hosts) - Math.round(cause.from * this.hosts);
  }

  private isHit(cause: Cause, host: number): boolean {
    if (this.closed.has(cause)) return false;
    return host >= Math.round(cause.from * this.hosts) && host < Math.round(cause.to * this.hosts);
  }

  private causesOf(host: number): readonly Cause[] {
    return causes.filter((cause) => this.isHit(cause, host));
  }

  report(host: number): Report {
    const gaps = this.causesOf(host).map(gapOf);
    const verdict = verdictOf(gaps);
    return {
      ...readyReport,
      verdict,
      startedAt: new Date().toISOString(),
      host: { ...readyReport.host, name: this.nameOf(host) },
      profiles: readyReport.profiles.map((profile) => ({ ...profile, verdict })),
      gaps,
    };
  }

  /** What the host's metrics endpoint answers; hosts with the same causes answer alike. */
  metrics(host: number): Promise<string> {
    const key = this.causesOf(host).map(gapId).join(' ');
    const known = this.answers.get(key) ?? this.render(this.report(host));
    this.answers.set(key, known);
    return known;
  }

  private async render(report: Report): Promise<string> {
    const status = statusOf(report.verdict);
    const now = (): Date => new Date();
    const collector = new Collector({
      now,
      version: report.agent.version,
      status: () => status,
    });
    collector.observe(report);
    return (await collector.exposition()).text;
  }

  /** Somebody mends it, everywhere at once. */
  mend(cause: Cause): void {
    this.closed.add(cause);
  }
}
