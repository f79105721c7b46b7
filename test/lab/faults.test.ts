import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { faultsByLayer } from './faults/index.ts';
import { families, gapsOf } from './faults/fault.ts';
import { type FirewallLab, labLacks, openLab } from './lab.ts';
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
        it(fault.name, (t) =>
          lab.during(fault, async () => {
            const met = fault.families ?? families;
            const answers = await Promise.all(
              met.map(async (family) => ({ family, ...(await lab.ask(fault, family)) })),
            );
            for (const { family, report, exitCode } of answers) {
              const expected = [...gapsOf(fault, family)].sort();
              const isNamed = isDeepStrictEqual(gapNames(report), expected);
              if (!isNamed) t.diagnostic(`${family}: asked again: ${gapNames(report).join(', ')}`);
              // The short waits spare time; a machine that is too busy for them gets certready's own
              const answer = isNamed
                ? { report, exitCode }
                : await lab.ask({ ...fault, patient: true }, family);
              assert.deepEqual(gapNames(answer.report), expected, family);
              const critical = expected.some((name) => !name.endsWith(':warning'));
              assert.equal(answer.exitCode, critical ? 2 : expected.length > 0 ? 1 : 0, family);
              for (const gap of answer.report.gaps) assertLocated(gap, family);
              assertOthersUntouched(answer.report);
            }
          }),
        );
    });
});
