/** docs/conformance.md names fixtures: they have to be there. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

const at = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const rows = [
  ...at('docs/conformance.md').matchAll(/^\| (.*?) +\| `(\S+\.test\.ts)` +\| (.*) \|$/gm),
];

describe('docs/conformance.md', () => {
  it('has rows', () => assert.ok(rows.length > 60, String(rows.length)));

  for (const [, rule = '', file = '', fixtures = ''] of rows)
    it(`${rule}: ${file}`, () => {
      const source = at(`test/${file}`);
      const names = [...fixtures.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
      const absent = names.filter((name) => !source.includes(name));
      assert.ok(names.length > 0);
      assert.deepEqual(absent, []);
    });
});
