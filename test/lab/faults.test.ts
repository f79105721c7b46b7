import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { faultsByLayer } from './faults/index.ts';
import { families, gapsOf } from './faults/fault.ts';
import { type FirewallLab, labLacks, openLab, timeoutsOf } from './lab.ts';
import { assertLocated, assertOthersUntouched, gapNames } from './named.ts';

const skip = await labLacks();

describe('the path through the firewall', { skip }, () => {
  let lab: FirewallLab;
  before(async () => {
    lab = await openLab();
  });
  after(() => lab.down());

  for (const [layer, faults] of Object.entries(faultsByLayer))
    describe(layer, () => {
      for (const fault of faults)
        it(fault.name, () =>
          lab.during(fault, async () => {
            const met = fault.families ?? families;
            const answers = await Promise.all(
              met.map(async (family) => ({ family, ...(await lab.ask(fault, family)) })),
            );
            for (const { family, report, exitCode } of answers) {
              const expected = gapsOf(fault, family);
              assert.deepEqual(gapNames(report), [...expected].sort(), family);
              const critical = expected.some((name) => !name.endsWith(':warning'));
              assert.equal(exitCode, critical ? 2 : expected.length > 0 ? 1 : 0, family);
              for (const gap of report.gaps) assertLocated(gap, family);
              assertOthersUntouched(report);
              const slowest = Math.max(...report.checks.map(({ durationMs }) => durationMs));
              const limit = (timeoutsOf(fault).request + 1) * 1000;
              assert.ok(slowest <= limit, `${family}: a check took ${slowest} ms`);
            }
          }),
        );
    });
});
