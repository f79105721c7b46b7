import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { faults } from './faults.ts';
import { type FirewallLab, labLacks, openLab, timeouts } from './lab.ts';

const skip = await labLacks();

describe('the path through the firewall', { skip }, () => {
  let lab: FirewallLab;
  before(async () => {
    lab = await openLab();
  });
  after(async () => {
    await lab.down();
  });

  for (const fault of faults)
    it(fault.name, async () => {
      const { report, exitCode } = await lab.ask(fault);
      const named = report.gaps.map(({ id, severity }) =>
        severity === 'warning' ? `${id}:warning` : id,
      );
      assert.deepEqual(named.sort(), [...fault.gaps].sort());
      const critical = report.gaps.some(({ severity }) => severity === 'critical');
      assert.equal(exitCode, critical ? 2 : fault.gaps.length > 0 ? 1 : 0);
      const slowest = Math.max(...report.checks.map(({ durationMs }) => durationMs));
      assert.ok(slowest <= (timeouts.request + 1) * 1000, `a check took ${slowest} ms`);
    });
});
