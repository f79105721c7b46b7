import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AgentError } from '../../agent/errors.ts';
import { categories, codes, exampleOf, explain } from '../../agent/explain.ts';
import { gaps } from '../../checks/gaps.ts';
import { gapCodesByCategory } from '../../checks/types.ts';

const refusal = (word: string): AgentError => {
  try {
    explain(word);
  } catch (error) {
    assert.ok(error instanceof AgentError);
    return error;
  }
  return assert.fail(`${word} was explained`);
};

describe('explain without a code', () => {
  const lines = explain().split('\n');
  it('lists every code once with its title', () => {
    for (const code of codes) {
      const rows = lines.filter((line) => line.trim().split(' ')[0] === code);
      assert.equal(rows.length, 1, code);
      assert.ok(rows[0]?.endsWith(gaps[code].title));
    }
  });
  it('lists every category with who acts', () => {
    for (const category of categories)
      assert.ok(lines.some((line) => line.startsWith(`${category}  (`)));
  });
  it('fits 80 columns', () => {
    for (const line of lines) assert.ok(line.length <= 80, line);
  });
});

describe('explain with a code', () => {
  for (const code of codes)
    it(code, () => {
      const text = explain(code);
      const joined = text.replace(/\s+/g, ' ');
      const info = gaps[code];
      const finding = exampleOf(code);
      assert.ok(text.startsWith(`${code}: ${info.title}\n`));
      for (const words of [info.meaning, info.consequence])
        assert.ok(joined.includes(words), words);
      assert.ok(joined.includes(info.severity));
      for (const platform of ['linux', 'win32'] as const)
        for (const command of info.commands(finding, platform))
          assert.ok(text.includes(`\n  ${command}`), command);
      for (const other of info.seeAlso) assert.ok(text.includes(other));
      for (const source of info.sources) assert.ok(joined.includes(source));
      assert.doesNotMatch(text, /[ \t]$/m);
    });
  it('takes a gap id, capitals and blanks', () => {
    const expected = explain('connect-timeout');
    for (const word of [
      'connect-timeout:crl.globalsign.com:80',
      'Connect-Timeout',
      ' connect-timeout ',
    ])
      assert.equal(explain(word), expected);
  });
});

describe('explain with a word that is no code', () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['connect-timeot', ['connect-timeout']],
    ['timeout', ['dns-timeout', 'connect-timeout', 'response-timeout']],
    ['root-mising', ['root-missing']],
    ['proxy', gapCodesByCategory.proxy],
    ['qqqqqqqqqq', []],
    ['', []],
    ['__proto__', []],
    ['x'.repeat(10_000), []],
  ];
  for (const [word, near] of cases)
    it(JSON.stringify(word.slice(0, 20)), () => {
      const { code, message, lines } = refusal(word);
      assert.equal(code, 'usage');
      assert.equal(lines.length, 1);
      assert.ok(message.length < 300);
      assert.deepEqual(
        codes.filter((each) => message.includes(each)),
        codes.filter((each) => near.includes(each)),
      );
    });
});
