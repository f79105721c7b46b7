import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { listing, sayOnce } from '../../agent/report/say-once.ts';

describe('sentences that differ in a name', () => {
  for (const [texts, expected] of [
    [[], []],
    [['Allow it.'], ['Allow it.']],
    [['Allow it.', 'Allow it.', ''], ['Allow it.']],
    [
      ['Please allow port 80 to a.test. Then look.', 'Please allow port 80 to b.test. Then look.'],
      ['Please allow port 80 to a.test; b.test. Then look.'],
    ],
    [['Please do allow a.test.', 'Please do allow b.test.'], ['Please do allow a.test; b.test.']],
    [
      ['Please allow a', 'Please allow a and b'],
      ['Please allow a', 'Please allow a and b'],
    ],
    [
      ['One thing.', 'Quite another.'],
      ['One thing.', 'Quite another.'],
    ],
    [
      ['Ask a at the a resolver', 'Ask b at the b resolver'],
      ['Ask a at the a resolver', 'Ask b at the b resolver'],
    ],
  ] as const)
    it(JSON.stringify(texts), () => assert.deepEqual(sayOnce(texts), expected));
});

describe('a listing', () => {
  for (const [items, expected] of [
    [[], ''],
    [['a', 'a'], 'a'],
    [['a', 'b'], 'a and b'],
    [['a', 'b', 'c', 'd'], 'a, b, c and d'],
    [['a', 'b', 'c', 'd', 'e'], 'a, b, c and 2 others'],
  ] as const)
    it(JSON.stringify(items), () => assert.equal(listing(items), expected));
});
