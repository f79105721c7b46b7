/** Kill -9 at any moment: no alert is lost, none comes twice under another id. `npm run test:kill` kills more often. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { killAgain } from './kill-lab.ts';

it('50 kills at random moments', { timeout: 300_000 }, async (context) => {
  const counts = await killAgain(50);
  context.diagnostic(JSON.stringify(counts));
  // Killed at work, not before it.
  assert.ok(counts.atWork > 10, JSON.stringify(counts));
  assert.ok(counts.events > 100, JSON.stringify(counts));
});
