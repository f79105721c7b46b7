import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { askOver, lines, openHealthyLab } from './healthy.ts';
import { type FirewallLab, labLacks } from './lab.ts';

const skip = await labLacks();

describe('a healthy path raises no alarm', { skip }, () => {
  let lab: FirewallLab;
  before(async () => {
    lab = await openHealthyLab();
  });
  after(() => lab.down());

  // All lines, and many runs: npm run lab:healthy -- 200
  for (const name of ['a short line', '500 ms and 5 % loss'] as const)
    it(`over ${name}`, async () => {
      assert.deepEqual(await askOver(lab, lines[name], 3), []);
    });
});
