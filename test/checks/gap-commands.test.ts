import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { codes, exampleOf } from '../../agent/explain.ts';
import { gaps } from '../../checks/gaps.ts';
import type { Evidence, Finding, GapCode } from '../../checks/types.ts';
import { printable } from '../../checks/words/evidence.ts';
import { quotePosix, sh } from '../../checks/words/posix/quote.ts';
import { ps, quotePowerShell } from '../../checks/words/powershell/quote.ts';
import { type RecordedShell, recordedShell } from '../helpers/recorded-shell.ts';

/** In every hostile text, so that its pieces are recognised wherever they end up. */
const mark = 'XMARKX';

const hostileTexts: readonly string[] = [
  `'; pwned ${mark}; '`,
  `$(pwned ${mark})`,
  `\`pwned ${mark}\``,
  `"; pwned ${mark}; "`,
  `x\npwned ${mark}\n`,
  `x\r\npwned ${mark}`,
  `%PATH% ${mark} & pwned | pwned > pwned`,
  `\u2019; pwned ${mark}; \u2018`,
  `--config=${mark} -o pwned`,
  `${mark}\\' pwned \\`,
  `${mark}\u001b]0;pwned\u0007 \u202epwned\u0000`,
  `*?[a-z] ~ {a,b} # ${mark}`,
];

/** Every kind of store, and every way in which a root can be missing from one. */
const storeEvidence = (text: string): readonly Evidence[] => [
  ...['java', 'nss', 'openssl-bundle', 'openssl-directory', 'p11-kit', 'postfix', 'windows'].map(
    (store) => ({ store, reason: 'absent' }),
  ),
  { store: 'openssl-directory', reason: 'hash-link-missing' },
  { store: 'redhat', origin: `/etc/pki/ca-trust/source/blocklist/${text}` },
];

/** The hostile text in every place where it may stand: as it is, and dressed up as what is expected there. */
const hostileFindings = (code: GapCode, text: string): readonly Finding[] => {
  const example = exampleOf(code);
  const keys = ['host', 'url', 'proxy', 'path', 'profile', 'root', 'origin', 'serial', 'error'];
  const more = ['address', 'store', 'reason', 'location', 'title', 'nickname', 'found', 'reply'];
  const evidence = Object.fromEntries(
    [...keys, ...more].map((key): [string, string] => [key, text]),
  );
  const dressed: Evidence = {
    ...example.evidence,
    url: `http://h.example/${text}`,
    proxy: `http://user:word@${text}:3128`,
    path: `/srv/${text}/certs`,
    origin: `/usr/share/ca-certificates/${text}.crt#1`,
    addresses: [text, '198.51.100.7'],
    resolvers: [text, '192.0.2.53:53'],
    names: [text],
    reason: 'deselected',
  };
  const targets = [text, `${text}:25`, `http://h.example/${text}`, `${text}@/srv/${text}`, text];
  return targets.flatMap((target): Finding[] => [
    { ...example, target, evidence },
    { ...example, target, evidence: dressed },
    { ...example, target, evidence: {} },
    { code, target, owner: 'peer', evidence: dressed },
    ...storeEvidence(text).map((more): Finding => ({
      ...example,
      target,
      evidence: { ...dressed, ...more },
    })),
  ]);
};

const withSpacesDoubled = (word: string): string =>
  /\s/.test(word) ? word.replace(/\\+$/, '$&$&') : word;

/** Letters and digits alone, as they are left after a URL has been normalised. */
const bare = (text: string): string => text.replace(/%[0-9A-F]{2}|[^A-Za-z0-9]/g, '');

/** The word carries the whole text, not only the piece of it that the mark stands in. */
const isWhole = (word: string, text: string): boolean => {
  if (word.includes('://')) return bare(word).includes(bare(text));
  const whole = printable(text);
  return [whole, withSpacesDoubled(whole), whole.replaceAll('"', '?')].some((each) =>
    word.includes(each),
  );
};

const programs = [
  ...['awk', 'cat', 'certready', 'certutil', 'chronyc', 'cp', 'curl', 'date', 'dig', 'env', 'exim'],
  ...['dpkg-reconfigure', 'getent', 'grep', 'head', 'ip', 'keytool', 'ls', 'nc', 'nft', 'openssl'],
  ...['postconf', 'pwned', 'rm', 'sed', 'systemctl', 'timedatectl', 'tracepath', 'trust'],
  ...['update-ca-certificates', 'update-ca-trust', 'touch'],
];

describe('commands for a POSIX shell from hostile findings', () => {
  let shell: RecordedShell;
  before(async () => {
    shell = await recordedShell(programs);
  });
  after(() => shell.close());

  for (const text of hostileTexts)
    it(JSON.stringify(text), async () => {
      const lines = new Set(
        codes.flatMap((code) =>
          hostileFindings(code, text).flatMap((finding) => gaps[code].commands(finding, 'linux')),
        ),
      );
      const calls = await shell.calls([...lines]);
      assert.ok(calls.length > 50, `${calls.length} calls of ${lines.size} lines`);
      let marked = 0;
      for (const [program, ...words] of calls) {
        assert.notEqual(program, 'pwned');
        for (const word of words.filter((each) => each.includes(mark))) {
          assert.ok(isWhole(word, text), JSON.stringify([program, word]));
          marked += 1;
        }
      }
      assert.ok(marked > 20, `${marked} words`);
    });
});

const quotes = /['\u2018\u2019\u201a\u201b]/;

/** The quoted words of a PowerShell line and what stands outside of them (about_Quoting_Rules). */
const readPowerShell = (line: string): { readonly words: string[]; readonly outside: string } => {
  const words: string[] = [];
  let outside = '';
  for (let at = 0; at < line.length; at += 1) {
    if (!quotes.test(line.charAt(at))) {
      outside += line.charAt(at);
      continue;
    }
    let word = '';
    for (at += 1; at < line.length; at += 1) {
      const character = line.charAt(at);
      if (quotes.test(character)) {
        if (!quotes.test(line.charAt(at + 1))) break;
        at += 1;
      }
      word += character;
    }
    assert.ok(at < line.length, `a quote stays open: ${line}`);
    words.push(word);
  }
  return { words, outside };
};

describe('commands for PowerShell from hostile findings', () => {
  for (const text of hostileTexts)
    it(JSON.stringify(text), () => {
      let marked = 0;
      for (const code of codes)
        for (const finding of hostileFindings(code, text))
          for (const line of gaps[code].commands(finding, 'win32')) {
            const { words, outside } = readPowerShell(line);
            assert.doesNotMatch(outside, /pwned|XMARKX|["`\p{C}]/u, line);
            for (const word of words.filter((each) => each.includes(mark))) {
              assert.ok(isWhole(word, text), JSON.stringify([line, word]));
              assert.doesNotMatch(word, /["\p{C}]/u);
              marked += 1;
            }
          }
      assert.ok(marked > 20, `${marked} words`);
    });
});

describe('quoting', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['plain', "'plain'", "'plain'"],
    ['', "''", "''"],
    ["it's", "'it'\\''s'", "'it''s'"],
    ['a\u2019b', "'a\u2019b'", "'a\u2019\u2019b'"],
    ['a"b', "'a\"b'", "'a?b'"],
    ['$x `y`', "'$x `y`'", "'$x `y`'"],
    ['a\nb\u0000', "'a?b?'", "'a?b?'"],
    ['a\ud800', "'a?'", "'a?'"],
    ['C:\\a b\\', "'C:\\a b\\'", "'C:\\a b\\\\'"],
    ['C:\\ab\\', "'C:\\ab\\'", "'C:\\ab\\'"],
  ];
  for (const [word, posix, powershell] of cases)
    it(JSON.stringify(word), () => {
      assert.equal(quotePosix(word), posix);
      assert.equal(quotePowerShell(word), powershell);
    });
  it('is what templates do with every text, and leaves numbers', () => {
    assert.equal(sh`nc ${"h'"} ${25}`, "nc 'h'\\''' 25");
    assert.equal(ps`nc ${"h'"} ${25}`, "nc 'h''' 25");
  });
});
