import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seeded } from '../helpers/chunks.ts';
import { sequence } from '../helpers/der-writer.ts';
import { parseTree, writeTree } from './der-tree.ts';
import { fuzz } from './fuzz.ts';
import { mutate } from './mutate.ts';
import { type Outcome, fuzzTargetNames, fuzzTargets } from './targets.ts';

const cases = { crl: 4_000, ocsp: 3_000, certificate: 4_000, pkcs7: 600 } as const;
/** What a few thousand cases may leave behind, bytes. */
const maxGrowth = 64 * 1_048_576;

describe('mutated inputs are never believed, and nothing breaks:', () => {
  for (const target of fuzzTargetNames)
    it(target, async () => {
      const { outcomes, growth } = await fuzz({ target, seed: 20, from: 0, to: cases[target] });
      // Most are refused as DER, some are read and not believed.
      assert.ok(outcomes.refused > cases[target] / 4, JSON.stringify(outcomes));
      assert.ok(outcomes.unbelieved > cases[target] / 20, JSON.stringify(outcomes));
      assert.ok(growth < maxGrowth, `${growth} bytes more on the heap`);
    });
});

describe('the fuzzer', () => {
  for (const target of fuzzTargetNames)
    it(`starts from inputs of ${target} that are believed`, async () => {
      const { seeds, run } = fuzzTargets[target]();
      const outcomes: Outcome[] = [];
      for (const seed of seeds) outcomes.push(await run(seed, seeded(1)));
      assert.ok(!outcomes.includes('refused'));
      assert.ok(outcomes.includes('believed'));
    });

  it('gives the same cases for the same seed', () => {
    const [input = sequence(), donor = sequence()] = fuzzTargets.certificate().seeds;
    const made = (seed: number) =>
      Array.from({ length: 50 }, (_, index) =>
        mutate(input, donor, seeded(seed + index)).toString('hex'),
      );
    assert.deepEqual(made(1), made(1));
    assert.notDeepEqual(made(1), made(1000));
  });

  it('writes what it read', () => {
    for (const target of fuzzTargetNames)
      for (const seed of fuzzTargets[target]().seeds.filter(([first]) => first === 0x30))
        assert.deepEqual(writeTree(parseTree(seed)), Buffer.from(seed));
  });
});
