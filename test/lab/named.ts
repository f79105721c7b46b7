/** What every gap of the path must show, and what a fault of one host must leave alone. */

import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { type Evidence, type Json, stageNames } from '../../checks/types.ts';
import type { CheckResult, Gap, Report } from '../../agent/report/report.ts';
import type { Family } from './faults/fault.ts';

/** `CODE:TARGET`, with `:warning` after it where it is no critical one. */
export const gapNames = ({ gaps }: Report): string[] =>
  gaps.map(({ id, severity }) => (severity === 'warning' ? `${id}:warning` : id)).sort();

const isText = (value: Json | undefined): value is string => typeof value === 'string';

const assertTimed = (id: string, { stage, ms }: Evidence): void => {
  assert.ok(isText(stage) && (stageNames as readonly string[]).includes(stage), `${id}: stage`);
  assert.ok(typeof ms === 'number' && ms >= 0 && ms < 60_000, `${id}: ms`);
};

const assertAddressed = (id: string, evidence: Evidence, family: Family): void => {
  const { port, proxy } = evidence;
  if (proxy !== undefined) assert.ok(isText(proxy) && /:\d+$/.test(proxy), `${id}: proxy`);
  // A proxy whose name does not resolve has none
  if (proxy !== undefined && evidence['address'] === undefined && evidence['cause'] !== undefined)
    return;
  const address = evidence['proxyAddress'] ?? evidence['address'];
  assert.ok(isText(address) && isIP(address) !== 0, `${id}: address`);
  if (family !== 'both') assert.equal(isIP(address), family === 'ipv4' ? 4 : 6, `${id}: family`);
  assert.equal(typeof port, 'number', `${id}: port`);
};

/** Address, port, stage and time stand in the evidence; of a name, the resolvers that were asked. */
export const assertLocated = ({ id, category, code, evidence }: Gap, family: Family): void => {
  if (['dns', 'firewall', 'proxy', 'endpoint'].includes(category)) assertTimed(id, evidence);
  if (category === 'dns')
    assert.ok(
      Array.isArray(evidence[code === 'dns-sinkhole' ? 'addresses' : 'resolvers']),
      `${id}: resolvers or addresses`,
    );
  if (['firewall', 'proxy', 'endpoint'].includes(category)) assertAddressed(id, evidence, family);
};

const hostOf = (target: string): string =>
  URL.canParse(target) && target.includes('://')
    ? new URL(target).hostname
    : target.replace(/:\d+$/, '');

const isNetworkCheck = ({ kind }: CheckResult): boolean =>
  ['endpoint', 'aia', 'crl', 'ocsp', 'smtp'].includes(kind);

/**
 * A check that no gap explains is fine; and where every gap is about hosts, a check of another host is at most
 * blocked by one of them: a fault of one host taints no other.
 */
export const assertOthersUntouched = ({ checks, gaps }: Report): void => {
  const explained = new Set(gaps.flatMap((gap) => gap.checks));
  for (const { id, status } of checks)
    if (!explained.has(id)) assert.ok(status === 'ok' || status === 'skipped', `${id}: ${status}`);
  const shared = new Set([
    'dns-failure',
    'dns-timeout',
    'proxy-unreachable',
    'proxy-auth-required',
  ]);
  if (gaps.some(({ code }) => shared.has(code))) return;
  const faulty = new Set(gaps.map(({ target }) => hostOf(target)));
  for (const check of checks.filter(isNetworkCheck))
    if (!faulty.has(hostOf(check.target)))
      assert.ok(['ok', 'blocked'].includes(check.status), `${check.id} is ${check.status}`);
};
