import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { harmless, visible } from '../../agent/report/harmless.ts';
import { clampColumns, textWidth, wrap } from '../../agent/report/wrap.ts';
import { hostileText } from '../helpers/sample-report.ts';

/** What no line of a report may hold. */
const steering = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

describe('harmless text', () => {
  const cases = [
    { name: 'plain text stays', text: 'crl.globalsign.com:80', expected: 'crl.globalsign.com:80' },
    { name: 'umlauts stay', text: 'Zürich 東京', expected: 'Zürich 東京' },
    { name: 'white space becomes one blank', text: ' a\r\n\tb\u2028c ', expected: 'a b c' },
    { name: 'an escape becomes visible', text: '\u001b[31m', expected: '\\x1b[31m' },
    { name: 'C1 controls too', text: '\u009b31m', expected: '\\x9b31m' },
    { name: 'bidirectional controls too', text: 'a\u202eb', expected: 'a\\u202eb' },
    { name: 'tag characters too', text: '\u{e0041}', expected: '\\u{e0041}' },
    { name: 'a lone surrogate too', text: '\ud800', expected: '\\ud800' },
    {
      name: 'a tower of marks is cut',
      text: 'e' + '\u0301'.repeat(50),
      expected: 'e\u0301\u0301\u0301\u0301',
    },
  ];
  for (const { name, text, expected } of cases)
    it(name, () => assert.equal(harmless(text), expected));

  it('cuts what is too long', () => assert.ok(harmless('x'.repeat(5000), 100).length < 110));
  it('is harmless for everything hostile', () =>
    assert.doesNotMatch(harmless(hostileText), steering));
  it('shows line breaks of a command instead of breaking the line', () =>
    assert.equal(visible('a\r\nb'), 'a\\x0d\\x0ab'));
});

describe('wrapping', () => {
  it('keeps lines within the columns, with a hanging indent', () => {
    const lines = wrap('one two three four five six seven', { columns: 16, first: '  Label  ' });
    assert.deepEqual(lines, [
      '  Label  one two',
      '         three',
      '         four',
      '         five',
      '         six',
      '         seven',
    ]);
  });

  it('never breaks a URL', () => {
    const url = `http://crl.example.org/${'x'.repeat(90)}.crl`;
    assert.ok(wrap(`see ${url} for it`, { columns: 40 }).includes(url));
  });

  it('breaks another word that is too long, after punctuation where there is some', () => {
    const lines = wrap('contoso-com.mail.protection.outlook.com', { columns: 30 });
    assert.deepEqual(lines, ['contoso-com.mail.protection.', 'outlook.com']);
    assert.ok(wrap('y'.repeat(500), { columns: 40 }).every((line) => line.length <= 40));
  });

  it('counts columns, not code units', () => {
    const cases = [
      ['abc', 3],
      ['東京', 4],
      ['ＡＢ', 4],
      ['é', 1],
      ['e\u0301', 1],
      ['😀', 2],
    ] as const;
    for (const [text, width] of cases) assert.equal(textWidth(text), width, text);
    assert.ok(wrap('東'.repeat(100), { columns: 41 }).every((line) => textWidth(line) <= 41));
  });

  it('gives an empty paragraph one line', () =>
    assert.deepEqual(wrap('', { columns: 40, first: '  Label  ' }), ['  Label']));

  it('takes any number of columns for a width between 40 and 120', () => {
    const cases = [
      [0, 40],
      [39.9, 40],
      [80, 80],
      [100.7, 100],
      [5000, 120],
      [NaN, 80],
      [Infinity, 80],
    ] as const;
    for (const [columns, expected] of cases) assert.equal(clampColumns(columns), expected);
  });
});
