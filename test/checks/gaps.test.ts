import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { categories, codes, exampleOf } from '../../agent/explain.ts';
import { categoryOf } from '../../agent/report/causes.ts';
import { gaps } from '../../checks/gaps.ts';
import {
  type Evidence,
  type Finding,
  type GapCategory,
  type GapCode,
  type GapOwner,
  type Platform,
  gapCodesByCategory,
} from '../../checks/types.ts';
import { gapPages } from '../../scripts/gap-pages.ts';

const platforms: readonly Platform[] = ['linux', 'win32', 'darwin', 'other'];

const owners: Record<GapCategory, GapOwner> = {
  dns: 'network',
  firewall: 'network',
  proxy: 'network',
  endpoint: 'ca',
  revocation: 'ca',
  certificate: 'ca',
  'root-store': 'server',
  'mail-server': 'server',
  clock: 'server',
};

const warnings = new Set<GapCode>([
  'ipv6-unreachable',
  'root-update-stale',
  'organization-mismatch',
  'key-too-weak',
  'old-certificate',
  'unexpected-root',
]);

/** Gaps of Windows alone: elsewhere there is nothing to run. */
const windowsOnly = new Set<GapCode>(['root-update-disabled', 'root-update-stale']);

const isOneLine = (text: string): boolean => /^\S(.*\S)?$/.test(text) && !/\p{C}/u.test(text);
const isPlain = (text: string): boolean => isOneLine(text) && !text.includes('  ');

/** What an administrator looks for in the summary: the host, the URL or the store. */
const mainPart = ({ code, target }: Finding): string => {
  if (categoryOf(code) === 'root-store') return target.slice(target.indexOf('@') + 1);
  return code.startsWith('proxy-') ? target.replace(/:\d+$/, '') : target;
};

describe('the words of every gap', () => {
  for (const code of codes)
    it(code, () => {
      const info = gaps[code];
      const finding = exampleOf(code);
      assert.equal(info.owner, owners[categoryOf(code)]);
      assert.equal(info.severity, warnings.has(code) ? 'warning' : 'critical');
      assert.ok(isPlain(info.title) && info.title.length <= 48, info.title);
      for (const text of [info.meaning, info.consequence, info.remedy(finding)]) {
        assert.ok(isPlain(text), text);
        assert.match(text, /^[A-Z0-9"].*\.$/, text);
        assert.doesNotMatch(text, /undefined|\[object|NaN/);
      }
      const summary = info.summary(finding);
      assert.ok(isPlain(summary) && summary.length <= 120, `${summary.length} ${summary}`);
      assert.ok(summary.includes(mainPart(finding)), summary);
      assert.ok(info.sources.length > 0 && info.sources.every(isPlain));
      assert.ok(!info.sources.join().includes('://'), 'sources are named, not linked');
      assert.ok(info.seeAlso.length > 0 && !info.seeAlso.includes(code));
      assert.equal(new Set(info.seeAlso).size, info.seeAlso.length);
    });

  it('are plain ASCII, as old consoles show it', () => {
    for (const code of codes) {
      const info = gaps[code];
      const { title, meaning, consequence } = info;
      const finding = exampleOf(code);
      for (const text of [title, meaning, consequence, info.remedy(finding), info.summary(finding)])
        assert.match(text, /^[ -~]+$/);
    }
  });
});

describe('the commands of every gap', () => {
  for (const code of codes)
    it(code, () => {
      for (const platform of platforms) {
        const commands = gaps[code].commands(exampleOf(code), platform);
        const isNone = windowsOnly.has(code) && platform !== 'win32';
        assert.equal(commands.length === 0, isNone, platform);
        assert.ok(commands.every(isOneLine), commands.join('\n'));
        assert.equal(new Set(commands).size, commands.length, `twice: ${commands.join('\n')}`);
      }
    });
});

const oddEvidence: readonly Evidence[] = [
  {},
  { host: 7, port: 'eighty', address: ['x'], addresses: 'y', url: null, names: [1, {}, null] },
  { host: '', url: 'ftp://h/', port: 0, addresses: [{ address: 3 }], proxy: '', serial: 'zz' },
  { path: '', root: '', sha256: 'short', origin: '#', profile: '-x', offsetSeconds: 'late' },
  { status: {}, reply: [], notAfter: 'soon', reasons: [], found: 1e400, likeness: true },
];

describe('words without the evidence that they want', () => {
  for (const code of codes)
    it(code, () => {
      for (const target of ['', 'x', 'none', ':::', '@', 'http://', exampleOf(code).target])
        for (const evidence of oddEvidence)
          for (const owner of ['peer', 'server', undefined] as const) {
            const finding: Finding = { code, target, evidence, ...(owner && { owner }) };
            for (const text of [gaps[code].summary(finding), gaps[code].remedy(finding)])
              assert.doesNotMatch(text, /undefined|\[object|NaN|Infinity|\p{Cc}/u);
            for (const platform of platforms)
              for (const command of gaps[code].commands(finding, platform))
                assert.ok(isOneLine(command) && !/undefined|\[object|NaN/.test(command), command);
          }
    });
});

describe('words that depend on who has to act', () => {
  const said = (code: GapCode, owner: GapOwner): string =>
    gaps[code].remedy({ ...exampleOf(code), owner });
  for (const code of [...gapCodesByCategory.certificate, ...gapCodesByCategory['mail-server']])
    it(`${code} has some for each owner`, () => {
      for (const owner of ['ca', 'peer', 'server'] as const) assert.ok(isPlain(said(code, owner)));
    });
  it('name the mail host for its operator', () => {
    for (const code of ['chain-incomplete', 'tls-version-too-low'] as const)
      assert.ok(said(code, 'peer').includes(exampleOf(code).target));
  });
});

describe('docs/gaps', () => {
  const folder = fileURLToPath(new URL('../../docs/gaps', import.meta.url));
  const pages = gapPages();
  it('has a page for every code and nothing else', () => {
    assert.deepEqual(readdirSync(folder).sort(), [...pages.keys()].sort());
    assert.deepEqual(
      [...pages.keys()].sort(),
      [...codes.map((c) => `${c}.md`), 'README.md'].sort(),
    );
  });
  for (const [name, text] of pages)
    it(`${name} is current (npm run docs)`, () => {
      assert.equal(readFileSync(join(folder, name), 'utf8'), text);
      assert.doesNotMatch(text, /[ \t]$/m);
      assert.ok(text.endsWith('\n') && !text.endsWith('\n\n'));
      for (const [, link = ''] of text.matchAll(/\]\(([^)]+)\)/g)) assert.ok(pages.has(link), link);
    });
  it('lists every category', () => {
    for (const category of categories)
      assert.ok(pages.get('README.md')?.includes(`## ${category}`));
  });
});
